/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seccomp.h - the system calls that a host needs once its ring is made; any other ends it (SIGSYS)
 */
#ifndef DAEMON_HOST_SECCOMP_H
#define DAEMON_HOST_SECCOMP_H

/* For all threads of the process, which must have no_new_privs. 0 or -errno. */
int seccomp_close(void);

#endif
