/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.h - the process of a host: its start, and how it ended
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

/*
 * How a process ended that is no child of ours: as si_code and si_status of waitid. The kernel
 * tells since 6.15, and only once its parent has asked: code 0 if it does not.
 */
void process_exit_status(int pidfd, int *ret_code, int *ret_status);

#endif
