/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real iouring-host: its identity, its client's access to it, and refused setups. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <liburing.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../unit/host/fixture.h"
#include "common/loop-ring.h"

#define CLIENT 1000

static struct host *start_ready(struct fixture *f, const char *name)
{
	struct host *host = fixture_start(f, name);

	fixture_expect_start(f, "ready(");
	return host;
}

static void end(struct fixture *f, struct host *host)
{
	f->hosts->ops->command(host, CONTROL_END);
	fixture_wait_exits(f, 1);
	assert_non_null(strstr(f->diary, "exited(1,0)"));
	f->hosts->ops->host_free(host);
}

static void read_proc(pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];
	FILE *stream;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	stream = fopen(path, "re");
	assert_non_null(stream);
	n = fread(text, 1, size - 1, stream);
	text[n] = '\0';
	fclose(stream);
}

static void assert_line(const char *text, const char *line)
{
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	if (!strstr(text, wanted))
		fail_msg("line '%s' is missing in:\n%s", line, text);
}

static size_t count_entries(pid_t pid, const char *directory)
{
	char path[64];
	struct dirent *entry;
	size_t n = 0;
	DIR *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, directory);
	stream = opendir(path);
	assert_non_null(stream);
	while ((entry = readdir(stream)))
		n += entry->d_name[0] != '.';
	closedir(stream);
	return n;
}

static void assert_confined(const char *status)
{
	assert_line(status, "CapInh:\t0000000000000000");
	assert_line(status, "CapPrm:\t0000000000000000");
	assert_line(status, "CapEff:\t0000000000000000");
	assert_line(status, "CapAmb:\t0000000000000000");
	assert_line(status, "NoNewPrivs:\t1");
	assert_line(status, "Seccomp:\t2");
}

static void test_identity(void **state)
{
	static const gid_t groups[] = {2001, 2002};
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("identity");
	char text[4096], path[64];
	struct dirent *entry;
	struct host *host;
	struct stat st;
	DIR *threads;
	pid_t pid;

	setup.gid = 1007;
	setup.groups = groups;
	setup.n_groups = 2;
	host = fixture_start_setup(f, &setup);
	fixture_expect_start(f, "ready(");
	pid = f->hosts->ops->pid(host);

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	assert_non_null(threads);
	while ((entry = readdir(threads))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "task/%.16s/status", entry->d_name);
		read_proc(pid, path, text, sizeof(text));
		assert_confined(text);
		assert_line(text, "Uid:\t1000\t1000\t1000\t1000");
		assert_line(text, "Gid:\t1007\t1007\t1007\t1007");
		assert_line(text, "Groups:\t2001 2002 ");
	}
	closedir(threads);
	assert_int_equal(count_entries(pid, "task"), 2);
	/* listener, connection, ring, eventfd, region, but not the files */
	assert_int_equal(count_entries(pid, "fd"), 5);
	read_proc(pid, "environ", text, sizeof(text));
	assert_string_equal(text, "");
	read_proc(pid, "comm", text, sizeof(text));
	assert_string_equal(text, "iouring-host\n");
	read_proc(pid, "cmdline", text, sizeof(text));
	assert_string_equal(text, "iouring-host");
	assert_string_equal(text + strlen(text) + 1, "identity");
	/* root owns its files in /proc */
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 0);
	end(f, host);
}

static void test_root_client(void **state)
{
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("of-root");
	struct host *host;
	char text[4096];

	setup.uid = setup.gid = 0;
	host = fixture_start_setup(f, &setup);
	fixture_expect_start(f, "ready(");
	read_proc(f->hosts->ops->pid(host), "status", text, sizeof(text));
	assert_confined(text);
	assert_line(text, "CapBnd:\t0000000000000000");
	assert_line(text, "Uid:\t0\t0\t0\t0");
	end(f, host);
}

/* ---- the client's access ---- */

static void pry(pid_t pid)
{
	static const char *const closed[] = {"mem", "fd",   "fdinfo", "environ", "maps",  "auxv",
					     "cwd", "root", "exe",    "ns/net",	 "stack", "io"};
	char path[64], bytes[16];
	struct iovec local = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct iovec remote = {.iov_base = (void *)CONTROL_REGION_ADDRESS,
			       .iov_len = sizeof(bytes)};
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (setgroups(0, NULL) < 0 || setresgid(CLIENT, CLIENT, CLIENT) < 0 ||
	    setresuid(CLIENT, CLIENT, CLIENT) < 0)
		_exit(99);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 || errno != EPERM)
		_exit(1);
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0 || errno != EPERM)
		_exit(2);
	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) >= 0 || errno != EPERM)
		_exit(3);
	if (process_vm_writev(pid, &local, 1, &remote, 1, 0) >= 0 || errno != EPERM)
		_exit(4);
	for (int fd = 0; fd < 8; fd++)
		if (syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0 || errno != EPERM)
			_exit(5);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, closed[i]);
		/* some can be opened, but not read */
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && read(fd, bytes, 1) > 0)
			_exit(10 + (int)i);
	}
	/* the client may signal its own process */
	if (kill(pid, 0) < 0)
		_exit(6);
	_exit(0);
}

