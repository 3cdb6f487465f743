/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host has the limits and the scheduling of the process that asked for it. */
#include <errno.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "host/client-limits.h"

#define IO_PRIORITY IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)

struct client {
	pid_t pid;
	int pidfd;
};

static void write_oom_score_adj(int value)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "w");

	if (!file || fprintf(file, "%d", value) < 0 || fclose(file) != 0)
		_exit(2);
}

static void limit(int resource, rlim_t soft, rlim_t hard)
{
	const struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};

	if (setrlimit(resource, &limit) < 0)
		_exit(3);
}

/* What any user may do to itself. */
static void restrict_myself(void)
{
	const struct sched_param none = {0};
	cpu_set_t first;

	CPU_ZERO(&first);
	for (int cpu = 0; CPU_COUNT(&first) == 0 && cpu < CPU_SETSIZE; cpu++) {
		CPU_SET(cpu, &first);
		if (sched_setaffinity(0, sizeof(first), &first) < 0)
			CPU_CLR(cpu, &first);
	}
	limit(RLIMIT_FSIZE, 1 << 20, 2 << 20);
	limit(RLIMIT_CPU, 30, 60);
	limit(RLIMIT_RTPRIO, 0, 0);
	if (setpriority(PRIO_PROCESS, 0, 7) < 0 || sched_setscheduler(0, SCHED_BATCH, &none) < 0 ||
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IO_PRIORITY) < 0)
		_exit(4);
	write_oom_score_adj(321);
	limit(RLIMIT_NOFILE, 3, 24); /* last: it can open nothing more */
}

static struct client client_new(void (*prepare)(void))
{
	struct client client;
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	client.pid = fork();
	assert_true(client.pid >= 0);
	if (client.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prepare();
		if (write(ready[1], "", 1) != 1)
			_exit(5);
		for (;;)
			pause();
	}
	client.pidfd = (int)syscall(SYS_pidfd_open, client.pid, 0);
	assert_true(client.pidfd >= 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return client;
}

static void client_kill(const struct client *client)
{
	siginfo_t info;

	kill(client->pid, SIGKILL);
	/* it stays a zombie, so its pid stays valid */
	assert_int_equal(waitid(P_PID, (id_t)client->pid, &info, WEXITED | WNOWAIT), 0);
}

static void client_done(struct client *client)
{
	kill(client->pid, SIGKILL);
	waitpid(client->pid, NULL, 0);
	close(client->pidfd);
}

static struct host_setup setup_of(const struct client *client)
{
	struct host_setup setup = fixture_setup("good");

	setup.uid = getuid();
	setup.client_pid = client->pid;
	setup.client_pidfd = client->pidfd;
	return setup;
}

static void assert_limit(const struct client_limits *limits, int resource, rlim_t soft, rlim_t hard)
{
	assert_int_equal(limits->limits[resource].rlim_cur, soft);
	assert_int_equal(limits->limits[resource].rlim_max, hard);
}

static void test_host_has_them(void **state)
{
	struct fixture *f = *state;
	struct client client = client_new(restrict_myself);
	struct host_setup setup = setup_of(&client);
	struct host *host = fixture_start_setup(f, &setup);
	static struct client_limits of_client, of_host;

	fixture_expect(f, "ready(5)");
	assert_int_equal(client_limits_read(client.pid, client.pidfd, getuid(), &of_client), 0);
	assert_int_equal(client_limits_read(f->hosts->ops->pid(host), f->hosts->ops->pidfd(host),
					    getuid(), &of_host),
			 0);
	assert_limit(&of_host, RLIMIT_FSIZE, 1 << 20, 2 << 20);
	assert_limit(&of_host, RLIMIT_CPU, 30, 60);
	assert_limit(&of_host, RLIMIT_NOFILE, 24, 24); /* not the soft limit of 3 */
	assert_limit(&of_host, RLIMIT_RTPRIO, 0, 0);
	assert_int_equal(of_host.nice, 7);
	assert_int_equal(of_host.policy, SCHED_BATCH);
	assert_int_equal(of_host.io_priority, IO_PRIORITY);
	assert_int_equal(of_host.oom_score_adj, 321);
	assert_memory_equal(of_host.cpus, of_client.cpus, sizeof(of_host.cpus));
	for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++)
		if (resource != RLIMIT_MEMLOCK && resource != RLIMIT_NOFILE)
			assert_memory_equal(&of_host.limits[resource], &of_client.limits[resource],
					    sizeof(struct rlimit));
	f->hosts->ops->kill(host);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
	client_done(&client);
}

static void nothing(void)
{
}

static void test_client_gone(void **state)
{
	struct fixture *f = *state;
	struct client client = client_new(nothing);
	struct host_setup setup = setup_of(&client);
	struct host *host;

	client_kill(&client);
	assert_int_equal(f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &host),
			 -ESRCH);
	setup.client_pidfd = -1;
	assert_int_equal(f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &host),
			 -ESRCH);
	assert_false(fixture_has_socket(f, "good"));
	client_done(&client);
}

/* As after execve() of a set-user-ID program, which may raise its limits. */
static void test_client_of_other_user(void **state)
{
	struct fixture *f = *state;
	struct client client = client_new(nothing);
	struct host_setup setup = setup_of(&client);
	struct host *host;

	setup.uid++;
	assert_int_equal(f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &host),
			 -ESTALE);
	assert_false(fixture_has_socket(f, "good"));
	client_done(&client);
}

static void prefer_myself(void)
{
	limit(RLIMIT_NICE, 40, 40);
	if (setpriority(PRIO_PROCESS, 0, -5) < 0)
		_exit(6);
	limit(RLIMIT_NICE, 0, 0);
}

static bool may_raise_limits(void)
{
	struct rlimit old;
	const struct rlimit any = {.rlim_cur = 40, .rlim_max = 40};

	assert_int_equal(getrlimit(RLIMIT_NICE, &old), 0);
	return setrlimit(RLIMIT_NICE, &any) == 0 && setrlimit(RLIMIT_NICE, &old) == 0;
}

/* The daemon has no CAP_SYS_NICE. */
static void test_negative_nice(void **state)
{
	struct fixture *f = *state;
	struct client client;
	struct host_setup setup;
	struct host *host;

	if (!may_raise_limits())
		skip();
	client = client_new(prefer_myself);
	setup = setup_of(&client);
	host = fixture_start_setup(f, &setup);
	fixture_expect(f, "ready(5)");
	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)f->hosts->ops->pid(host)), -5);
	f->hosts->ops->kill(host);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
	client_done(&client);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)
	const struct CMUnitTest tests[] = {
		CASE(test_host_has_them),
		CASE(test_client_gone),
		CASE(test_client_of_other_user),
		CASE(test_negative_nice),
	};

	fixture_setup("first"); /* opens its descriptors before they are counted */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
