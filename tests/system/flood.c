/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * flood.c - a client that asks too much, and one that measures what others then wait
 *
 * usage: flood leave N         N connections: a Watch, another call with descriptors behind it;
 * exits flood objects N       pumps calls with as many empty objects as fit, until it is killed
 *        flood halves N        N connections with a call that never ends, until it is killed
 *        flood fields RING     ReadParameters of one field, thousands of times; prints the reply
 *        flood names N         N Watches of a ring with a long name; prints the last reply
 *        flood measure CALLS   the median and the 99th percentile of GetStatus in microseconds
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon-connect.h"

#define METHOD(name) "{\"method\":\"org.iouringd.Manager." name "\""
#define CALL_MAX     (64u << 10)
#define CONNS_MAX    64

static void fail(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int connect_to_daemon(void)
{
	int fd = daemon_connect();

	if (fd < 0)
		fail("cannot connect");
	return fd;
}

/* Sends @text with its NUL. */
static void say(int fd, const char *text)
{
	size_t n = strlen(text) + 1;

	while (n > 0) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent < 0)
			fail("cannot send");
		text += sent;
		n -= (size_t)sent;
	}
}

static void say_with_fds(int fd, const char *text, size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec vector = {.iov_base = (void *)text, .iov_len = strlen(text) + 1};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(n_fds * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	*header = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	for (size_t i = 0; i < n_fds; i++)
		memcpy(CMSG_DATA(header) + i * sizeof(int), &file, sizeof(int));
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		fail("cannot send");
	close(file);
}

/* Reads up to the next NUL. */
static const char *hear(int fd)
{
	static char text[1u << 20];
	size_t n = 0;

	do {
		ssize_t got = recv(fd, text + n, 1, 0);

		if (got <= 0)
			fail("the daemon hung up");
		n++;
	} while (text[n - 1] && n < sizeof(text));
	return text;
}

static char *start_call(const char *head)
{
	char *text = calloc(1, CALL_MAX + 1);

	if (!text)
		fail("no memory");
	strcpy(text, head);
	return text;
}

/* Appends @part as often as the limit and @most allow, then @tail. */
static void repeat(char *text, const char *part, size_t most, const char *tail)
{
	size_t n = strlen(text), size = strlen(part);

	for (size_t i = 0; i < most && n + size + strlen(tail) <= CALL_MAX; i++, n += size)
		memcpy(text + n, part, size);
	if (text[n - 1] == ',')
		n--;
	strcpy(text + n, tail);
}

static void leave(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int fd = connect_to_daemon();

		say(fd, METHOD("Watch") ",\"more\":true}");
		hear(fd);
		say_with_fds(fd, METHOD("GetStatus") "}", 8);
	}
}

static void pump(size_t n)
{
	char *text = start_call(METHOD("WriteParameters") ",\"parameters\":{\"ring\":\"none\","
							  "\"parameters\":{\"x\":[");
	struct pollfd conns[CONNS_MAX];
	char waste[4096];

	repeat(text, "{},", 2000, "]}}}");
	for (size_t i = 0; i < n; i++) {
		conns[i] = (struct pollfd){.fd = connect_to_daemon(), .events = POLLIN};
		say(conns[i].fd, text);
	}
	for (;;) {
		if (poll(conns, n, -1) < 0)
			fail("poll");
		for (size_t i = 0; i < n; i++)
			if (conns[i].revents && recv(conns[i].fd, waste, sizeof(waste), 0) > 0)
				say(conns[i].fd, text);
	}
}

static void halves(size_t n)
{
	char *text = start_call(METHOD("Watch") ",\"more\":true,\"parameters\":{\"ring\":\"");

	repeat(text, "x", CALL_MAX, "");
	for (size_t i = 0; i < n; i++)
		if (send(connect_to_daemon(), text, CALL_MAX - 1, MSG_NOSIGNAL) < 0)
			fail("cannot send");
	puts("sent");
	fflush(stdout);
	pause();
}

static void read_fields(const char *ring)
{
	char head[160], *text;
	int fd = connect_to_daemon();

	snprintf(head, sizeof(head),
		 METHOD("ReadParameters") ",\"parameters\":{\"ring\":\"%s\",\"fields\":[", ring);
	text = start_call(head);
	repeat(text, "\"depth\",", CALL_MAX, "]}}");
	say(fd, text);
	puts(hear(fd));
}

static void watch_names(size_t n)
{
	char *text = start_call(METHOD("Watch") ",\"more\":true,\"parameters\":{\"ring\":\"");
	int fd = -1;

	repeat(text, "x", CALL_MAX, "\"}}");
	for (size_t i = 0; i < n; i++) {
		fd = connect_to_daemon();
		say(fd, text);
	}
	printf("%.300s\n", hear(fd));
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void measure(size_t n)
{
	double *times = calloc(n, sizeof(*times));
	int fd = connect_to_daemon();

	for (size_t i = 0; times && i < n; i++) {
		times[i] = now_us();
		say(fd, METHOD("GetStatus") "}");
		hear(fd);
		times[i] = now_us() - times[i];
	}
	qsort(times, n, sizeof(*times), compare);
	printf("%.0f %.0f\n", times[n / 2], times[n * 99 / 100]);
	free(times);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(size_t n);
	} modes[] = {
		{"leave", leave},	{"objects", pump},    {"halves", halves},
		{"names", watch_names}, {"measure", measure},
	};
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (argc == 3 && strcmp(argv[1], "fields") == 0) {
		read_fields(argv[2]);
		return 0;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (n == 0 || strcmp(argv[1], modes[i].name) != 0)
			continue;
		modes[i].run(modes[i].run == pump && n > CONNS_MAX ? CONNS_MAX : n);
		return 0;
	}
	fprintf(stderr, "usage: flood leave|objects|halves|names|measure N | flood fields RING\n");
	return 2;
}
