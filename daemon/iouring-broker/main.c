/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouring-broker - holds the descriptors that one user's clients pass
 *
 * iouringd starts it as root with only fd 3, a socket over which orders come (broker/protocol.h).
 * It becomes the user, enters its sandbox, and follows orders until the daemon hangs up. A file of
 * the user that keeps it waiting keeps only this user waiting.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/protocol.h"
#include "common/cleanup.h"
#include "iouring-broker/confine.h"
#include "iouring-broker/files.h"

static const char usage[] = "iouring-broker: fd 3 is not a socket with orders; only iouringd can "
			    "start this program\n";

/* False: the daemon has hung up. @ret_fd: -1 if none came along. */
static bool next_order(struct broker_order *order, int *ret_fd)
{
	size_t n_fds;
	ssize_t n;

	do {
		n_fds = 0;
		*ret_fd = -1;
		n = receive_with_fds(BROKER_FD, order, sizeof(*order), ret_fd, 1, &n_fds);
	} while (n == -EINTR);
	return n == (ssize_t)sizeof(*order);
}

static void answer(struct broker_answer *answer, const struct broker_order *order, int result)
{
	size_t n = result > 0 && order->type == BROKER_RECEIVE ? (size_t)result : 0;

	answer->type = order->type;
	answer->result = result;
	if (send_with_fds(BROKER_FD, answer, offsetof(struct broker_answer, bytes) + n, NULL, 0,
			  0) < 0)
		_exit(0); /* the daemon is gone */
}

/* @fd: came with the order; or -1. */
static int follow(const struct broker_order *order, int fd, struct broker_answer *answer)
{
	switch (order->type) {
	case BROKER_RECEIVE:
		return files_receive(order->ticket, fd, order->n, answer);
	case BROKER_DROP:
		files_drop(order->ticket);
		return 0;
	case BROKER_SEND:
		return files_send(order->ticket, order->numbers, order->n, fd);
	case BROKER_COPY:
		return files_copy(order->ticket, order->numbers[0], order->n, fd);
	case BROKER_CLOSE:
		return 0;
	default:
		return -EINVAL;
	}
}

int main(void)
{
	static struct broker_answer reply;
	struct broker_order order;
	int fd, r;

	if (!next_order(&order, &fd) || order.type != BROKER_BECOME) {
		r = (int)write(STDERR_FILENO, usage, sizeof(usage) - 1);
		return r < 0 ? 1 : 2;
	}
	if (confine(order.uid, order.gid) < 0)
		return 1;
	while (next_order(&order, &fd)) {
		reply.n_fds = 0;
		r = follow(&order, fd, &reply);
		safe_close(fd);
		answer(&reply, &order, r);
	}
	return 0;
}
