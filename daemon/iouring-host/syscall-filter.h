/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* syscall-filter.h - the system calls that remain to a host once its ring is set up */
#ifndef DAEMON_HOST_SYSCALL_FILTER_H
#define DAEMON_HOST_SYSCALL_FILTER_H

/* Stands in the compiled filter for the host's process id; no process has it. */
#define FILTER_OWN_PROCESS 0x7fedcba9u

/*
 * Installs the filter for all threads of the process, which must have no_new_privs set. Any other
 * system call then kills the process with SIGSYS. 0 or -errno; -EBUSY: a thread could not take it.
 */
int syscall_filter_install(void);

#endif