static void test_client_cannot_look_in(void **state)
{
	struct fixture *f = *state;
	struct host *host = start_ready(f, "private");
	pid_t pid = fork();

	if (pid == 0)
		pry(f->hosts->ops->pid(host));
	assert_int_equal(fixture_reap(pid), 0);
	end(f, host);
}

static void expect_refusal(struct fixture *f, const struct host_setup *setup,
			   enum control_stage stage, int error)
{
	struct host *host = fixture_start_setup(f, setup);
	char expected[128];

	f->exits = 0;
	fixture_wait_exits(f, 1);
	snprintf(expected, sizeof(expected), "refused(%s,%d) exited(", control_stage_text(stage),
		 error);
	if (strncmp(f->diary, expected, strlen(expected)) != 0)
		fail_msg("'%s', not '%s'", f->diary, expected);
	f->diary[0] = '\0';
	f->hosts->ops->host_free(host);
}

static void test_refusals(void **state)
{
	static const uint64_t unknown_opcode[IOURD_OPCODES_MAX / 64] = {1, 1ull << 63};
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("refused");
	int ring_fd;
	char params[256] = {0};

	setup.region_size *= 2; /* larger than the file */
	expect_refusal(f, &setup, STAGE_REGION, EINVAL);
	setup = fixture_setup("refused");
	setup.opcodes = unknown_opcode;
	expect_refusal(f, &setup, STAGE_RESTRICTIONS, EINVAL);
	/* the kernel does not even pass a ring */
	ring_fd = (int)syscall(SYS_io_uring_setup, 1, params);
	assert_true(ring_fd >= 0);
	setup = fixture_setup("refused");
	setup.n_slots = 1;
	setup.files[0] = ring_fd;
	{
		struct host *none = NULL;

		assert_int_equal(
			f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &none),
			-EINVAL);
	}
	close(ring_fd);
}

/*
 * As the client, with 1 MiB of RLIMIT_MEMLOCK: makes a ring, to which it registers half of that.
 * 0, or the errno.
 */
static int use_locked_memory(void)
{
	const struct rlimit limit = {.rlim_cur = 1u << 20, .rlim_max = 1u << 20};
	static char memory[1u << 19];
	const struct iovec buffer = {memory, sizeof(memory)};
	int ring_fd;

	if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(CLIENT, CLIENT, CLIENT) < 0 || setresuid(CLIENT, CLIENT, CLIENT) < 0)
		return errno;
	ring_fd = loop_ring_make(4, 8, NULL);
	if (ring_fd < 0)
		return -ring_fd;
	return -loop_ring_register(ring_fd, IORING_REGISTER_BUFFERS, &buffer, 1);
}

static void assert_client_can_lock_memory(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(use_locked_memory());
	assert_int_equal(fixture_reap(pid), 0);
}

/*
 * Larger than RLIMIT_MEMLOCK allows: the daemon's quotas replace that limit, and all of it stays
 * the client's own.
 */
static void test_large_regions(void **state)
{
	const size_t size = 32u << 20;
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("large-1");
	struct rlimit limit = {.rlim_cur = 8u << 20, .rlim_max = 8u << 20};
	struct host *hosts[2];

	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	setup.region_fd = memfd_create("large", MFD_CLOEXEC);
	assert_int_equal(ftruncate(setup.region_fd, (off_t)size), 0);
	setup.region_size = size;
	setup.data_offset = 4096;
	setup.data_size = size - 4096;
	hosts[0] = fixture_start_setup(f, &setup);
	setup.name = "large-2";
	hosts[1] = fixture_start_setup(f, &setup);
	close(setup.region_fd);
	fixture_expect_start(f, "ready(");
	while (!strstr(strchr(f->diary, ' ') ? strchr(f->diary, ' ') : "", "ready(") &&
	       f->exits == 0) {
		poll(NULL, 0, 5);
		fixture_poll(f);
	}
	assert_int_equal(f->exits, 0);
	assert_client_can_lock_memory();
	for (size_t i = 0; i < 2; i++)
		f->hosts->ops->command(hosts[i], CONTROL_END);
	fixture_wait_exits(f, 2);
	for (size_t i = 0; i < 2; i++)
		f->hosts->ops->host_free(hosts[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
	const struct CMUnitTest tests[] = {
		TEST(test_identity), TEST(test_root_client),   TEST(test_client_cannot_look_in),
		TEST(test_refusals), TEST(test_large_regions),
	};
#undef TEST

	setenv("HOST_PROGRAM", IOURING_HOST, 0);
	fixture_setup("warm");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("identity of iouring-host", tests, NULL, NULL);
}
