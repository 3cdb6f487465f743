/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-broker/files.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/protocol.h"
#include "util/write-all.h"

#define MESSAGES_MAX 1024 /* whose descriptors wait; a user has fewer connections */
#define CHUNK	     65536u

struct message {
	uint64_t ticket;
	size_t n; /* 0: unused */
	int fds[PASSED_FDS_MAX];
};

static struct message messages[MESSAGES_MAX];

/* The unused ones have ticket 0, which no message has. */
static struct message *find(uint64_t ticket)
{
	for (size_t i = 0; i < MESSAGES_MAX; i++)
		if (messages[i].ticket == ticket)
			return &messages[i];
	return NULL;
}

static struct file_facts inspect(int fd)
{
	struct file_facts facts;
	int r = file_facts_read(fd, &facts);

	return r == 0 ? facts : (struct file_facts){.error = -r};
}

int files_receive(uint64_t ticket, int connection, size_t n, struct broker_answer *ret)
{
	struct message *message = find(0);
	size_t n_fds = 0;
	ssize_t received;

	if (ticket == 0 || n == 0 || n > sizeof(ret->bytes))
		return -EINVAL;
	if (!message)
		return -ENFILE;
	received =
		receive_with_fds(connection, ret->bytes, n, message->fds, PASSED_FDS_MAX, &n_fds);
	if (n_fds > 0) {
		message->ticket = ticket;
		message->n = n_fds;
	}
	for (size_t i = 0; i < n_fds; i++)
		ret->facts[i] = inspect(message->fds[i]);
	ret->n_fds = (uint32_t)n_fds;
	return (int)received;
}

void files_drop(uint64_t ticket)
{
	struct message *message = ticket ? find(ticket) : NULL;

	if (!message)
		return;
	for (size_t i = 0; i < message->n; i++)
		close(message->fds[i]);
	message->ticket = message->n = 0;
}

int files_send(uint64_t ticket, const uint32_t *numbers, size_t n, int socket)
{
	const struct message *message = ticket ? find(ticket) : NULL;
	int fds[PASSED_FDS_MAX];
	ssize_t sent;

	if (!message || n > PASSED_FDS_MAX)
		return -ENOENT;
	for (size_t i = 0; i < n; i++) {
		if (numbers[i] >= message->n)
			return -ENOENT;
		fds[i] = message->fds[numbers[i]];
	}
	sent = send_with_fds(socket, "", 1, fds, n, MSG_DONTWAIT);
	return sent < 0 ? (int)sent : 0;
}

int files_copy(uint64_t ticket, uint32_t number, size_t size, int memfd)
{
	static char chunk[CHUNK];
	const struct message *message = ticket ? find(ticket) : NULL;
	size_t done = 0;
	int r = 0;

	if (!message || number >= message->n)
		return -ENOENT;
	while (done < size && r == 0) {
		size_t left = size - done;
		ssize_t n = pread(message->fds[number], chunk, left < CHUNK ? left : CHUNK,
				  (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		r = write_all(memfd, chunk, (size_t)n);
		done += (size_t)n;
	}
	return r;
}
