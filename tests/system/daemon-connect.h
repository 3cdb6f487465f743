/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-connect.h - a connection of a client that does without the library */
#ifndef TESTS_SYSTEM_DAEMON_CONNECT_H
#define TESTS_SYSTEM_DAEMON_CONNECT_H

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* -1, with errno, if it fails. */
static inline int daemon_connect(void)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = "/run/iouringd/org.iouringd.Manager",
	};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return fd;
}

#endif
