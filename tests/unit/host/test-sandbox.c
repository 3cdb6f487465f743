/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identity and system call filter of a host, tested in children. Requires root. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "iourd/abi.h"
#include "iouring-host/identity.h"
#include "iouring-host/reach.h"
#include "iouring-host/syscall-filter.h"

/* Ends the child and prints the check that failed. */
#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			dprintf(STDERR_FILENO, "# line %d: failed: %s\n", __LINE__, #what);        \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* Runs @what in a child. Returns its status, as from waitpid(). */
static int in_child(void (*what)(void))
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The number on the line @key of /proc/self/status. */
static uint64_t status_number(const char *key, int base)
{
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");

	CHECK(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0) {
			fclose(file);
			return strtoull(line + strlen(key), NULL, base);
		}
	CHECK(!"the line exists");
	return 0;
}

static void check_no_privilege(void)
{
	CHECK(status_number("CapInh:", 16) == 0);
	CHECK(status_number("CapPrm:", 16) == 0);
	CHECK(status_number("CapEff:", 16) == 0);
	CHECK(status_number("CapAmb:", 16) == 0);
	CHECK(status_number("NoNewPrivs:", 10) == 1);
	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

static void drop_to_user(void)
{
	const uint32_t groups[] = {2001, 2002};
	gid_t have[8];
	uid_t r, e, s;

	CHECK(identity_drop(1234, 1235, groups, 2) == 0);
	CHECK(getresuid(&r, &e, &s) == 0 && r == 1234 && e == 1234 && s == 1234);
	CHECK(getresgid(&r, &e, &s) == 0 && r == 1235 && e == 1235 && s == 1235);
	CHECK(getgroups(8, have) == 2 && have[0] == 2001 && have[1] == 2002);
	/* root owns /proc/self now, so only system calls can tell */
	CHECK(setresuid(-1, 0, -1) < 0 && errno == EPERM);
	CHECK(setresgid(-1, 0, -1) < 0 && errno == EPERM);
	CHECK(setgroups(0, NULL) < 0 && errno == EPERM);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	CHECK(open("/proc/self/mem", O_RDONLY | O_CLOEXEC) < 0);
}

static void drop_as_root(void)
{
	CHECK(identity_drop(0, 0, NULL, 0) == 0);
	CHECK(getgroups(0, NULL) == 0);
	check_no_privilege();
	CHECK(status_number("CapBnd:", 16) == 0);
	/* uid 0 without privileges */
	CHECK(setresuid(1, 1, 1) < 0 && errno == EPERM);
	CHECK(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1) < 0);
	CHECK(kill(getppid(), 0) == 0); /* the same uid */
}

static void drop_with_groups_of_root(void)
{
	const gid_t many[] = {1, 2, 3};

	CHECK(setgroups(3, many) == 0);
	CHECK(identity_drop(1234, 1234, NULL, 0) == 0);
	CHECK(getgroups(0, NULL) == 0);
}

static void limits(void)
{
	struct rlimit limit;

	CHECK(identity_set_limits() == 0);
	CHECK(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max <= 32);
	CHECK(getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == limit.rlim_max);
	CHECK(identity_drop(1234, 1234, NULL, 0) == 0);
	CHECK(identity_close_limits() == 0);
	CHECK(getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_max == 0);
	limit.rlim_max = limit.rlim_cur = 4096;
	CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) < 0 && errno == EPERM);
}

static void test_identity(void **state)
{
	assert_int_equal(in_child(drop_to_user), 0);
	assert_int_equal(in_child(drop_as_root), 0);
	assert_int_equal(in_child(drop_with_groups_of_root), 0);
	assert_int_equal(in_child(limits), 0);
}

/* ---- Landlock ---- */

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

static void close_reach(unsigned int opcode)
{
	uint64_t opcodes[IOURD_OPCODES_MAX / 64] = {0};

	opcodes[opcode / 64] = 1ull << opcode % 64;
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(reach_close(opcodes) == 0);
}

