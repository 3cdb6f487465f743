/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.h - starting the process of a host
 */
#ifndef DAEMON_HOST_PROCESS_H
#define DAEMON_HOST_PROCESS_H

#include <sys/types.h>

/*
 * Starts @program with @listen_fd as fd 3: an empty environment, default signals, a session of its
 * own. What it was about is seen in ps: "iouring-host NAME". The caller waits for it.
 */
int host_spawn(const char *program, const char *name, int listen_fd, pid_t *ret_pid,
	       int *ret_pidfd);

#endif
