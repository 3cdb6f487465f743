/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* filter.h - installs a system call filter that was compiled at build time (filter-compile.h) */
#ifndef DAEMON_SANDBOX_FILTER_H
#define DAEMON_SANDBOX_FILTER_H

#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <stddef.h>

/* @bytes: an array of the compiled bytes, aligned as struct sock_filter. */
#define FILTER_VALID(bytes)                                                                        \
	(sizeof(bytes) > 0 && sizeof(bytes) % sizeof(struct sock_filter) == 0 &&                   \
	 sizeof(bytes) / sizeof(struct sock_filter) <= BPF_MAXINSNS)

/*
 * Installs the filter for all threads of the process, which must have no_new_privs set. 0 or
 * -errno; -EBUSY: a thread could not take it.
 */
int filter_install(const void *bytes, size_t size);

#endif
