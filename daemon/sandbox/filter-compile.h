/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* filter-compile.h - compiles a system call filter at build time, on the machine that builds */
#ifndef DAEMON_SANDBOX_FILTER_COMPILE_H
#define DAEMON_SANDBOX_FILTER_COMPILE_H

#include <seccomp.h>
#include <stdint.h>

struct filter_rules {
	uint32_t otherwise;	    /* SCMP_ACT_*, for all calls that no rule allows */
	const char *const *allowed; /* system calls, whatever their arguments; NULL ends them */
	int (*more)(scmp_filter_ctx ctx); /* adds rules with arguments; 0 or -errno */
};

/*
 * The body of a compiler's main(). Writes the filter's instructions for @machine, a name that
 * libseccomp knows, to standard output, as the bytes of a C array. Returns the exit status; a
 * failure is on standard error.
 */
int filter_compile(const char *machine, const struct filter_rules *rules);

#endif
