/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts that systemd puts into their control groups. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "host/client-cgroup.h"
#include "util/job.h"

/* An executor that keeps its job until it is told to run it, and a systemd that notes requests. */
static struct job *job;
static struct placement asked;
static pid_t asked_pid;
static int answer;

static void submit(struct executor *executor, struct job *submitted)
{
	assert_null(job);
	job = submitted;
}

static struct executor executor = {.submit = submit};

static int place(const struct placement *placement, pid_t pid)
{
	asked = *placement;
	asked_pid = pid;
	return answer;
}

static void run_job(void)
{
	struct job *run = job;

	assert_non_null(run);
	job = NULL;
	run->work(run);
	run->done(run);
}

static int set_up(void **state)
{
	int r = fixture_new(state);

	job = NULL;
	answer = 0;
	hosts_linux_set_systemd(((struct fixture *)*state)->hosts, &executor, place);
	return r;
}

static void end(struct fixture *f, struct host *host)
{
	f->hosts->ops->kill(host);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
}

static void test_scope(void **state)
{
	struct fixture *f = *state;
	struct host *host = fixture_start(f, "good");
	char scope[64];

	assert_int_equal(job->uid, 1000);
	run_job();
	snprintf(scope, sizeof(scope), "iouringd-good-%d.scope", (int)asked_pid);
	assert_int_equal(asked_pid, f->hosts->ops->pid(host));
	assert_string_equal(asked.unit, scope);
	assert_string_equal(asked.slice, "iouringd-1000.slice");
	fixture_expect(f, "ready(5)");
	end(f, host);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	struct host *host = fixture_start(f, "good");

	answer = -EBUSY;
	run_job();
	fixture_wait_exits(f, 1);
	assert_non_null(strstr(f->diary, "refused(joining its client's control group,16)"));
	f->hosts->ops->host_free(host);
}

static void test_freed_meanwhile(void **state)
{
	struct fixture *f = *state;

	end(f, fixture_start(f, "good"));
	answer = -ESRCH;
	run_job();
}

/* The daemon ends before systemd has answered. */
static void test_never_answered(void **state)
{
	end(*state, fixture_start(*state, "good"));
	assert_non_null(job); /* the port frees it */
}

static void expect_unit(const char *path, const char *unit, const char *group)
{
	struct placement placement;

	assert_int_equal(client_cgroup_unit(path, &placement), 0);
	assert_string_equal(placement.unit, unit);
	assert_string_equal(placement.slice, "");
	assert_string_equal(placement.group, group);
}

static void test_unit_of_group(void **state)
{
	static char deep[PATH_MAX];
	struct placement placement;

	expect_unit("user.slice/user-1001.slice/user@1001.service/app.slice/x.service",
		    "user@1001.service", "/app.slice/x.service");
	expect_unit("system.slice/x.service", "x.service", "");
	expect_unit("system.slice/_cpu.service/a", "cpu.service", "/a");
	expect_unit("machine.slice/c.scope/a.slice", "c.scope", "/a.slice");
	assert_int_equal(client_cgroup_unit("", &placement), -EINVAL);
	memset(deep, 'x', sizeof(deep) - 1);
	assert_int_equal(client_cgroup_unit(deep, &placement), -EINVAL);
	for (size_t i = 1; i < sizeof(deep) - 1; i += 2)
		deep[i] = '/';
	assert_int_equal(client_cgroup_unit(deep, &placement), 0);
	assert_int_equal(strlen(placement.group), sizeof(deep) - 2);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_free)
	const struct CMUnitTest tests[] = {
		CASE(test_scope),
		CASE(test_refused),
		CASE(test_freed_meanwhile),
		CASE(test_never_answered),
		cmocka_unit_test(test_unit_of_group),
	};

	fixture_setup("first"); /* opens its descriptors before they are counted */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
