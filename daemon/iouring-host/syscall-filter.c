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

#include "sandbox/filter.h"

/* struct sock_filter[] as bytes, in the byte order of the machine that runs the host */
static const _Alignas(struct sock_filter) unsigned char filter[] = {
#include "syscall-filter.inc"
};

_Static_assert(FILTER_VALID(filter), "a filter that the kernel can take");

int syscall_filter_install(void)
{
	return filter_install(filter, sizeof(filter));
}
