/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <ev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../fds.h"
#include "fixture.h"
#include "host/hosts-linux.h"

#define REGION_SIZE 8192
#define PATIENCE    10.0 /* seconds, enough for a busy machine */

static const uint64_t opcodes[IOURD_OPCODES_MAX / 64] = {1};

__attribute__((format(printf, 2, 3))) static void write_diary(struct fixture *fixture,
							      const char *format, ...)
{
	size_t length = strlen(fixture->diary);
	va_list arguments;

	if (length > 0 && length + 1 < sizeof(fixture->diary))
		fixture->diary[length++] = ' ';
	va_start(arguments, format);
	vsnprintf(fixture->diary + length, sizeof(fixture->diary) - length, format, arguments);
	va_end(arguments);
	if (fixture->free_in_callback) {
		fixture->hosts->ops->host_free(fixture->free_in_callback);
		fixture->free_in_callback = NULL;
	}
}

static void on_ready(void *arg, int ring_fd)
{
	write_diary(arg, "ready(%d)", ring_fd);
}

static void on_refused(void *arg, enum control_stage stage, int error)
{
	write_diary(arg, "refused(%s,%d)", control_stage_text(stage), error);
}

static void on_running(void *arg)
{
	write_diary(arg, "running");
}

static void on_paused(void *arg)
{
	write_diary(arg, "paused");
}

static void on_returned(void *arg, int result)
{
	write_diary(arg, "returned(%d)", result);
}

static void on_found(void *arg, enum control_type state, int result, int ring_fd)
{
	const char *name = state == CONTROL_READY     ? "ready"
			   : state == CONTROL_RUNNING ? "running"
			   : state == CONTROL_PAUSED  ? "paused"
						      : "returned";

	write_diary(arg, "found(%s,%d,%d)", name, result, ring_fd);
}

static void on_client_gone(void *arg)
{
	write_diary(arg, "client-gone");
}

static void on_exited(void *arg, int code, int status)
{
	struct fixture *fixture = arg;

	fixture->exits++;
	write_diary(fixture, "exited(%d,%d)", code, status);
}

const struct host_callbacks fixture_callbacks = {
	.ready = on_ready,
	.refused = on_refused,
	.running = on_running,
	.paused = on_paused,
	.returned = on_returned,
	.found = on_found,
	.client_gone = on_client_gone,
	.exited = on_exited,
};

static int fixture_make(void **state, struct ev_loop *loop)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char path[128];

	assert_non_null(fixture);
	assert_non_null(loop);
	fixture->loop = loop;
	strcpy(fixture->directory, "/tmp/hosts-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	/* the loop opens descriptors on first use, before they are counted */
	ev_run(loop, EVRUN_NOWAIT);
	fixture->fds_before = count_fds();
	snprintf(path, sizeof(path), "%s/a/hosts", fixture->directory);
	assert_int_equal(hosts_linux_new(loop, getenv("HOST_PROGRAM"), path, &fixture->hosts), 0);
	*state = fixture;
	return 0;
}

int fixture_new(void **state)
{
	return fixture_make(state, ev_loop_new(EVFLAG_AUTO));
}

int fixture_new_default(void **state)
{
	return fixture_make(state, ev_default_loop(EVFLAG_AUTO));
}

