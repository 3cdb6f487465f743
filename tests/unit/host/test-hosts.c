/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real host port with real processes, well-behaved and hostile. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

#define READY	"ready(5)"
#define KILLED	"exited(2,9)" /* CLD_KILLED, SIGKILL */
#define EXITED0 "exited(1,0)"

static void test_life(void **state)
{
	struct fixture *f = *state;
	const struct hosts_ops *ops = f->hosts->ops;
	struct host *host = fixture_start(f, "good");

	assert_true(ops->pid(host) > 0);
	assert_true(ops->pidfd(host) >= 0);
	assert_string_equal(f->diary, ""); /* no callback within start */
	fixture_expect(f, READY);
	assert_int_equal(ops->command(host, CONTROL_START), 0);
	assert_string_equal(f->diary, READY);
	fixture_expect(f, READY " running");
	assert_int_equal(ops->command(host, CONTROL_PAUSE), 0);
	fixture_expect(f, READY " running paused");
	assert_int_equal(ops->command(host, CONTROL_RESUME), 0);
	fixture_expect(f, READY " running paused running");
	assert_true(fixture_has_socket(f, "good"));
	assert_int_equal(ops->command(host, CONTROL_END), 0);
	fixture_expect(f, READY " running paused running " EXITED0);
	assert_true(fixture_has_socket(f, "good"));
	assert_int_equal(ops->command(host, CONTROL_START), -EPIPE);
	ops->kill(host); /* has no effect on an exited host */
	ops->host_free(host);
	assert_false(fixture_has_socket(f, "good"));
}

static void test_suspended(void **state)
{
	struct fixture *f = *state;
	const struct hosts_ops *ops = f->hosts->ops;
	struct host *host = fixture_start(f, "good");
	siginfo_t stopped;

	fixture_expect(f, READY);
	assert_false(ops->suspended(host));
	assert_int_equal(kill(ops->pid(host), SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, ops->pid(host), &stopped, WSTOPPED | WNOWAIT), 0);
	assert_true(ops->suspended(host));
	assert_int_equal(kill(ops->pid(host), SIGCONT), 0);
	assert_false(ops->suspended(host));
	assert_int_equal(ops->command(host, CONTROL_END), 0);
	fixture_expect(f, READY " " EXITED0);
	assert_false(ops->suspended(host));
	ops->host_free(host);
}

static void test_returned(void **state)
{
	struct fixture *f = *state;
	struct host *host = fixture_start(f, "good-ends");

	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect(f, READY " running returned(-22)");
	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect(f, READY " running returned(-22) running returned(-22)");
	f->hosts->ops->kill(host);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
}

/* The pause flag ended the loop before the host had read the PAUSE. */
static void test_return_crosses_pause(void **state)
{
	struct fixture *f = *state;
	struct host *host = fixture_start(f, "good-crosses");

	f->hosts->ops->command(host, CONTROL_START);
	fixture_expect(f, READY " running");
	f->hosts->ops->command(host, CONTROL_PAUSE);
	fixture_expect(f, READY " running paused");
	f->hosts->ops->command(host, CONTROL_END);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
}

static void test_inheritance_and_setup(void **state)
{
	struct fixture *f = *state;
	const gid_t groups[] = {1001, 1002};
	struct host_setup setup = fixture_setup("checks-setup");
	struct host *first, *second;
	sigset_t mask, old;
	int lease[2], file[2];

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_BLOCK, &mask, &old);
	signal(SIGPIPE, SIG_IGN);
	setenv("SECRET", "1", 1);
	first = fixture_start(f, "inherits");
	unsetenv("SECRET");
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	fixture_expect(f, READY);
	f->hosts->ops->command(first, CONTROL_END);
	fixture_expect(f, READY " " EXITED0);
	f->hosts->ops->host_free(first);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lease), 0);
	assert_int_equal(pipe2(file, 0), 0);
	assert_int_equal(write(file[1], "f", 1), 1);
	setup.groups = groups;
	setup.n_groups = 2;
	setup.lease_fd = lease[0];
	setup.n_slots = 3;
	setup.files[1] = file[0];
	assert_int_equal(f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &second), 0);
	for (size_t i = 0; i < 2; i++)
		close(file[i]);
	close(lease[0]);
	fixture_expect(f, READY " " EXITED0 " " EXITED0);
	close(lease[1]);
	f->hosts->ops->host_free(second);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	struct host *host = fixture_start(f, "refuses");

	fixture_wait_exits(f, 1);
	assert_memory_equal(f->diary, "refused(registering the param region,12) exited(", 48);
	f->hosts->ops->host_free(host);
}

