/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "broker/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/broker.h"
#include "common/cleanup.h"
#include "util/helper.h"

_Static_assert(BROKER_FD == HELPER_FD, "a broker finds its socket there");

#define ORDERS_MAX 512 /* without an answer */

/* The time for the oldest order begins, or nothing is awaited any more. */
static void set_timers(struct broker *broker)
{
	bool waits = !list_is_empty(&broker->orders);

	ev_timer_stop(broker->loop, &broker->deadline);
	ev_timer_stop(broker->loop, &broker->idle);
	if (broker->socket < 0)
		return;
	if (waits) {
		ev_timer_set(&broker->deadline, BROKER_PATIENCE_SECONDS, 0.);
		ev_timer_start(broker->loop, &broker->deadline);
	} else if (list_is_empty(&broker->parcels)) {
		ev_timer_set(&broker->idle, BROKER_IDLE_SECONDS, 0.);
		ev_timer_start(broker->loop, &broker->idle);
	}
}

int broker_order(struct broker *broker, const struct broker_order *order, int fd,
		 struct order **ret)
{
	struct order *made;
	ssize_t n;

	if (broker->socket < 0)
		return -EPIPE;
	if (broker->n_orders >= ORDERS_MAX)
		return -EAGAIN;
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	n = send_with_fds(broker->socket, order, sizeof(*order), &fd, fd >= 0, MSG_DONTWAIT);
	if (n < 0) {
		free(made);
		return (int)n;
	}
	made->type = order->type;
	made->ticket = order->ticket;
	list_append(&broker->orders, &made->link);
	broker->n_orders++;
	if (!ev_is_active(&broker->deadline))
		set_timers(broker);
	if (ret)
		*ret = made;
	return 0;
}

/* ---- answers ---- */

static bool is_valid(const struct broker_answer *answer, size_t size, const struct order *order)
{
	size_t bytes =
		order->type == BROKER_RECEIVE && answer->result > 0 ? (size_t)answer->result : 0;

	return answer->type == order->type && answer->n_fds <= PASSED_FDS_MAX &&
	       bytes <= sizeof(answer->bytes) &&
	       size == offsetof(struct broker_answer, bytes) + bytes &&
	       (order->type == BROKER_RECEIVE || answer->result <= 0);
}

static void close_order(struct broker *broker, struct order *order,
			const struct broker_answer *answer)
{
	list_unlink(&order->link);
	broker->n_orders--;
	if (order->answered)
		order->answered(order, answer);
	free(order);
}

/* False: it violates the protocol. The broker may be dismissed by then. */
static bool handle(struct broker *broker, const struct broker_answer *answer, size_t size)
{
	struct list_link *first = list_first(&broker->orders);
	struct order *order = first ? container_of(first, struct order, link) : NULL;

	if (size < offsetof(struct broker_answer, bytes) || !order ||
	    !is_valid(answer, size, order))
		return false;
	close_order(broker, order, answer);
	set_timers(broker);
	return true;
}

static void on_answers(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	static struct broker_answer answer; /* of the loop's thread */
	struct broker *broker = watcher->data;
	ssize_t n = recv(broker->socket, &answer, sizeof(answer), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !handle(broker, &answer, (size_t)n))
		broker_dismiss(broker, BROKER_DIED);
}

/* ---- the end ---- */

static void serve_no_more(struct broker *broker)
{
	struct list_link *link;

	ev_io_stop(broker->loop, &broker->answers);
	broker->socket = safe_close(broker->socket);
	set_timers(broker);
	while ((link = list_first(&broker->parcels)))
		list_unlink(link);
}

static void fail_orders(struct broker *broker)
{
	struct list_link *link;

	while ((link = list_first(&broker->orders)))
		close_order(broker, container_of(link, struct order, link), NULL);
}

void broker_dismiss(struct broker *broker, enum broker_end how)
{
	if (broker->socket < 0)
		return;
	broker->stuck = how == BROKER_STUCK;
	if (how != BROKER_IDLE)
		syscall(SYS_pidfd_send_signal, broker->pidfd, SIGKILL, NULL, 0);
	serve_no_more(broker);
	broker->owner->dismissed(broker->arg, broker, how);
	fail_orders(broker);
}

static void on_deadline(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	broker_dismiss(watcher->data, BROKER_STUCK);
}

static void on_idle(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	broker_dismiss(watcher->data, BROKER_IDLE);
}

static void on_process(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct broker *broker = watcher->data;
	siginfo_t info;

	(void)waitid(P_PIDFD, (id_t)broker->pidfd, &info, WEXITED | WNOHANG);
	ev_io_stop(loop, &broker->process);
	broker_dismiss(broker, BROKER_DIED);
	broker->owner->ended(broker->arg, broker);
}

void broker_free(struct broker *broker)
{
	if (broker->socket >= 0)
		serve_no_more(broker);
	fail_orders(broker);
	ev_io_stop(broker->loop, &broker->process);
	list_unlink(&broker->link);
	safe_close(broker->pidfd);
	free(broker);
}

/* ---- the start ---- */

static void watch(struct broker *broker)
{
	ev_io_init(&broker->answers, on_answers, broker->socket, EV_READ);
	ev_io_init(&broker->process, on_process, broker->pidfd, EV_READ);
	ev_timer_init(&broker->deadline, on_deadline, BROKER_PATIENCE_SECONDS, 0.);
	ev_timer_init(&broker->idle, on_idle, BROKER_IDLE_SECONDS, 0.);
	broker->answers.data = broker->process.data = broker;
	broker->deadline.data = broker->idle.data = broker;
	ev_io_start(broker->loop, &broker->answers);
	ev_io_start(broker->loop, &broker->process);
}

int broker_start(struct ev_loop *loop, const char *program, uid_t uid, gid_t gid,
		 const struct broker_owner *owner, void *arg, struct broker **ret)
{
	static const char *const arguments[] = {"iouring-broker", NULL};
	const struct broker_order become = {.type = BROKER_BECOME, .uid = uid, .gid = gid};
	_cleanup_free_ struct broker *broker = calloc(1, sizeof(*broker));
	_cleanup_close_ int ours = -1, theirs = -1;
	int pair[2], r;

	if (!broker)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	r = (int)send_with_fds(ours, &become, sizeof(become), NULL, 0, MSG_DONTWAIT);
	if (r >= 0)
		r = helper_spawn(program, arguments, theirs, &broker->pid, &broker->pidfd);
	if (r < 0)
		return r;
	broker->owner = owner;
	broker->arg = arg;
	broker->loop = loop;
	broker->socket = take_fd(&ours);
	list_init(&broker->orders);
	list_init(&broker->parcels);
	watch(broker);
	set_timers(broker);
	*ret = take_ptr(broker);
	return 0;
}