int fixture_free(void **state)
{
	struct fixture *fixture = *state;
	char path[128];

	/* only after a failure, which has been reported; the process's end cleans up */
	if (!list_is_empty(&((struct hosts_linux *)fixture->hosts)->list))
		return -1;
	fixture->hosts->ops->free(fixture->hosts);
	assert_int_equal(count_fds(), fixture->fds_before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	/* rmdir() fails if a file is left */
	snprintf(path, sizeof(path), "%s/a/hosts", fixture->directory);
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/a", fixture->directory);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(fixture->directory), 0);
	ev_loop_destroy(fixture->loop);
	free(fixture);
	return 0;
}

struct host_setup fixture_setup(const char *name)
{
	static int region_fd = -1;
	struct host_setup setup = {
		.name = name,
		.uid = 1000,
		.gid = 1000,
		.sq_entries = 8,
		.cq_entries = 16,
		.region_size = REGION_SIZE,
		.opcodes = opcodes,
		.lease_fd = -1,
	};

	if (region_fd < 0) {
		region_fd = memfd_create("region", MFD_CLOEXEC);
		assert_int_equal(ftruncate(region_fd, REGION_SIZE), 0);
	}
	setup.region_fd = region_fd;
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		setup.files[i] = -1;
	return setup;
}

struct host *fixture_start_setup(struct fixture *fixture, const struct host_setup *setup)
{
	struct host *host = NULL;

	assert_int_equal(fixture->hosts->ops->start(fixture->hosts, setup, &fixture_callbacks,
						    fixture, &host),
			 0);
	assert_non_null(host);
	return host;
}

struct host *fixture_start(struct fixture *fixture, const char *name)
{
	const struct host_setup setup = fixture_setup(name);

	return fixture_start_setup(fixture, &setup);
}

static void on_timeout(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	*(bool *)timer->data = true;
}

static void run_until(struct fixture *fixture, bool (*is_so)(const struct fixture *, const void *),
		      const void *what)
{
	struct ev_timer timer;
	bool late = false;

	ev_timer_init(&timer, on_timeout, PATIENCE, 0);
	timer.data = &late;
	ev_now_update(fixture->loop);
	ev_timer_start(fixture->loop, &timer);
	while (!is_so(fixture, what) && !late)
		ev_run(fixture->loop, EVRUN_ONCE);
	ev_timer_stop(fixture->loop, &timer);
}

static bool diary_is(const struct fixture *fixture, const void *what)
{
	return strcmp(fixture->diary, what) == 0;
}

void fixture_expect(struct fixture *fixture, const char *diary)
{
	run_until(fixture, diary_is, diary);
	assert_string_equal(fixture->diary, diary);
}

static bool diary_starts(const struct fixture *fixture, const void *what)
{
	return strncmp(fixture->diary, what, strlen(what)) == 0;
}

void fixture_expect_start(struct fixture *fixture, const char *start)
{
	run_until(fixture, diary_starts, start);
	if (!diary_starts(fixture, start))
		fail_msg("'%s' does not start with '%s'", fixture->diary, start);
}

static bool diary_ends(const struct fixture *fixture, const void *what)
{
	size_t length = strlen(fixture->diary), end = strlen(what);

	return length >= end && strcmp(fixture->diary + length - end, what) == 0;
}

void fixture_expect_end(struct fixture *fixture, const char *end)
{
	run_until(fixture, diary_ends, end);
	if (!diary_ends(fixture, end))
		fail_msg("'%s' does not end with '%s'", fixture->diary, end);
}

static bool exits_are(const struct fixture *fixture, const void *what)
{
	return fixture->exits >= *(const unsigned int *)what;
}

void fixture_wait_exits(struct fixture *fixture, unsigned int n)
{
	run_until(fixture, exits_are, &n);
	assert_int_equal(fixture->exits, n);
}

void fixture_poll(struct fixture *fixture)
{
	ev_run(fixture->loop, EVRUN_NOWAIT);
}

int fixture_reap(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

int fixture_end_orphans(struct fixture *fixture)
{
	const char *names[16];
	struct host_found *found;
	size_t n;
	int r;

	assert_int_equal(fixture->hosts->ops->find(fixture->hosts, &found, &n), 0);
	assert_true(n <= 16);
	for (size_t i = 0; i < n; i++)
		names[i] = found[i].name;
	r = fixture->hosts->ops->orphans_end(fixture->hosts, names, n);
	for (size_t i = 0; r == 0 && i < n; i++)
		fixture->hosts->ops->remove_socket(fixture->hosts, names[i]);
	free(found);
	return r;
}

bool fixture_has_socket(const struct fixture *fixture, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/a/hosts/%s.socket", fixture->directory, name);
	return access(path, F_OK) == 0;
}
