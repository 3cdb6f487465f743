/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applications that run their rings themselves; a child of the test plays the application. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

struct application {
	pid_t pid;
	int commands; /* closing it makes the application exit */
	int region;   /* a memfd's descriptor in the application */
};

/* Starts an application that listens on @lease and keeps it open. */
static void application_start(struct application *app, int lease)
{
	int commands[2], ready[2], region;
	char byte;

	assert_int_equal(pipe2(commands, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	region = fixture_setup("any").region_fd;
	app->pid = fork();
	assert_true(app->pid >= 0);
	if (app->pid == 0) {
		close(commands[1]);
		if (listen(lease, SOMAXCONN) < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		if (read(commands[0], &byte, 1) == 1) { /* closes its ring, runs on */
			close(lease);
			if (read(commands[0], &byte, 1) != 0)
				_exit(2);
		}
		_exit(0);
	}
	close(commands[0]);
	close(ready[1]);
	close(lease);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	app->commands = commands[1];
	app->region = region;
}

static void application_end(struct application *app)
{
	close(app->commands);
	fixture_reap(app->pid);
}

static struct host *adopt(struct fixture *f, const char *name, int *ret_lease)
{
	struct host *host = NULL;

	assert_int_equal(
		f->hosts->ops->adopt(f->hosts, name, &fixture_callbacks, f, ret_lease, &host), 0);
	return host;
}

static void test_life(void **state)
{
	struct fixture *f = *state;
	const struct hosts_ops *ops = f->hosts->ops;
	struct application app;
	struct host *host;
	int lease;

	host = adopt(f, "app", &lease);
	assert_int_equal(ops->pidfd(host), -1);
	assert_int_equal(ops->command(host, CONTROL_START), -EPIPE); /* no application yet */
	/* the daemon, which made the socket, is not an application */
	assert_int_equal(ops->set_runner(host, getuid(), getpid()), -EPERM);
	application_start(&app, lease);
	assert_int_equal(ops->set_runner(host, getuid(), getpid()), -EPERM);
	assert_int_equal(ops->set_runner(host, getuid() + 1, app.pid), -EPERM);
	assert_int_equal(ops->set_runner(host, getuid(), app.pid), 0);
	assert_int_equal(ops->pid(host), app.pid);
	assert_true(ops->pidfd(host) >= 0);
	assert_int_equal(ops->command(host, CONTROL_START), 0);
	assert_int_equal(ops->command(host, CONTROL_PAUSE), 0);
	assert_string_equal(f->diary, ""); /* no callback within a call */
	fixture_expect(f, "running paused");
	assert_int_equal(ops->command(host, CONTROL_RESUME), 0);
	fixture_expect(f, "running paused running");
	ops->kick(host); /* has no effect */
	application_end(&app);
	fixture_expect(f, "running paused running exited(0,0)");
	assert_int_equal(ops->command(host, CONTROL_START), -EPIPE);
	ops->host_free(host);
}

/* The application closes its ring and runs on. */
static void test_closes(void **state)
{
	struct fixture *f = *state;
	struct application app;
	struct host *host;
	int lease;

	host = adopt(f, "app", &lease);
	application_start(&app, lease);
	assert_int_equal(f->hosts->ops->set_runner(host, getuid(), app.pid), 0);
	fixture_poll(f);
	assert_string_equal(f->diary, "");
	assert_int_equal(write(app.commands, "c", 1), 1);
	fixture_expect(f, "exited(0,0)");
	assert_int_equal(kill(app.pid, 0), 0);
	f->hosts->ops->host_free(host);
	application_end(&app);
}

static void test_next_daemon(void **state)
{
	struct fixture *f = *state;
	struct host_takeover takeover = {.name = "app", .uid = getuid(), .adopted = true};
	struct host_found *found;
	struct application app;
	struct host *host;
	int lease, region = 7;
	struct stat st;
	size_t n;

	host = adopt(f, "app", &lease);
	application_start(&app, lease);
	assert_int_equal(f->hosts->ops->set_runner(host, getuid(), app.pid), 0);
	f->hosts->ops->host_free(host); /* the daemon exits */
	for (int again = 0; again < 3; again++) {
		assert_int_equal(f->hosts->ops->find(f->hosts, &found, &n), 0);
		assert_int_equal(n, 1);
		assert_true(found[0].adopted && found[0].alive);
		assert_int_equal(found[0].pid, app.pid);
		free(found);
		/* an application is never ended */
		assert_int_equal(f->hosts->ops->orphans_end(f->hosts, (const char *[]){"app"}, 1),
				 0);
		assert_int_equal(fstat(app.region, &st), 0);
		takeover.region_fd = app.region;
		takeover.region_device = st.st_dev;
		takeover.region_inode = st.st_ino + (again == 1); /* another memfd */
		assert_int_equal(f->hosts->ops->take_over(f->hosts, &takeover, &fixture_callbacks,
							  f, &region, &host),
				 0);
		assert_int_equal(region >= 0, again != 1);
		if (region >= 0)
			close(region);
		fixture_poll(f);
		assert_string_equal(f->diary, "");
		if (again < 2)
			f->hosts->ops->host_free(host);
	}
	application_end(&app);
	fixture_expect(f, "exited(0,0)");
	f->hosts->ops->host_free(host);
}

/*
 * The application leaves no place in its backlog. It is the one that its pid and the inode of its
 * pidfd name.
 */
static void test_no_connection(void **state)
{
	struct fixture *f = *state;
	const struct hosts_ops *ops = f->hosts->ops;
	struct host_takeover takeover = {.name = "app", .uid = getuid(), .adopted = true};
	struct host_found *found;
	struct application app;
	struct host *host;
	int lease, region = 7;
	uint64_t inode;
	size_t n;

	host = adopt(f, "app", &lease);
	application_start(&app, fcntl(lease, F_DUPFD_CLOEXEC, 3));
	assert_int_equal(ops->set_runner(host, getuid(), app.pid), 0);
	inode = ops->process_inode(host);
	assert_true(ops->reachable(host));
	if (inode == 0) { /* this machine's kernel has no pidfs */
		application_end(&app);
		close(lease);
		fixture_wait_exits(f, 1);
		ops->host_free(host);
		skip();
	}
	assert_true(ops->process_lives(f->hosts, app.pid, inode));
	assert_false(ops->process_lives(f->hosts, app.pid, inode + 1)); /* a pid that is reused */
	assert_false(ops->process_lives(f->hosts, app.pid, 0));
	ops->host_free(host); /* the daemon exits */
	assert_int_equal(listen(lease, 0), 0);
	assert_int_equal(ops->find(f->hosts, &found, &n), 0);
	assert_int_equal(n, 1);
	assert_true(found[0].alive);
	assert_int_equal(found[0].uid, (uid_t)-1);
	free(found);
	takeover.process_pid = app.pid;
	takeover.process_inode = inode;
	assert_int_equal(ops->take_over(f->hosts, &takeover, &fixture_callbacks, f, &region, &host),
			 0);
	assert_false(ops->reachable(host));
	assert_int_equal(ops->pid(host), app.pid);
	assert_int_equal(ops->process_inode(host), inode);
	assert_int_equal(ops->command(host, CONTROL_PAUSE), 0);
	assert_int_equal(ops->command(host, CONTROL_RESUME), 0);
	fixture_expect(f, "paused running");
	application_end(&app); /* although the test holds the lease */
	fixture_wait_exits(f, 1);
	ops->host_free(host);
	assert_false(ops->process_lives(f->hosts, app.pid, inode));
	close(lease);
}

/* An application's socket does not pass for a host's. */
static void test_kinds(void **state)
{
	struct fixture *f = *state;
	struct host_takeover takeover = {.name = "app", .uid = getuid()};
	struct host_found *found;
	struct application app;
	struct host *host;
	int lease, region;
	size_t n;

	host = adopt(f, "app", &lease);
	application_start(&app, lease);
	f->hosts->ops->host_free(host);
	assert_int_equal(f->hosts->ops->find(f->hosts, &found, &n), 0);
	free(found);
	assert_int_equal(f->hosts->ops->take_over(f->hosts, &takeover, &fixture_callbacks, f,
						  &region, &host),
			 -EPERM);
	application_end(&app);
	f->hosts->ops->remove_socket(f->hosts, "app");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_closes, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_next_daemon, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_no_connection, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_kinds, fixture_new, fixture_free),
	};

	fixture_setup("warm"); /* opens its descriptors before they are counted */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("adopted rings", tests, NULL, NULL);
}
