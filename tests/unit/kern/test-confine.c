/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sandbox of a loader, tested in children. Requires root. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#include "iouring-loader/confine.h"

/* Ends the child and prints the check that failed. */
#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			fail_child(__LINE__, #what);                                               \
	} while (0)

#define BTF "/sys/kernel/btf/vmlinux"

static char *messages; /* shared: a confined child cannot write to a file */

static _Noreturn void fail_child(int line, const char *what)
{
	snprintf(messages, 4096, "line %d: failed: %s (errno %d)", line, what, errno);
	_exit(1);
}

/* Refused by the filter, whoever calls. */
#define FORBIDDEN(call) CHECK((call) < 0 && errno == EPERM)

static void is_forbidden_to_all(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	FORBIDDEN(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		      MAP_FAILED &&
	      errno == EPERM);
	FORBIDDEN(syscall(SYS_getppid));
	FORBIDDEN(syscall(SYS_capget, NULL, NULL));
	FORBIDDEN(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	FORBIDDEN(syscall(SYS_execve, "/bin/true", NULL, NULL));
	FORBIDDEN(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
	FORBIDDEN(syscall(SYS_clone3, NULL, sizeof(struct clone_args)));
	FORBIDDEN(syscall(SYS_ptrace, 0, 0, NULL, NULL));
	FORBIDDEN(syscall(SYS_kill, 1, 0));
	FORBIDDEN(syscall(SYS_tgkill, 1, 1, 0));
	FORBIDDEN(syscall(SYS_io_uring_setup, 1, NULL));
	FORBIDDEN(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, NULL));
	FORBIDDEN(syscall(SYS_unlinkat, AT_FDCWD, "/nonexistent", 0));
	FORBIDDEN(syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0));
	FORBIDDEN(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY | O_CLOEXEC, 0));
	FORBIDDEN(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0));
	FORBIDDEN(syscall(SYS_openat, AT_FDCWD, "/tmp/x", O_CREAT | O_CLOEXEC, 0600));
	FORBIDDEN(syscall(SYS_write, 1, "", 0));
	FORBIDDEN(syscall(SYS_bpf, BPF_LINK_CREATE, NULL, 0));
	FORBIDDEN(syscall(SYS_bpf, BPF_PROG_ATTACH, NULL, 0));
	FORBIDDEN(syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, NULL, 0));
	FORBIDDEN(syscall(SYS_bpf, BPF_OBJ_PIN, NULL, 0));
	FORBIDDEN(syscall(SYS_bpf, BPF_OBJ_GET, NULL, 0));
	FORBIDDEN(syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, NULL, 0));
	FORBIDDEN(syscall(SYS_bpf, 1ull << 32 | BPF_LINK_CREATE, NULL, 0));
}

static void inspects(void)
{
	CHECK(confine(LOADER_INSPECT) == 0);
	is_forbidden_to_all();
	FORBIDDEN(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_CLOEXEC, 0));
	FORBIDDEN(syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0));
	/* more than its address space */
	CHECK(mmap(NULL, 1u << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	      errno == ENOMEM);
	free(malloc(1 << 20));
}

static void loads(void)
{
	bool landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
	bool btf = access(BTF, R_OK) == 0;
	int directory;

	CHECK(confine(LOADER_LOAD) == 0);
	is_forbidden_to_all();
	directory = (int)syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_CLOEXEC, 0);
	CHECK(landlock ? directory < 0 && errno == EACCES : directory >= 0);
	CHECK(!btf || syscall(SYS_openat, AT_FDCWD, BTF, O_RDONLY | O_CLOEXEC, 0) >= 0);
	/* as the user nobody */
	CHECK(syscall(SYS_openat, AT_FDCWD, "/etc/shadow", O_RDONLY | O_CLOEXEC, 0) < 0 &&
	      errno == EACCES);
	/* not for the filter: the kernel reads the attributes and finds them wrong */
	CHECK(syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 4096 * 4) < 0 && errno != EPERM);
}

static void checks_identity(enum loader_task task, uint64_t expected)
{
	FILE *file = fopen("/proc/self/status", "re"); /* afterwards it cannot be opened */
	bool found = false;
	char line[256];

	CHECK(file);
	setvbuf(file, NULL, _IONBF, 0);
	CHECK(confine(task) == 0);
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "Uid:", 4) == 0)
			CHECK(strstr(line, "65534\t65534\t65534\t65534"));
		if (strncmp(line, "Groups:", 7) == 0)
			CHECK(strspn(line + 7, "\t \n") == strlen(line + 7));
		if (strncmp(line, "CapInh:", 7) == 0 || strncmp(line, "CapAmb:", 7) == 0)
			CHECK(strtoull(line + 7, NULL, 16) == 0);
		if (strncmp(line, "CapPrm:", 7) == 0 || strncmp(line, "CapEff:", 7) == 0) {
			CHECK(strtoull(line + 7, NULL, 16) == expected);
			found = true;
		}
		if (strncmp(line, "NoNewPrivs:", 11) == 0)
			CHECK(strtoull(line + 11, NULL, 10) == 1);
	}
	CHECK(found);
}

static void inspects_without_privilege(void)
{
	checks_identity(LOADER_INSPECT, 0);
}

static void loads_with_two_capabilities(void)
{
	checks_identity(LOADER_LOAD, 1ull << CAP_BPF | 1ull << CAP_PERFMON);
}

static void in_child(void (*what)(void))
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	messages[0] = '\0';
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("status %#x: %s", (unsigned int)status, messages);
}

static void test_inspect(void **state)
{
	in_child(inspects);
	in_child(inspects_without_privilege);
}

static void test_load(void **state)
{
	in_child(loads);
	in_child(loads_with_two_capabilities);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inspect),
		cmocka_unit_test(test_load),
	};

	messages = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (messages == MAP_FAILED)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
