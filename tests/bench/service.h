/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service.h - an iouringd of the bench's own, started by a socket that the bench holds */
#ifndef BENCH_SERVICE_H
#define BENCH_SERVICE_H

#include <sys/types.h>

struct service {
	const char *daemon; /* path; borrowed */
	int listen_fd;	    /* outlives the daemon: connections wait for the next one */
	pid_t pid;
};

/* Starts it and sets IOURINGD_SOCKET; connections wait until it is ready. Ends with the bench. */
void service_start(struct service *service, const char *daemon);
/* Kills it and waits. */
void service_kill(struct service *service);
/* The next one. */
void service_again(struct service *service);
/* Ends it and waits. Rings would stay: there should be none. */
void service_stop(struct service *service);

#endif
