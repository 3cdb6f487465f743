/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall-filter-compile MACHINE - compiles the filter of iouring-host for a machine
 *
 * Runs at build time, on the machine that builds. Writes the filter's instructions to standard
 * output, as the bytes of a C array (syscall-filter.c). MACHINE is a name that libseccomp knows.
 */
#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "iouring-host/syscall-filter.h"
#include "sandbox/filter-compile.h"

static const char *const allowed[] = {
	"io_uring_enter",
	/* the loop thread: commands, the signal that interrupts io_uring_enter */
	"futex",
	"rt_sigreturn",
	"sched_yield",
	/* the main thread: control socket and lease */
	"ppoll",
	"poll",
	"restart_syscall", /* how poll resumes after SIGSTOP and SIGCONT */
	"accept4",
	"recvmsg",
	"sendmsg",
	"read",
	"write",
	"close",
	"exit_group",
	"exit",
#ifdef SANITIZED
	"sigaltstack", /* before a function that does not return */
#endif
	NULL,
};

/* A ring may only be enabled, by a thread that registers and unregisters it (loop_ring_enable()).
 */
static const unsigned int allowed_registrations[] = {
	IORING_REGISTER_ENABLE_RINGS,
	IORING_REGISTER_RING_FDS,
	IORING_UNREGISTER_RING_FDS,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The operation is an unsigned int: the kernel ignores the register's upper half. */
static int allow_registrations(scmp_filter_ctx context)
{
	int r = 0;

	for (size_t i = 0; i < COUNT(allowed_registrations) && r == 0; i++)
		r = seccomp_rule_add(
			context, SCMP_ACT_ALLOW, SCMP_SYS(io_uring_register), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, allowed_registrations[i]));
	return r;
}

/* Who a daemon is that connects. */
static int allow_peer(scmp_filter_ctx context)
{
	return seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt), 2,
				SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, SOL_SOCKET),
				SCMP_A2(SCMP_CMP_MASKED_EQ, UINT32_MAX, SO_PEERCRED));
}

/* The signal that interrupts io_uring_enter, to the loop thread. */
static int allow_own_signals(scmp_filter_ctx context)
{
	return seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, FILTER_OWN_PROCESS));
}

static int allow_more(scmp_filter_ctx context)
{
	int r = allow_registrations(context);

	if (r == 0)
		r = allow_peer(context);
	return r == 0 ? allow_own_signals(context) : r;
}

int main(int argc, char **argv)
{
	static const struct filter_rules rules = {
		.otherwise = SCMP_ACT_KILL_PROCESS,
		.allowed = allowed,
		.more = allow_more,
	};

	if (argc != 2) {
		fputs("usage: syscall-filter-compile MACHINE\n", stderr);
		return 2;
	}
	return filter_compile(argv[1], &rules);
}
