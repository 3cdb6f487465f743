/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Taking over the hosts of an earlier daemon. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "earlier.h"
#include "fixture.h"
#include "host/control-socket.h"

static struct host_takeover takeover_of(const char *name)
{
	struct host_takeover takeover = {.name = name, .uid = getuid()};
	struct stat st;

	assert_int_equal(fstat(fixture_setup(name).region_fd, &st), 0);
	takeover.region_device = st.st_dev;
	takeover.region_inode = st.st_ino;
	return takeover;
}

static int take_over(struct fixture *f, const struct host_takeover *takeover, int *ret_region,
		     struct host **ret)
{
	return f->hosts->ops->take_over(f->hosts, takeover, &fixture_callbacks, f, ret_region, ret);
}

/* Takes over host @name and checks its region. */
static struct host *take(struct fixture *f, const char *name)
{
	const struct host_takeover takeover = takeover_of(name);
	struct host *host = NULL;
	struct stat st;
	int region = -1;

	assert_int_equal(take_over(f, &takeover, &region, &host), 0);
	assert_true(region >= 0);
	assert_int_equal(fstat(region, &st), 0);
	assert_true(st.st_ino == takeover.region_inode);
	close(region);
	return host;
}

static size_t find(struct fixture *f, struct host_found **ret)
{
	size_t n;

	assert_int_equal(f->hosts->ops->find(f->hosts, ret, &n), 0);
	return n;
}

static void find_only(struct fixture *f, size_t expected)
{
	struct host_found *found;

	assert_int_equal(find(f, &found), expected);
	free(found);
}

static void end(struct fixture *f, struct host *host, pid_t pid)
{
	unsigned int exits = f->exits;

	f->hosts->ops->command(host, CONTROL_END);
	fixture_wait_exits(f, exits + 1);
	f->hosts->ops->host_free(host);
	fixture_reap(pid);
}

static void test_found(void **state)
{
	static const char *const names[] = {"good-1", "good-runs"};
	struct fixture *f = *state;
	struct host_found *found;
	pid_t pids[2];

	find_only(f, 0);
	earlier_daemon(f, names, 2, pids);
	assert_int_equal(find(f, &found), 2);
	for (size_t i = 0; i < 2; i++) {
		size_t j = strcmp(found[i].name, names[1]) == 0;

		assert_string_equal(found[i].name, names[j]);
		assert_true(found[i].alive);
		assert_int_equal(found[i].uid, getuid());
		assert_int_equal(found[i].pid, pids[j]);
	}
	free(found);
	assert_int_equal(fixture_end_orphans(f), 0);
	for (size_t i = 0; i < 2; i++)
		fixture_reap(pids[i]);
}

/* States, commands and exits work as with the earlier daemon. */
static void test_continues(void **state)
{
	static const char *const names[] = {"good-1", "good-runs"};
	struct fixture *f = *state;
	struct host *idle, *running;
	pid_t pids[2];

	earlier_daemon(f, names, 2, pids);
	find_only(f, 2);
	idle = take(f, names[0]);
	assert_int_equal(f->hosts->ops->pid(idle), pids[0]);
	assert_string_equal(f->diary, "");
	fixture_expect(f, "found(ready,0,5)");
	assert_int_equal(f->hosts->ops->command(idle, CONTROL_START), 0);
	fixture_expect(f, "found(ready,0,5) running");
	f->diary[0] = '\0';
	running = take(f, names[1]);
	fixture_expect(f, "found(running,0,5)");
	assert_int_equal(f->hosts->ops->command(running, CONTROL_PAUSE), 0);
	fixture_expect(f, "found(running,0,5) paused");
	assert_int_equal(f->hosts->ops->command(running, CONTROL_RESUME), 0);
	fixture_expect(f, "found(running,0,5) paused running");
	f->hosts->ops->kill(running);
	fixture_wait_exits(f, 1);
	assert_int_equal(fixture_reap(pids[1]), SIGKILL);
	assert_true(fixture_has_socket(f, names[1]));
	f->hosts->ops->host_free(running);
	assert_false(fixture_has_socket(f, names[1]));
	end(f, idle, pids[0]);
	assert_false(fixture_has_socket(f, names[0]));
}

static void test_repeated(void **state)
{
	static const char *const names[] = {"good-runs"};
	struct fixture *f = *state;
	struct host *host;
	pid_t pid;

	earlier_daemon(f, names, 1, &pid);
	for (int i = 0; i < 20; i++) {
		find_only(f, 1);
		host = take(f, names[0]);
		fixture_expect(f, "found(running,0,5)");
		f->diary[0] = '\0';
		f->hosts->ops->host_free(host); /* the daemon exits, the host stays */
	}
	find_only(f, 1);
	end(f, take(f, names[0]), pid);
}

/* The results of an earlier daemon's commands reach this one. */
static void test_commands_in_progress(void **state)
{
	static const char *const names[] = {"good-late", "good-orders"};
	struct fixture *f = *state;
	struct host *host;
	pid_t pids[2];

	earlier_daemon(f, names, 2, pids);
	find_only(f, 2);
	host = take(f, names[0]);
	fixture_expect(f, "found(running,0,5)");
	end(f, host, pids[0]);
	f->diary[0] = '\0';
	host = take(f, names[1]);
	fixture_expect(f, "found(ready,0,5) running paused");
	end(f, host, pids[1]);
}