/* Root's child, so nothing but Landlock is in the way. */
static void reaches_no_file(void)
{
	int open_before = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char byte;

	close_reach(IORING_OP_NOP);
	CHECK(open_before >= 0 && read(open_before, &byte, 1) == 1);
	CHECK(open("/proc/self/status", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
	CHECK(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 && errno == EACCES);
	CHECK(open("/tmp/x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && errno == EACCES);
	CHECK(mkdir("/tmp/x", 0700) < 0 && errno == EACCES);
	CHECK(execl("/bin/true", "true", NULL) < 0 && errno == EACCES);
	CHECK(mount("none", "/tmp", "tmpfs", 0, NULL) < 0 && errno == EPERM);
}

static void *signal_process(void *arg)
{
	return kill(*(pid_t *)arg, 0) == 0 ? arg : NULL;
}

static void reaches_no_process(void)
{
	pid_t process = getpid();
	pthread_t thread;
	void *done;

	close_reach(IORING_OP_NOP);
	CHECK(kill(getppid(), 0) < 0 && errno == EPERM);
	CHECK(pthread_create(&thread, NULL, signal_process, &process) == 0);
	CHECK(pthread_join(thread, &done) == 0 && done);
}

static int connect_to_abstract(void)
{
	const struct sockaddr_un address = {AF_UNIX, "\0iouringd-test-no-such-socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
}

static int bind_tcp(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
}

static void reaches_no_address(void)
{
	close_reach(IORING_OP_RECVMSG);
	CHECK(bind_tcp() == EACCES);
}

/* A program that may connect works on its client's sockets. */
static void reaches_addresses(void)
{
	close_reach(IORING_OP_CONNECT);
	CHECK(bind_tcp() == 0);
	CHECK(connect_to_abstract() == ECONNREFUSED);
	CHECK(open("/proc/self/status", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
}

static void test_reach(void **state)
{
	if (landlock_version() < 6)
		skip();
	assert_int_equal(in_child(reaches_no_file), 0);
	assert_int_equal(in_child(reaches_no_process), 0);
	assert_int_equal(in_child(reaches_no_address), 0);
	assert_int_equal(in_child(reaches_addresses), 0);
}

/* ---- the filter ---- */

static void enter_filter(void)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(syscall_filter_install() == 0);
}

/* Calls of a host in service. */
static void keeps_working(void)
{
	struct pollfd nothing = {.fd = -1};
	pid_t process = getpid();
	uint32_t word = 0;
	char byte = 1;
	int pair[2];

	CHECK(pipe2(pair, O_CLOEXEC) == 0);
	enter_filter();
	CHECK(poll(&nothing, 1, 1) == 0);
	CHECK(write(pair[1], &byte, 1) == 1 && read(pair[0], &byte, 1) == 1);
	CHECK(syscall(SYS_futex, &word, 1 /* wake */, 1, NULL, NULL, 0) == 0);
	CHECK(syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0) < 0 && errno == EBADF);
	CHECK(syscall(SYS_io_uring_register, -1, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0);
	CHECK(syscall(SYS_io_uring_register, -1, IORING_UNREGISTER_RING_FDS, NULL, 0) < 0);
	/* the kernel ignores the upper half of the operation */
	CHECK(syscall(SYS_io_uring_register, -1, 1ull << 32 | IORING_REGISTER_RING_FDS, NULL, 0) <
	      0);
	CHECK(syscall(SYS_tgkill, process, process, 0) == 0);
	CHECK(syscall(SYS_getsockopt, -1, SOL_SOCKET, SO_PEERCRED, NULL, NULL) < 0);
	CHECK(recvmsg(-1, &(struct msghdr){0}, 0) < 0 && sendmsg(-1, &(struct msghdr){0}, 0) < 0);
}

static void *wait_and_ask(void *arg)
{
	char byte;
	ssize_t n = read(*(int *)arg, &byte, 1);

	(void)n;
	syscall(SYS_getppid);
	return NULL;
}

/* The filter also binds a thread that already runs. */
static void other_thread(void)
{
	int pair[2];
	pthread_t thread;

	CHECK(pipe2(pair, O_CLOEXEC) == 0);
	CHECK(pthread_create(&thread, NULL, wait_and_ask, &pair[0]) == 0);
	enter_filter();
	CHECK(write(pair[1], "x", 1) == 1);
	for (;;)
		poll(NULL, 0, 1000);
}

#define FORBIDDEN(name, call)                                                                      \
	static void name(void)                                                                     \
	{                                                                                          \
		enter_filter();                                                                    \
		(void)(call);                                                                      \
	}

FORBIDDEN(asks_parent, syscall(SYS_getppid))
FORBIDDEN(signals, syscall(SYS_kill, 1, 0))
FORBIDDEN(signals_thread, syscall(SYS_tgkill, 1, 1, 0))
FORBIDDEN(signals_placeholder, syscall(SYS_tgkill, FILTER_OWN_PROCESS, 1, 0))
FORBIDDEN(asks_socket, syscall(SYS_getsockopt, -1, SOL_SOCKET, SO_TYPE, NULL, NULL))
FORBIDDEN(opens, syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_CLOEXEC, 0))
FORBIDDEN(connects, syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0))
FORBIDDEN(execs, syscall(SYS_execve, "/bin/true", NULL, NULL))
FORBIDDEN(clones, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0))
FORBIDDEN(maps, syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
FORBIDDEN(traces, syscall(SYS_ptrace, 0, 0, NULL, NULL))
FORBIDDEN(makes_ring, syscall(SYS_io_uring_setup, 1, NULL))
FORBIDDEN(registers_files, syscall(SYS_io_uring_register, -1, IORING_REGISTER_FILES, NULL, 0))
FORBIDDEN(registers_clock, syscall(SYS_io_uring_register, -1, 29, NULL, 0))
FORBIDDEN(hides_files,
	  syscall(SYS_io_uring_register, -1, 1ull << 32 | IORING_REGISTER_FILES, NULL, 0))
FORBIDDEN(gets_limits, syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, NULL))
#ifdef __x86_64__
FORBIDDEN(other_abi, syscall(0x40000000 | SYS_read, -1, NULL, 0))
#endif

static void test_seccomp(void **state)
{
	static const struct {
		const char *name;
		void (*what)(void);
	} forbidden[] = {
#define ENTRY(name) {#name, name}
		ENTRY(asks_parent),	ENTRY(opens),
		ENTRY(connects),	ENTRY(execs),
		ENTRY(clones),		ENTRY(maps),
		ENTRY(traces),		ENTRY(makes_ring),
		ENTRY(registers_files), ENTRY(registers_clock),
		ENTRY(gets_limits),	ENTRY(other_thread),
		ENTRY(hides_files),	ENTRY(signals),
		ENTRY(signals_thread),	ENTRY(signals_placeholder),
		ENTRY(asks_socket),
#ifdef __x86_64__
		ENTRY(other_abi),
#endif
#undef ENTRY
	};

	assert_int_equal(in_child(keeps_working), 0);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		int status = in_child(forbidden[i].what);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: status %#x, not SIGSYS", forbidden[i].name,
				 (unsigned int)status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_seccomp),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
