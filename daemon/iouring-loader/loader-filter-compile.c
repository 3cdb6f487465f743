/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loader-filter-compile MACHINE TASK - compiles a filter of iouring-loader for a machine
 *
 * Runs at build time. TASK: inspect or load.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "sandbox/filter-compile.h"

#define INSPECT_CALLS                                                                              \
	/* the object, and memory */                                                               \
	"read", "pread64", "close", "fstat", "newfstatat", "lseek", "fcntl", "munmap", "mremap",   \
		"brk", "madvise", "futex", /* libbpf reserves descriptors for maps by memfds */    \
		"memfd_create", "dup3",	   /* */                                                   \
		"getrandom", "clock_gettime", "uname", "restart_syscall", "rt_sigreturn", /* */    \
		"sendmsg", "exit_group", "exit"

static const char *const inspect_calls[] = {INSPECT_CALLS, NULL};

/* and the kernel's BTF, a file that everyone may read */
static const char *const load_calls[] = {
	INSPECT_CALLS, "access", "faccessat", "faccessat2", "statfs", "fstatfs", NULL,
};

/* Of bpf(2): what loads. Nothing that attaches, pins, or touches what others have loaded. */
static const unsigned int commands[] = {
	BPF_MAP_CREATE, BPF_MAP_UPDATE_ELEM,	BPF_MAP_FREEZE,	   BPF_PROG_LOAD,
	BPF_BTF_LOAD,	BPF_OBJ_GET_INFO_BY_FD, BPF_PROG_BIND_MAP,
};

/* No memory becomes code. The kernel ignores the upper half of the argument. */
static int allow_memory(scmp_filter_ctx context)
{
	int r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	if (r == 0)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

static int allow_load(scmp_filter_ctx context)
{
	int r = allow_memory(context);

	if (r == 0)
		r = seccomp_rule_add(
			context, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	for (size_t i = 0; r == 0 && i < sizeof(commands) / sizeof(commands[0]); i++)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, commands[i]));
	return r;
}

int main(int argc, char **argv)
{
	static const struct filter_rules inspect = {
		.otherwise = SCMP_ACT_ERRNO(EPERM),
		.allowed = inspect_calls,
		.more = allow_memory,
	};
	static const struct filter_rules load = {
		.otherwise = SCMP_ACT_ERRNO(EPERM),
		.allowed = load_calls,
		.more = allow_load,
	};

	if (argc == 3 && strcmp(argv[2], "inspect") == 0)
		return filter_compile(argv[1], &inspect);
	if (argc == 3 && strcmp(argv[2], "load") == 0)
		return filter_compile(argv[1], &load);
	fputs("usage: loader-filter-compile MACHINE inspect|load\n", stderr);
	return 2;
}