/* Each of these is killed, and nothing more is read from it. */
static void test_protocol_violations(void **state)
{
	static const struct {
		const char *name;
		const char *diary;
	} cases[] = {
		{"cut", KILLED},
		{"huge", KILLED},
		{"liar", KILLED},
		{"sends-files", KILLED},
		{"negative-ring", KILLED},
		{"state-unasked", KILLED},
		{"unknown", KILLED},
		{"runs-before-ready", KILLED},
		{"hangs-up", KILLED},
		{"ready-twice", READY " " KILLED},
		{"runs-unasked", READY " " KILLED},
		{"returns-unasked", READY " " KILLED},
		{"late-refusal", READY " " KILLED},
		{"pauses-unasked", READY " running " KILLED},
		{"impossible-result", READY " running " KILLED},
		{"dies", READY " exited(1,6)"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host *host = fixture_start(f, cases[i].name);

		if (strstr(cases[i].diary, "running")) {
			fixture_expect(f, READY);
			f->hosts->ops->command(host, CONTROL_START);
		}
		fixture_expect(f, cases[i].diary);
		assert_int_equal(f->hosts->ops->command(host, CONTROL_START), -EPIPE);
		f->hosts->ops->host_free(host);
		f->diary[0] = '\0';
	}
}

static void test_kill(void **state)
{
	struct fixture *f = *state;
	struct host *stopped = fixture_start(f, "good-1"), *unresponsive;

	kill(f->hosts->ops->pid(stopped), SIGSTOP);
	f->hosts->ops->kill(stopped);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(stopped);
	unresponsive = fixture_start(f, "unresponsive");
	f->hosts->ops->command(unresponsive, CONTROL_END);
	f->hosts->ops->kill(unresponsive);
	f->hosts->ops->kill(unresponsive);
	fixture_wait_exits(f, 2);
	f->hosts->ops->host_free(unresponsive);
}

static void test_several(void **state)
{
	struct fixture *f = *state;
	struct host *hosts[8];
	char name[16];

	for (size_t i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "good-%zu", i);
		hosts[i] = fixture_start(f, name);
	}
	for (size_t i = 0; i < 8; i++)
		f->hosts->ops->command(hosts[i], CONTROL_END);
	fixture_wait_exits(f, 8);
	for (size_t i = 0; i < 8; i++)
		f->hosts->ops->host_free(hosts[i]);
}

