/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real iouring-host: who it is, what its client can do to it, and what ends it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../unit/host/fixture.h"
#include "host/control-socket.h"
#include "host/message.h"

#define CLIENT 1000

static struct host *start(struct fixture *f, const struct host_setup *setup)
{
	struct host *host = NULL;

	assert_int_equal(f->hosts->ops->start(f->hosts, setup, &fixture_callbacks, f, &host), 0);
	return host;
}

static struct host *start_ready(struct fixture *f, const char *name)
{
	struct host_setup setup = fixture_setup(name);
	struct host *host = start(f, &setup);

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

/* ---- who it is ---- */

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
		fail_msg("there is no line '%s' in:\n%s", line, text);
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
	host = start(f, &setup);
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
	/* listener, connection, ring, notification: not the region, not the files */
	assert_int_equal(count_entries(pid, "fd"), 4);
	read_proc(pid, "environ", text, sizeof(text));
	assert_string_equal(text, "");
	read_proc(pid, "comm", text, sizeof(text));
	assert_string_equal(text, "iouring-host\n");
	read_proc(pid, "cmdline", text, sizeof(text));
	assert_string_equal(text, "iouring-host");
	assert_string_equal(text + strlen(text) + 1, "identity");
	/* its /proc is root's */
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
	host = start(f, &setup);
	fixture_expect_start(f, "ready(");
	read_proc(f->hosts->ops->pid(host), "status", text, sizeof(text));
	assert_confined(text);
	assert_line(text, "CapBnd:\t0000000000000000");
	assert_line(text, "Uid:\t0\t0\t0\t0");
	end(f, host);
}

/* ---- what its client can do to it ---- */

static void pry(pid_t pid)
{
	static const char *const closed[] = {"mem", "fd", "fdinfo", "environ", "maps", "auxv",
					     "cwd", "root", "exe", "ns/net", "stack", "io"};
	char path[64], bytes[16];
	struct iovec local = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct iovec remote = {.iov_base = (void *)CONTROL_REGION_ADDRESS, .iov_len = sizeof(bytes)};
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
		/* some may be opened and refuse what matters then */
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && read(fd, bytes, 1) > 0)
			_exit(10 + (int)i);
	}
	/* it is its own process, to stop and to end */
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

static void signal_as_client(pid_t pid, int number)
{
	pid_t child = fork();

	if (child == 0)
		_exit(setresuid(CLIENT, CLIENT, CLIENT) < 0 || kill(pid, number) < 0);
	assert_int_equal(fixture_reap(child), 0);
}

static void test_client_can_kill(void **state)
{
	struct fixture *f = *state;
	struct host *host = start_ready(f, "killed");

	signal_as_client(f->hosts->ops->pid(host), SIGKILL);
	fixture_wait_exits(f, 1);
	assert_non_null(strstr(f->diary, "exited(2,9)"));
	f->hosts->ops->host_free(host);
}

static void test_stopped(void **state)
{
	struct fixture *f = *state;
	struct host *host = start_ready(f, "stopped");
	pid_t pid = f->hosts->ops->pid(host);

	/* and continued: it goes on as before */
	signal_as_client(pid, SIGSTOP);
	signal_as_client(pid, SIGCONT);
	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect_end(f, " running");
	signal_as_client(pid, SIGSTOP);
	signal_as_client(pid, SIGCONT);
	fixture_poll(f);
	assert_null(strstr(f->diary, "returned"));
	signal_as_client(pid, SIGSTOP);
	f->hosts->ops->kill(host);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
}

/* ---- orders; without a dispatcher the loop is a wait for a completion that never comes ---- */

/* There is no pause flag here to catch a signal that came too early: the order is repeated. */
static void pause_ring(struct fixture *f, struct host *host)
{
	while (!strstr(f->diary, "paused")) {
		assert_int_equal(f->hosts->ops->command(host, CONTROL_PAUSE), 0);
		poll(NULL, 0, 5);
		fixture_poll(f);
	}
}

static void test_pause_and_resume(void **state)
{
	struct fixture *f = *state;
	struct host *host = start_ready(f, "paused");

	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect_end(f, " running");
	for (int i = 0; i < 50; i++)
		signal_as_client(f->hosts->ops->pid(host), SIGUSR1);
	fixture_poll(f);
	fixture_expect_end(f, " running");
	for (int i = 0; i < 3; i++) {
		pause_ring(f, host);
		f->diary[0] = '\0';
		f->hosts->ops->command(host, CONTROL_RESUME);
		fixture_expect(f, "running");
	}
	end(f, host);
}

