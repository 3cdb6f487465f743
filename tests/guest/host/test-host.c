/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real iouring-host: commands, signals, leases, and daemons that come and go. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../unit/host/fixture.h"
#include "host/control-socket.h"
#include "host/message.h"

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

	/* a host that is stopped and continued works as before */
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

/* ---- commands; without a dispatcher the loop waits for a completion that never comes ---- */

/* Repeats the command, because no pause flag makes up for a signal that comes too early. */
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

/* Each command waits for the one before. */
static void test_hasty_commands(void **state)
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

/* ---- leases and daemons ---- */

static void test_lease(void **state)
{
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("leased");
	struct host *host;
	int lease[2], copy;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lease), 0);
	setup.lease_fd = lease[0];
	host = fixture_start_setup(f, &setup);
	close(lease[0]);
	fixture_expect_start(f, "ready(");
	copy = dup(lease[1]);
	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect_end(f, " running");
	/* data, or the exit of one of several holders, does not end the host */
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

/* The lease ends before the host has received it. */
static void test_lease_gone_early(void **state)
{
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("late");
	struct host *host;
	int lease[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lease), 0);
	setup.lease_fd = lease[0];
	host = fixture_start_setup(f, &setup);
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
	assert_int_equal(control_socket_connect(directory, name, CONTROL_SOCKET_SUFFIX, &fd), 0);
	close(directory);
	return fd;
}

static void send_command(int fd, enum control_type type)
{
	const struct control_head head = control_command(type);

	assert_int_equal(control_send(fd, &head, sizeof(head), NULL, 0), 0);
}

/* The type of the next event; 0: the connection has ended. */
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
	f->hosts->ops->host_free(host); /* closes the connection, as a daemon's exit does */

	first = connect_again(f, "orphan");
	send_command(first, CONTROL_QUERY);
	assert_int_equal(next_event(first, &event), CONTROL_STATE);
	assert_int_equal(event.state, CONTROL_RUNNING);
	assert_true(event.ring_fd >= 0);

	/* the newest connection wins, and serves the same ring */
	second = connect_again(f, "orphan");
	send_command(second, CONTROL_QUERY);
	assert_int_equal(next_event(second, &event), CONTROL_STATE);
	assert_int_equal(next_event(first, &event), 0);
	do {
		send_command(second, CONTROL_PAUSE);
		send_command(second, CONTROL_QUERY);
		assert_true(next_event(second, &event) > 0);
	} while (event.head.type != CONTROL_PAUSED);
	assert_int_equal(event.result, -EINTR);
	close(first);
	close(second);

	assert_int_equal(fixture_end_orphans(f), 0);
	assert_int_equal(fixture_reap(pid), 0);
}

/* The kernel identifies the listener even while it is stopped. */
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
	assert_int_equal(peer.uid, CLIENT);
	close(fd);
	f->hosts->ops->host_free(host);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(fixture_end_orphans(f), 0);
	assert_int_equal(fixture_reap(pid), SIGKILL);
	assert_false(fixture_has_socket(f, "sleeper"));
}

/* A user who can open the socket is still not root. */
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
	assert_true(snprintf(address.sun_path, sizeof(address.sun_path),
			     "%.64s/a/hosts/guarded.socket", f->directory) > 0);
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
	/* it follows its daemon's commands as before */
	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect_end(f, " running");
	end(f, host);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
	const struct CMUnitTest tests[] = {
		TEST(test_client_can_kill),
		TEST(test_stopped),
		TEST(test_pause_and_resume),
		TEST(test_hasty_commands),
		TEST(test_lease),
		TEST(test_lease_gone_early),
		TEST(test_daemon_goes_and_comes),
		TEST(test_stopped_orphan),
		TEST(test_only_root_commands),
	};
#undef TEST

	setenv("HOST_PROGRAM", IOURING_HOST, 0);
	fixture_setup("warm");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("iouring-host", tests, NULL, NULL);
}
