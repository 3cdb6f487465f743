/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall-filter.c - installs the filter that libseccomp compiled at build time
 *
 * syscall-filter-compile.c holds the rules and writes syscall-filter.inc. Compiling them in the
 * host instead would cost each ring 0.7 ms, and heap that stays dirty; the program would be 80 KB
 * larger. A program compiled by the daemon would have to travel to the host in a new message, which
 * hosts and daemons of other versions do not know. The array is constant, so all hosts share it;
 * each completes a copy with its process id.
 */
#include "iouring-host/syscall-filter.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/filter.h"

/* struct sock_filter[] as bytes, in the byte order of the machine that runs the host */
static const _Alignas(struct sock_filter) unsigned char filter[] = {
#include "syscall-filter.inc"
};

_Static_assert(FILTER_VALID(filter), "a filter that the kernel can take");

/* Returns how often the process id was to be filled in. */
static unsigned int fill_process(struct sock_filter *program, size_t n, pid_t process)
{
	unsigned int filled = 0;

	for (size_t i = 0; i < n; i++)
		if (program[i].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
		    program[i].k == FILTER_OWN_PROCESS) {
			program[i].k = (uint32_t)process;
			filled++;
		}
	return filled;
}

int syscall_filter_install(void)
{
	struct sock_filter program[sizeof(filter) / sizeof(struct sock_filter)];

	memcpy(program, filter, sizeof(program));
	if (fill_process(program, sizeof(program) / sizeof(program[0]), getpid()) != 1)
		return -EINVAL;
	return filter_install(program, sizeof(program));
}
