/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pass-file.c - a client that passes a descriptor whose last close can take for ever
 *
 * usage: pass-file WHAT HOW
 *
 *   WHAT  a path; "linger": a TCP socket with unsent data and SO_LINGER; "memfd": one of 400 MiB
 *   HOW   a call, as JSON: sends it with the descriptor, and prints the reply
 *         "half": sends the start of a call, and exits
 *         "behind": sends a call that has no end, another with the descriptor, and exits
 *         "urgent": sends an out-of-band byte with the descriptor, and exits
 *
 * Prints "sent" before it exits, which may take for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon-connect.h"

#define MEMFD_SIZE     (400u << 20)
#define LINGER_SECONDS 600
#define WATCH	       "{\"method\":\"org.iouringd.Manager.Watch\",\"more\":true}"
#define STATUS	       "{\"method\":\"org.iouringd.Manager.GetStatus\"}"

static void fail(const char *what)
{
	fprintf(stderr, "pass-file: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int connect_to_daemon(void)
{
	int fd = daemon_connect();

	if (fd < 0)
		fail("cannot connect");
	return fd;
}

/* Nobody accepts its connection, so nobody reads what it has sent. */
static int make_lingering(void)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = LINGER_SECONDS};
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static char data[65536];

	if (bind(listening, (struct sockaddr *)&address, size) < 0 || listen(listening, 1) < 0 ||
	    getsockname(listening, (struct sockaddr *)&address, &size) < 0 ||
	    connect(fd, (struct sockaddr *)&address, size) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0)
		fail("cannot make a TCP connection");
	while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	/* the listening socket stays open in a child, or the connection would be reset */
	if (fork() == 0) {
		close(fd);
		for (int i = 0; i < 3; i++)
			close(i);
		pause();
		_exit(0);
	}
	return fd;
}

static int make_memfd(void)
{
	int fd = memfd_create("large", MFD_CLOEXEC);

	if (fd < 0 || fallocate(fd, 0, 0, MEMFD_SIZE) < 0)
		fail("cannot make a memfd");
	return fd;
}

static int make(const char *what)
{
	int fd;

	if (strcmp(what, "linger") == 0)
		return make_lingering();
	if (strcmp(what, "memfd") == 0)
		return make_memfd();
	fd = open(what, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail(what);
	return fd;
}

static void send_with(int socket, const char *bytes, size_t n, int fd, int flags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec vector = {.iov_base = (void *)bytes, .iov_len = n};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		control.align = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	}
	if (sendmsg(socket, &message, MSG_NOSIGNAL | flags) < 0)
		fail("cannot send");
}

static void print_reply(int socket)
{
	char byte;

	while (recv(socket, &byte, 1, 0) == 1 && byte)
		putchar(byte);
	putchar('\n');
}

int main(int argc, char **argv)
{
	int socket, fd;

	if (argc != 3)
		return 2;
	fd = make(argv[1]);
	socket = connect_to_daemon();
	if (strcmp(argv[2], "half") == 0) {
		send_with(socket, STATUS, 20, fd, 0);
	} else if (strcmp(argv[2], "behind") == 0) {
		send_with(socket, WATCH, sizeof(WATCH), -1, 0);
		send_with(socket, STATUS, sizeof(STATUS), fd, 0);
	} else if (strcmp(argv[2], "urgent") == 0) {
		send_with(socket, "{", 1, fd, MSG_OOB);
	} else {
		send_with(socket, argv[2], strlen(argv[2]) + 1, fd, 0);
		print_reply(socket);
	}
	puts("sent");
	fflush(stdout); /* now: the exit may take for ever */
	return 0;
}
