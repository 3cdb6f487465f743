/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/filter-compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void die(const char *what, const char *name)
{
	fprintf(stderr, "cannot compile the filter: %s: %s\n", what, name);
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
static int allow_calls(scmp_filter_ctx context, const char *const *allowed)
{
	int r = 0;

	for (; *allowed && r == 0; allowed++) {
		int number = seccomp_syscall_resolve_name(*allowed);

		if (number == __NR_SCMP_ERROR)
			die("libseccomp does not know this system call", *allowed);
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0);
	}
	return r;
}

static int print_bytes(FILE *file)
{
	int byte;

	if (fseek(file, 0, SEEK_SET) != 0)
		return -errno;
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

int filter_compile(const char *machine, const struct filter_rules *rules)
{
	scmp_filter_ctx context;
	int r;

	/* SCMP_ACT_KILL_PROCESS needs level 3; the kernel of the building machine does not matter
	 */
	seccomp_api_set(3);
	context = seccomp_init(rules->otherwise);
	if (!context)
		die("libseccomp cannot start a filter for", machine);
	r = set_machine(context, machine);
	if (r == 0)
		r = allow_calls(context, rules->allowed);
	if (r == 0)
		r = rules->more(context);
	if (r == 0)
		r = print_filter(context);
	seccomp_release(context);
	if (r < 0)
		die("libseccomp failed", strerror(-r));
	return 0;
}
