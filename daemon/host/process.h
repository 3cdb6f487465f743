/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.h - starts the process of a host, and reads how a process ended
 */
#ifndef DAEMON_HOST_PROCESS_H
#define DAEMON_HOST_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Starts @program with @listen_fd as fd 3, an empty environment, default signals and a session of
 * its own. ps shows it as "iouring-host NAME". The caller closes the pidfd and reaps the process.
 * 0 or -errno.
 */
int host_spawn(const char *program, const char *name, int listen_fd, pid_t *ret_pid,
	       int *ret_pidfd);

/* Kills and reaps a process that host_spawn() has just started. */
void host_spawn_undo(pid_t pid);

/*
 * How a process that is not our child ended, as si_code and si_status of waitid(). Code 0: unknown;
 * the kernel reports it since Linux 6.15, once the parent has reaped the process.
 */
void process_exit_status(int pidfd, int *ret_code, int *ret_status);

/* The inode of a pidfd, which no other process has until a reboot; 0: the kernel has no pidfs. */
uint64_t process_inode(int pidfd);
/* A pidfd, the caller's, of the process that has that pid and inode; -1: it is gone, or inode 0. */
int process_open(pid_t pid, uint64_t inode);

#endif
