/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall-filter-compile MACHINE - compiles the filter of iouring-host for a machine
 *
 * Runs at build time, on the machine that builds. Writes the filter's instructions to standard
 * output, as the bytes of a C array (syscall-filter.c). MACHINE is a name that libseccomp knows.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const allowed[] = {
	"io_uring_enter",
	/* the loop thread: commands, the signal that interrupts io_uring_enter, its CPU time */
	"futex",
	"rt_sigreturn",
	"tgkill",
	"sched_yield",
	"clock_gettime",
	/* the main thread: control socket and lease */
	"ppoll",
	"poll",
	"restart_syscall", /* how poll resumes after SIGSTOP and SIGCONT */
	"accept4",
	"getsockopt",
	"recvmsg",
	"sendmsg",
	"read",
	"write",
	"close",
	"exit_group",
	"exit",
};

/* A ring may only be enabled, by a thread that registers and unregisters it (loop_ring_enable()).
 */
static const unsigned int allowed_registrations[] = {
	IORING_REGISTER_ENABLE_RINGS,
	IORING_REGISTER_RING_FDS,
	IORING_UNREGISTER_RING_FDS,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static _Noreturn void die(const char *what, const char *name)
{
	fprintf(stderr, "syscall-filter-compile: %s: %s\n", what, name);
	exit(1);
}

/* The filter serves @machine only: a call of any other ABI kills the process. */
static int set_machine(scmp_filter_ctx context, const char *machine)
{
	uint32_t arch = seccomp_arch_resolve_name(machine);
	int r;

	if (arch == 0)
		die("libseccomp does not support this machine", machine);
	r = seccomp_arch_remove(context, SCMP_ARCH_NATIVE); /* first: byte orders do not mix */
	if (r == 0)
		r = seccomp_arch_add(context, arch);
	if (r == 0)
		r = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	return r;
}

/* seccomp_rule_add() leaves out a call that the machine does not have, as arm64 has no poll. */
static int allow_calls(scmp_filter_ctx context)
{
	int r = 0;

	for (size_t i = 0; i < COUNT(allowed) && r == 0; i++) {
		int number = seccomp_syscall_resolve_name(allowed[i]);

		if (number == __NR_SCMP_ERROR)
			die("libseccomp does not know this system call", allowed[i]);
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0);
	}
	return r;
}

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

static int print_bytes(FILE *file)
{
	int byte;

	rewind(file);
	for (unsigned int n = 1; (byte = getc(file)) != EOF; n++)
		printf("0x%02x,%c", (unsigned int)byte, n % 8 == 0 ? '\n' : ' ');
	return ferror(file) || fflush(stdout) != 0 ? -EIO : 0;
}

static int print_filter(scmp_filter_ctx context)
{
	FILE *file = tmpfile(); /* libseccomp before 2.6 exports to descriptors only */
	int r;

	if (!file)
		return -errno;
	r = seccomp_export_bpf(context, fileno(file));
	if (r == 0)
		r = print_bytes(file);
	fclose(file);
	return r;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx context;
	int r;

	if (argc != 2)
		die("usage", "syscall-filter-compile MACHINE");
	/* SCMP_ACT_KILL_PROCESS needs level 3; the kernel of the building machine does not matter
	 */
	seccomp_api_set(3);
	context = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!context)
		die("libseccomp cannot start a filter for", argv[1]);
	r = set_machine(context, argv[1]);
	if (r == 0)
		r = allow_calls(context);
	if (r == 0)
		r = allow_registrations(context);
	if (r == 0)
		r = print_filter(context);
	seccomp_release(context);
	if (r < 0)
		die("cannot compile the filter", strerror(-r));
	return 0;
}
