/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <cmocka.h>

#include "server.h"

#define REQUEST_MAX (2u << 20)

struct server {
	char directory[64];
	struct sockaddr_un address;
	int listener;
	int peer; /* -1: none; the thread's until it is joined */
	pthread_t thread;
	const struct step *steps; /* borrowed */
	size_t n_steps;
	pthread_mutex_t lock; /* of done, while the thread lives */
	pthread_cond_t moved;
	size_t done; /* steps */
	char failure[512];
	char *request; /* REQUEST_MAX bytes */
};

/* Receives up to the NUL; false: the peer has closed the connection. */
static bool receive(struct server *server, size_t *ret_n_fds)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * 64)];
		struct cmsghdr align;
	} control;
	size_t length = 0;
	size_t n_fds = 0;

	do {
		struct iovec iov = {server->request + length, REQUEST_MAX - length};
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		struct cmsghdr *cmsg;
		ssize_t n = recvmsg(server->peer, &msg, MSG_CMSG_CLOEXEC);

		if (n <= 0)
			return false;
		for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
			size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			int fds[64];
			size_t i;

			memcpy(fds, CMSG_DATA(cmsg), count * sizeof(int));
			for (i = 0; i < count; i++)
				close(fds[i]);
			n_fds += count;
		}
		length += n;
	} while (server->request[length - 1] != '\0' && length < REQUEST_MAX);
	*ret_n_fds = n_fds;
	return true;
}

static void transmit(struct server *server, const char *bytes, size_t length, const int *fds,
		     size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * STEP_FDS_MAX)];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = {(char *)bytes, length};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cmsg;

	if (n_fds > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * n_fds);
	}
	sendmsg(server->peer, &msg, MSG_NOSIGNAL);
}

static bool give_up(struct server *server, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(server->failure, sizeof(server->failure), format, args);
	va_end(args);
	return false;
}

static bool take_request(struct server *server, const struct step *step)
{
	size_t n_fds;

	if (!receive(server, &n_fds))
		return give_up(server, "no request came where %s was expected", step->expect);
	if (!strstr(server->request, step->expect))
		return give_up(server, "%s is not in the request %s", step->expect,
			       server->request);
	if (step->expect2 && !strstr(server->request, step->expect2))
		return give_up(server, "%s is not in the request %s", step->expect2,
			       server->request);
	if (n_fds != step->expect_fds)
		return give_up(server, "%zu descriptors came with %s", n_fds, server->request);
	return true;
}

static bool go_through(struct server *server, const struct step *step)
{
	size_t length, n_fds;
	char byte;

	if (step->hang_up && receive(server, &n_fds))
		return give_up(server, "a request came over a spoilt connection: %s",
			       server->request);
	if (step->expect && !take_request(server, step))
		return false;
	if (step->gate && read(step->gate, &byte, 1) != 1)
		return give_up(server, "the gate did not open");
	if (step->reply) {
		length = step->length ? step->length : strlen(step->reply) + 1;
		transmit(server, step->reply, step->split ? step->split : length, step->fds,
			 step->n_fds);
		if (step->split)
			transmit(server, step->reply + step->split, length - step->split, NULL, 0);
	}
	if (step->close || step->hang_up) {
		shutdown(server->peer, SHUT_RDWR); /* a child of the test may hold a copy */
		close(server->peer);
		server->peer = -1;
	}
	return true;
}

static void *serve(void *arg)
{
	const struct timeval patience = {.tv_sec = 20}; /* so that a failed test ends */
	struct server *server = arg;

	while (server->done < server->n_steps) {
		if (server->peer < 0)
			server->peer = accept(server->listener, NULL, NULL);
		if (server->peer < 0)
			break;
		setsockopt(server->peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (!go_through(server, &server->steps[server->done]))
			break;
		pthread_mutex_lock(&server->lock);
		server->done++;
		pthread_cond_signal(&server->moved);
		pthread_mutex_unlock(&server->lock);
	}
	return NULL;
}

struct server *server_start(const struct step *steps, size_t n)
{
	const char *base = getenv("TMPDIR");
	struct server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	server->request = calloc(1, REQUEST_MAX);
	assert_non_null(server->request);
	server->peer = -1;
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->moved, NULL);
	server->steps = steps;
	server->n_steps = n;
	snprintf(server->directory, sizeof(server->directory), "%s/iouctl-XXXXXX",
		 base ? base : "/tmp");
	assert_non_null(mkdtemp(server->directory));
	server->address.sun_family = AF_UNIX;
	snprintf(server->address.sun_path, sizeof(server->address.sun_path), "%s/socket",
		 server->directory);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(server->listener >= 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&server->address,
			      sizeof(server->address)),
			 0);
	assert_int_equal(listen(server->listener, SERVER_BACKLOG), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
	return server;
}

const char *server_path(const struct server *server)
{
	return server->address.sun_path;
}

void server_wait_for(struct server *server, size_t n)
{
	struct timespec patience;

	clock_gettime(CLOCK_REALTIME, &patience);
	patience.tv_sec += 20;
	pthread_mutex_lock(&server->lock);
	while (server->done < n)
		if (pthread_cond_timedwait(&server->moved, &server->lock, &patience) != 0)
			break;
	pthread_mutex_unlock(&server->lock);
	assert_true(server->done >= n);
}

void server_stop(struct server *server)
{
	char failure[sizeof(server->failure)];
	size_t left;

	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	if (server->peer >= 0)
		close(server->peer);
	close(server->listener);
	unlink(server->address.sun_path);
	rmdir(server->directory);
	memcpy(failure, server->failure, sizeof(failure));
	left = server->n_steps - server->done;
	free(server->request);
	pthread_cond_destroy(&server->moved);
	pthread_mutex_destroy(&server->lock);
	free(server);
	if (failure[0])
		fail_msg("the server: %s", failure);
	if (left > 0)
		fail_msg("the server: %zu steps remain", left);
}