/* All at once: each waits for the one before. */
static void test_hasty_orders(void **state)
{
	struct fixture *f = *state;
	struct host *host = start_ready(f, "hasty");
	const struct hosts_ops *ops = f->hosts->ops;

	f->diary[0] = '\0';
	assert_int_equal(ops->command(host, CONTROL_RESUME), 0);
	assert_int_equal(ops->command(host, CONTROL_START), 0);
	fixture_expect(f, "running");
	pause_ring(f, host);
	fixture_expect(f, "running paused");
	assert_int_equal(ops->command(host, CONTROL_PAUSE), 0);
	assert_int_equal(ops->command(host, CONTROL_START), 0);
	fixture_expect(f, "running paused running");
	end(f, host);
}

/* ---- what ends it, and what does not ---- */

static void test_lease(void **state)
{
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("leased");
	struct host *host;
	int lease[2], copy;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lease), 0);
	setup.lease_fd = lease[0];
	host = start(f, &setup);
	close(lease[0]);
	fixture_expect_start(f, "ready(");
	copy = dup(lease[1]);
	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect_end(f, " running");
	/* neither what is written to it nor one holder's end */
	assert_int_equal(write(lease[1], "hello", 5), 5);
	close(lease[1]);
	poll(NULL, 0, 20);
	fixture_poll(f);
	assert_int_equal(f->exits, 0);
	close(copy);
	fixture_wait_exits(f, 1);
	fixture_expect_end(f, " exited(1,0)");
	f->hosts->ops->host_free(host);
}

/* The lease is gone before the host has seen it. */
static void test_lease_gone_early(void **state)
{
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("late");
	struct host *host;
	int lease[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lease), 0);
	setup.lease_fd = lease[0];
	host = start(f, &setup);
	close(lease[0]);
	close(lease[1]);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
}

static int connect_again(struct fixture *f, const char *name)
{
	char path[128];
	int directory, fd;

	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(directory >= 0);
	assert_int_equal(control_socket_connect(directory, name, &fd), 0);
	close(directory);
	return fd;
}

static void tell(int fd, enum control_type type)
{
	const struct control_head head = control_command(type);

	assert_int_equal(control_send(fd, &head, sizeof(head), NULL, 0), 0);
}

/* The next event, or its absence: 0 if the connection has ended. */
static int next_event(int fd, struct control_event *ret)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	char message[CONTROL_MESSAGE_MAX];
	ssize_t n;

	assert_int_equal(poll(&readable, 1, 10000), 1);
	n = control_receive(fd, message, sizeof(message), NULL, 0, NULL);
	if (n <= 0)
		return 0;
	assert_int_equal(control_event_read(message, (size_t)n, ret), 0);
	return ret->head.type;
}

static void test_daemon_goes_and_comes(void **state)
{
	struct fixture *f = *state;
	struct host *host = start_ready(f, "orphan");
	pid_t pid = f->hosts->ops->pid(host);
	struct control_event event;
	int first, second;

	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect_end(f, " running");
	f->hosts->ops->host_free(host); /* as at the daemon's end: the connection is closed */

	first = connect_again(f, "orphan");
	tell(first, CONTROL_QUERY);
	assert_int_equal(next_event(first, &event), CONTROL_STATE);
	assert_int_equal(event.state, CONTROL_RUNNING);
	assert_true(event.ring_fd >= 0);

	/* the newest wins; what it hears is the same ring's */
	second = connect_again(f, "orphan");
	tell(second, CONTROL_QUERY);
	assert_int_equal(next_event(second, &event), CONTROL_STATE);
	assert_int_equal(next_event(first, &event), 0);
	do {
		tell(second, CONTROL_PAUSE);
		tell(second, CONTROL_QUERY);
		assert_true(next_event(second, &event) > 0);
	} while (event.head.type != CONTROL_PAUSED);
	assert_int_equal(event.result, -EINTR);
	close(first);
	close(second);

	assert_int_equal(f->hosts->ops->leftovers_end(f->hosts), 0);
	assert_int_equal(fixture_reap(pid), 0);
}

