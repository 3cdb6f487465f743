/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ending the hosts of an earlier daemon. */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "earlier.h"
#include "fixture.h"
#include "host/control-socket.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void assert_ended(pid_t pid, int code, int status)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), 0);
	assert_int_equal(info.si_pid, pid);
	assert_int_equal(info.si_code, code);
	assert_int_equal(info.si_status, status);
}

static void test_none(void **state)
{
	struct fixture *f = *state;
	double start = now();

	assert_int_equal(fixture_end_orphans(f), 0);
	assert_true(now() - start < 0.5);
}

static void test_good_ones(void **state)
{
	static const char *const names[] = {"good-1", "good-2", "good-3"};
	struct fixture *f = *state;
	pid_t pids[3];

	earlier_daemon(f, names, 3, pids);
	assert_int_equal(fixture_end_orphans(f), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_ended(pids[i], CLD_EXITED, 0);
		assert_false(fixture_has_socket(f, names[i]));
	}
}

/* One ignores its daemon, one is stopped by its client. */
static void test_stubborn_ones(void **state)
{
	static const char *const names[] = {"unresponsive", "good-stopped", "good"};
	struct fixture *f = *state;
	pid_t pids[3];
	double start;

	earlier_daemon(f, names, 3, pids);
	assert_int_equal(kill(pids[1], SIGSTOP), 0);
	start = now();
	assert_int_equal(fixture_end_orphans(f), 0);
	assert_true(now() - start < 2.5);
	assert_ended(pids[0], CLD_KILLED, SIGKILL);
	assert_ended(pids[1], CLD_KILLED, SIGKILL);
	assert_ended(pids[2], CLD_EXITED, 0);
}

static void test_only_files(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int directory, listener, fd;

	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	assert_int_equal(control_directory_open(path, &directory), 0);
	/* left by a daemon that was killed before it had a host */
	assert_int_equal(control_socket_listen(directory, "dead", CONTROL_SOCKET_SUFFIX, &listener),
			 0);
	assert_int_equal(control_socket_listen(directory, "dead", CONTROL_SOCKET_SUFFIX, &fd),
			 -EEXIST);
	close(listener);
	fd = openat(directory, "notes.txt", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fixture_end_orphans(f), 0);
	assert_false(fixture_has_socket(f, "dead"));
	/* other files stay */
	assert_int_equal(unlinkat(directory, "notes.txt", 0), 0);
	close(directory);
}

/* A listener that never accepts: the wait is bounded, and the result reports it. */
static void test_never_ends(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int directory, listener;
	double start = now();

	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	assert_int_equal(control_directory_open(path, &directory), 0);
	assert_int_equal(
		control_socket_listen(directory, "stuck", CONTROL_SOCKET_SUFFIX, &listener), 0);
	assert_int_equal(fixture_end_orphans(f), -ETIMEDOUT);
	assert_true(now() - start < 3);
	assert_true(fixture_has_socket(f, "stuck"));
	control_socket_remove(directory, "stuck", CONTROL_SOCKET_SUFFIX);
	close(listener);
	close(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_none, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_good_ones, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_stubborn_ones, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_only_files, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_never_ends, fixture_new, fixture_free),
	};

	fixture_setup("warm"); /* opens its descriptors before they are counted */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ending orphaned hosts", tests, NULL, NULL);
}
