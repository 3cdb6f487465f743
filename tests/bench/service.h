/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service.h - the bench's own iouringd, started by a socket that the bench holds */
#ifndef BENCH_SERVICE_H
#define BENCH_SERVICE_H

#include <sys/types.h>

struct service {
	const char *daemon; /* path; borrowed */
	int listen_fd;	    /* outlives the daemon; connections wait for the next */
	pid_t pid;
};

/* Starts it and sets IOURINGD_SOCKET; connections wait for it. It dies with the bench. */
void service_start(struct service *service, const char *daemon);
/* Kills it and waits. */
void service_kill(struct service *service);
/* Starts the next one. */
void service_again(struct service *service);
/* Ends it and waits. Destroy all rings before: they would stay. */
void service_stop(struct service *service);

#endif
