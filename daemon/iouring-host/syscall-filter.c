/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall-filter.c - installs the filter that libseccomp compiled at build time
 *
 * syscall-filter-compile.c holds the rules and writes syscall-filter.inc. Compiling them in the
 * host instead would cost each ring 0.7 ms, and heap that stays dirty; the program would be 80 KB
 * larger. A program compiled by the daemon would have to travel to the host in a new message, which
 * hosts and daemons of other versions do not know. The array is constant, so all hosts share it.
 */
#include "iouring-host/syscall-filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct sock_filter[] as bytes, in the byte order of the machine that runs the host */
static const _Alignas(struct sock_filter) unsigned char filter[] = {
#include "syscall-filter.inc"
};

_Static_assert(sizeof(filter) > 0 && sizeof(filter) % sizeof(struct sock_filter) == 0 &&
		       sizeof(filter) / sizeof(struct sock_filter) <= BPF_MAXINSNS,
	       "a filter that the kernel can take");

int syscall_filter_install(void)
{
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(struct sock_filter),
		.filter = (struct sock_filter *)filter,
	};
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);

	if (r < 0)
		return -errno;
	return r == 0 ? 0 : -EBUSY; /* r is the id of a thread that could not take it */
}