/* A host of the previous version keeps no region; everything else works. */
static void test_older_host(void **state)
{
	static const char *const names[] = {"old-runs"};
	const struct host_takeover takeover = takeover_of("old-runs");
	struct fixture *f = *state;
	struct host *host;
	int region = 7;
	pid_t pid;

	earlier_daemon(f, names, 1, &pid);
	find_only(f, 1);
	assert_int_equal(take_over(f, &takeover, &region, &host), 0);
	assert_int_equal(region, -1);
	fixture_expect(f, "found(running,0,5)");
	end(f, host, pid);
}

static void test_refused(void **state)
{
	static const char *const names[] = {"good-other"};
	struct host_takeover takeover = takeover_of("good-other");
	struct fixture *f = *state;
	int region = 7, directory, listener, connections[16];
	struct host_found *found;
	size_t n_connections = 0;
	struct host *host = NULL;
	char path[128];
	pid_t pid;

	earlier_daemon(f, names, 1, &pid);
	snprintf(path, sizeof(path), "%s/a/hosts", f->directory);
	assert_int_equal(control_directory_open(path, &directory), 0);
	assert_int_equal(control_socket_listen(directory, "dead", CONTROL_SOCKET_SUFFIX, &listener),
			 0);
	close(listener);
	assert_int_equal(control_socket_listen(directory, "full", CONTROL_SOCKET_SUFFIX, &listener),
			 0);
	while (control_socket_connect(directory, "full", CONTROL_SOCKET_SUFFIX,
				      &connections[n_connections]) == 0)
		n_connections++;
	assert_int_equal(find(f, &found), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(found[i].alive, strcmp(found[i].name, "dead") != 0);
	free(found);
	takeover.name = "unknown";
	assert_int_equal(take_over(f, &takeover, &region, &host), -ENOENT);
	takeover.name = "dead";
	assert_int_equal(take_over(f, &takeover, &region, &host), -ECONNREFUSED);
	takeover.name = "full";
	assert_int_equal(take_over(f, &takeover, &region, &host), -EAGAIN);
	takeover.name = "good-other";
	takeover.uid = 1235;
	assert_int_equal(take_over(f, &takeover, &region, &host), -EPERM);
	assert_int_equal(region, 7);
	assert_null(host);
	/* a refused host can still be ended; "full" never exits */
	assert_int_equal(fixture_end_orphans(f), -ETIMEDOUT);
	fixture_reap(pid);
	f->hosts->ops->remove_socket(f->hosts, "good-other");
	assert_false(fixture_has_socket(f, "good-other"));
	f->hosts->ops->remove_socket(f->hosts, "dead");
	f->hosts->ops->remove_socket(f->hosts, "full");
	while (n_connections > 0)
		close(connections[--n_connections]);
	close(listener);
	close(directory);
}

static void test_invalid_replies(void **state)
{
	static const char *const names[] = {"strange-state", "strange-ring", "strange-twice"};
	struct fixture *f = *state;
	pid_t pids[3];

	earlier_daemon(f, names, 3, pids);
	find_only(f, 3);
	for (size_t i = 0; i < 3; i++) {
		struct host *host = take(f, names[i]);

		fixture_wait_exits(f, (unsigned int)i + 1);
		assert_int_equal(fixture_reap(pids[i]), SIGKILL);
		f->hosts->ops->host_free(host);
	}
	assert_int_equal(strncmp(f->diary, "exited(", 7), 0);
}

/* The client stops its host and exits; only the port notices. */
static void test_client_of_stopped_host(void **state)
{
	struct fixture *f = *state;
	struct host_setup setup = fixture_setup("good-lease");
	struct host_takeover takeover = takeover_of("good-lease");
	struct host *host;
	struct stat st;
	int lease[2], region = -1;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lease), 0);
	assert_int_equal(fstat(lease[0], &st), 0);
	takeover.lease_inode = st.st_ino;
	setup.lease_fd = lease[0];
	host = fixture_start_setup(f, &setup);
	close(lease[0]);
	fixture_expect(f, "ready(5)");
	pid = f->hosts->ops->pid(host);
	kill(pid, SIGSTOP);
	if (f->take_over_first) {
		f->hosts->ops->host_free(host);
		find_only(f, 1);
		assert_int_equal(take_over(f, &takeover, &region, &host), 0);
		close(region);
	}
	fixture_poll(f);
	assert_string_equal(f->diary, "ready(5)");
	close(lease[1]);
	fixture_expect(f, "ready(5) client-gone");
	fixture_poll(f);
	assert_string_equal(f->diary, "ready(5) client-gone"); /* once */
	f->hosts->ops->kill(host);
	fixture_wait_exits(f, 1);
	if (f->take_over_first)
		fixture_reap(pid);
	f->hosts->ops->host_free(host);
}

static void test_client_of_stopped_host_taken_over(void **state)
{
	struct fixture *f = *state;

	f->take_over_first = true;
	test_client_of_stopped_host(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_found, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_continues, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_repeated, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_commands_in_progress, fixture_new,
						fixture_free),
		cmocka_unit_test_setup_teardown(test_older_host, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_refused, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_invalid_replies, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_client_of_stopped_host, fixture_new,
						fixture_free),
		cmocka_unit_test_setup_teardown(test_client_of_stopped_host_taken_over, fixture_new,
						fixture_free),
	};

	fixture_setup("warm"); /* opens its descriptors before they are counted */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("taking over hosts", tests, NULL, NULL);
}