/* The kernel names the one who listens, also if that is stopped and says nothing. */
static void test_stopped_orphan(void **state)
{
	struct fixture *f = *state;
	struct host *host = start_ready(f, "sleeper");
	pid_t pid = f->hosts->ops->pid(host);
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd = connect_again(f, "sleeper");

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
	assert_int_equal(peer.pid, pid);
	close(fd);
	f->hosts->ops->host_free(host);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(f->hosts->ops->leftovers_end(f->hosts), 0);
	assert_int_equal(fixture_reap(pid), SIGKILL);
	assert_false(fixture_has_socket(f, "sleeper"));
}

/* Whoever gets past the directory is still not root. */
static void test_only_root_commands(void **state)
{
	struct fixture *f = *state;
	struct host *host = start_ready(f, "guarded");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[128];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	assert_int_equal(chmod(f->directory, 0755), 0);
	assert_int_equal(chmod(path, 0755), 0);
	assert_true(snprintf(address.sun_path, sizeof(address.sun_path), "%.64s/a/hosts/guarded.socket",
			     f->directory) > 0);
	assert_int_equal(chmod(address.sun_path, 0777), 0);
	pid = fork();
	if (pid == 0) {
		const struct control_head head = control_command(CONTROL_END);
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		char byte;

		if (setresuid(CLIENT, CLIENT, CLIENT) < 0 ||
		    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			_exit(1);
		send(fd, &head, sizeof(head), MSG_NOSIGNAL);
		_exit(recv(fd, &byte, 1, 0) <= 0 ? 0 : 2);
	}
	assert_int_equal(fixture_reap(pid), 0);
	/* it obeys its daemon as before */
	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect_end(f, " running");
	end(f, host);
}

/* ---- what cannot be ---- */

static void expect_refusal(struct fixture *f, const struct host_setup *setup,
			   enum control_stage stage, int error)
{
	struct host *host = start(f, setup);
	char said[128];

	f->exits = 0;
	fixture_wait_exits(f, 1);
	snprintf(said, sizeof(said), "refused(%s,%d) exited(", control_stage_text(stage), error);
	if (strncmp(f->diary, said, strlen(said)) != 0)
		fail_msg("'%s', not '%s'", f->diary, said);
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

	setup.region_size *= 2; /* more than the file has */
	expect_refusal(f, &setup, STAGE_REGION, EINVAL);
	setup = fixture_setup("refused");
	setup.opcodes = unknown_opcode;
	expect_refusal(f, &setup, STAGE_RESTRICTIONS, EINVAL);
	/* a ring cannot even be sent */
	ring_fd = (int)syscall(SYS_io_uring_setup, 1, params);
	assert_true(ring_fd >= 0);
	setup = fixture_setup("refused");
	setup.n_slots = 1;
	setup.files[0] = ring_fd;
	{
		struct host *none = NULL;

		assert_int_equal(f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f,
						      &none), -EINVAL);
	}
	close(ring_fd);
}

/* More than RLIMIT_MEMLOCK lets a user pin: the daemon's quotas decide, not that. */
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
	hosts[0] = start(f, &setup);
	setup.name = "large-2";
	hosts[1] = start(f, &setup);
	close(setup.region_fd);
	fixture_expect_start(f, "ready(");
	while (!strstr(strchr(f->diary, ' ') ? strchr(f->diary, ' ') : "", "ready(") &&
	       f->exits == 0) {
		poll(NULL, 0, 5);
		fixture_poll(f);
	}
	assert_int_equal(f->exits, 0);
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
		TEST(test_identity),
		TEST(test_root_client),
		TEST(test_client_cannot_look_in),
		TEST(test_client_can_kill),
		TEST(test_stopped),
		TEST(test_pause_and_resume),
		TEST(test_hasty_orders),
		TEST(test_lease),
		TEST(test_lease_gone_early),
		TEST(test_daemon_goes_and_comes),
		TEST(test_stopped_orphan),
		TEST(test_only_root_commands),
		TEST(test_refusals),
		TEST(test_large_regions),
	};
#undef TEST

	setenv("HOST_PROGRAM", IOURING_HOST, 0);
	fixture_setup("warm");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("iouring-host", tests, NULL, NULL);
}