static void test_free_in_callback(void **state)
{
	struct fixture *f = *state;
	struct host *host = fixture_start(f, "good");
	int pidfd = dup(f->hosts->ops->pidfd(host));
	siginfo_t info;

	f->free_in_callback = host;
	fixture_expect(f, READY);
	fixture_poll(f);
	assert_string_equal(f->diary, READY);
	/* The host was released, not ended: the next daemon's port finds it. */
	assert_int_equal(fixture_end_orphans(f), 0);
	assert_int_equal(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
	assert_int_equal(info.si_code, CLD_EXITED);
	close(pidfd);
	fixture_poll(f);
	assert_string_equal(f->diary, READY);
}

static void test_cannot_start(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {
		"", ".hidden", "a/b", "..",
		"a-name-of-sixty-four-characters-which-is-one-more-than-"
		"there-is-r"};
	struct host_setup setup = fixture_setup("good");
	struct host *host = fixture_start(f, "good"), *none = NULL;
	struct hosts *other;
	char path[128];

	assert_int_equal(f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &none),
			 -EEXIST);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setup.name = names[i];
		assert_int_equal(
			f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &none),
			-EINVAL);
	}
	setup.name = "other";
	setup.n_groups = CONTROL_GROUPS_MAX + 1;
	assert_int_equal(f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &none),
			 -E2BIG);
	assert_int_equal(f->hosts->ops->command(host, CONTROL_SETUP), -EINVAL);
	assert_int_equal(f->hosts->ops->command(host, CONTROL_READY), -EINVAL);
	f->hosts->ops->kill(host);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
	f->hosts->ops->host_free(NULL);

	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	assert_int_equal(hosts_linux_new(f->loop, "/nonexistent/iouring-host", path, &other), 0);
	setup = fixture_setup("good");
	assert_int_equal(other->ops->start(other, &setup, &fixture_callbacks, f, &none), -ENOENT);
	assert_false(fixture_has_socket(f, "good"));
	other->ops->free(other);
	assert_null(none);
}

static void test_directory(void **state)
{
	struct fixture *f = *state;
	struct hosts *other;
	struct stat st;
	char path[128];

	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* permissions for others are removed */
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(hosts_linux_new(f->loop, "x", path, &other), 0);
	other->ops->free(other);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(hosts_linux_new(f->loop, "x", "/dev/null/hosts", &other), -ENOTDIR);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(hosts_linux_new(f->loop, "x", path, &other), -EPERM);
	assert_int_equal(chown(path, 0, 0), 0);
}

/* Its socket gets another name, and the first one is free. */
static void test_rename(void **state)
{
	struct fixture *f = *state;
	const struct hosts_ops *ops = f->hosts->ops;
	struct host *first = fixture_start(f, "good"), *second;

	fixture_expect(f, READY);
	assert_int_equal(ops->rename(f->hosts, "good", "good-ending-1"), 0);
	assert_false(fixture_has_socket(f, "good"));
	assert_true(fixture_has_socket(f, "good-ending-1"));
	assert_int_equal(ops->rename(f->hosts, "good", "good-ending-2"), -ENOENT);
	second = fixture_start(f, "good");
	fixture_expect(f, READY " " READY);
	assert_int_equal(ops->rename(f->hosts, "good", "good-ending-1"), -EEXIST);
	assert_int_equal(ops->rename(f->hosts, "good", "../good"), -EINVAL);
	ops->kill(first);
	fixture_wait_exits(f, 1);
	ops->host_free(first);
	assert_false(fixture_has_socket(f, "good-ending-1"));
	assert_true(fixture_has_socket(f, "good"));
	ops->kill(second);
	fixture_wait_exits(f, 2);
	ops->host_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_life, fixture_new_default, fixture_free),
		cmocka_unit_test_setup_teardown(test_suspended, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_returned, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_return_crosses_pause, fixture_new,
						fixture_free),
		cmocka_unit_test_setup_teardown(test_inheritance_and_setup, fixture_new,
						fixture_free),
		cmocka_unit_test_setup_teardown(test_refused, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_protocol_violations, fixture_new,
						fixture_free),
		cmocka_unit_test_setup_teardown(test_kill, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_kill, fixture_new_default, fixture_free),
		cmocka_unit_test_setup_teardown(test_several, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_free_in_callback, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_cannot_start, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_rename, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_directory, fixture_new, fixture_free),
	};

	/* hosts must not inherit the test runner's descriptors */
	for (int fd = CONTROL_LISTEN_FD; fd < 256; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	fixture_setup("warm"); /* opens its descriptors before they are counted */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("host port", tests, NULL, NULL);
}
