/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proc.h - files of processes in /proc, and whether a process still runs */
#ifndef DAEMON_HOST_PROC_H
#define DAEMON_HOST_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* /proc/PID/@name; the descriptor is the caller's. -ENOENT, -ESRCH: the process is gone. */
int proc_open(pid_t pid, const char *name, int flags, int *ret_fd);
/* Reads at most @size - 1 bytes and terminates them. 0 or -errno, as proc_open(). */
int proc_read(pid_t pid, const char *name, size_t size, char *text);

/*
 * The state of the process, or of its thread @tid if that is not 0, as ps(1) shows it: 'S' sleeps;
 * 0: it cannot be read.
 */
char proc_state(pid_t pid, pid_t tid);

/*
 * Whether the process is gone. As long as it is not, no other process can have its pid: what was
 * read by the pid before this call was of this process.
 */
bool proc_exited(int pidfd);

#endif
