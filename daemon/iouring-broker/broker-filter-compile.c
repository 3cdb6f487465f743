/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* broker-filter-compile MACHINE - compiles the filter of iouring-broker for a machine */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "sandbox/filter-compile.h"

/* No file can be opened, and no memory be mapped. */
static const char *const allowed[] = {
	"recvmsg", "sendmsg",	 "close",	 "fstat",	    "newfstatat", "pread64",
	"write",   "exit_group", "rt_sigreturn", "restart_syscall", "exit",	  NULL,
};

static int allow_flags(scmp_filter_ctx context)
{
	return seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, F_GETFL));
}

int main(int argc, char **argv)
{
	static const struct filter_rules rules = {
		.otherwise = SCMP_ACT_KILL_PROCESS,
		.allowed = allowed,
		.more = allow_flags,
	};

	if (argc != 2) {
		fputs("usage: broker-filter-compile MACHINE\n", stderr);
		return 2;
	}
	return filter_compile(argv[1], &rules);
}
