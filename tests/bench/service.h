/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service.h - an iouringd of the bench's own, started by a socket that the bench holds */
#ifndef BENCH_SERVICE_H
#define BENCH_SERVICE_H

#include <sys/types.h>

/* Starts it and sets IOURINGD_SOCKET; connections wait until it is ready. Ends with the bench. */
pid_t service_start(const char *daemon);
/* Ends it and waits. */
void service_stop(pid_t pid);

#endif
