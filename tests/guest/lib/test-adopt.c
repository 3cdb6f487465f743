/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-adopt.c - rings that this process makes and runs itself, with the real daemon and kernel */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "iourd/prog/copy.h"
#include "iourd/prog/nop.h"

#define USER 1000 /* not root */

static void await_gone(struct iouctl *c, const char *name)
{
	for (int i = 0; i < PATIENCE_MS / 10 && ring_says(c, name, name); i++)
		poll(NULL, 0, 10);
	assert_false(ring_says(c, name, name));
}

/* The dispatcher counts a step before it sees the pause, and takes it back after. */
static uint64_t settled_steps(struct iouctl *c, const char *name)
{
	uint64_t before, steps = ring_number(c, name, "steps");

	for (int i = 0; i < PATIENCE_MS / 50; i++) {
		before = steps;
		poll(NULL, 0, 50);
		steps = ring_number(c, name, "steps");
		if (steps == before)
			return steps;
	}
	fail_msg("%s does not stop to take steps", name);
	return 0;
}

static void copy(void **state)
{
	const size_t size = 3 * 1024 * 1024 + 777;
	struct iouctl_file files[] = {{"target", make_file(0)}, {"source", make_file(size)}};
	struct iouctl_progress progress;
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring =
		adopt_ring(c, "copy", "{\"depth\":8,\"block_size\":65536}", files, 2);
	char name[64];

	snprintf(name, sizeof(name), "%s", iouctl_ring_name(ring));
	assert_true(ring_says(c, name, "\"kind\":\"adopted\""));
	assert_int_equal(ring_number(c, name, "process"), getpid());
	iouctl_ring_progress(ring, &progress);
	assert_int_equal(progress.ring_state, IOURD_RING_CREATED);
	assert_int_equal(progress.state, IOURD_WORK_IDLE);
	assert_call(c, 0, iouctl_ring_run(ring));
	iouctl_ring_progress(ring, &progress);
	assert_int_equal(progress.state, IOURD_WORK_DONE);
	await_word(c, name, "\"state\":\"stopped\"");
	assert_int_equal(progress.done, size);
	assert_same_content(files[1].fd, files[0].fd, size);
	assert_call(c, 0, iouctl_ring_run(ring)); /* it is over, and stays so */
	iouctl_ring_free(ring);
	await_gone(c, name);
	iouctl_free(c);
	close(files[0].fd);
	close(files[1].fd);
}

/* ---- a ring that runs on a thread of its own ---- */

struct runner {
	struct iouctl *c; /* the thread's own */
	struct iouctl_ring *ring;
	char name[64];
	int result;
	unsigned int interrupts;
	pthread_t thread;
};

static void on_signal(int number)
{
}

static void *run_thread(void *arg)
{
	struct runner *runner = arg;

	while ((runner->result = iouctl_ring_run(runner->ring)) == -EINTR)
		__atomic_add_fetch(&runner->interrupts, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void runner_start(struct runner *runner, const char *program, const char *parameters,
			 const struct iouctl_file *files, size_t n_files)
{
	const struct sigaction action = {.sa_handler = on_signal};

	*runner = (struct runner){.c = daemon_connect()};
	sigaction(SIGUSR2, &action, NULL);
	runner->ring = adopt_ring(runner->c, program, parameters, files, n_files);
	snprintf(runner->name, sizeof(runner->name), "%s", iouctl_ring_name(runner->ring));
	assert_int_equal(pthread_create(&runner->thread, NULL, run_thread, runner), 0);
}

static int runner_end(struct runner *runner)
{
	assert_int_equal(pthread_join(runner->thread, NULL), 0);
	iouctl_ring_free(runner->ring);
	iouctl_free(runner->c);
	return runner->result;
}

static void steer(struct iouctl *c, const char *method, const char *name)
{
	char request[128];
	char *reply = NULL;

	snprintf(request, sizeof(request), "{\"ring\":\"%s\"}", name);
	assert_call(c, 0, iouctl_call(c, method, request, NULL, 0, &reply, NULL, NULL));
	free(reply);
}

static void swap_program(struct iouctl *c, const char *name, const char *program)
{
	char request[160];
	char *reply = NULL;

	snprintf(request, sizeof(request), "{\"ring\":\"%s\",\"program\":\"%s\"}", name, program);
	assert_call(c, 0, iouctl_call(c, "SwapProgram", request, NULL, 0, &reply, NULL, NULL));
	free(reply);
}

static void paused_and_resumed(void **state)
{
	struct iouctl *c = daemon_connect();
	struct runner runner;

	runner_start(&runner, "nop", "{\"operations\":0}", NULL, 0);
	await_word(c, runner.name, "\"state\":\"running\"");
	for (int i = 0; i < 5; i++) {
		uint64_t steps;

		await_steps(c, runner.name);
		steer(c, "PauseRing", runner.name);
		steps = settled_steps(c, runner.name);
		poll(NULL, 0, 50);
		assert_int_equal(ring_number(c, runner.name, "steps"), steps);
		steer(c, "ResumeRing", runner.name);
	}
	await_steps(c, runner.name);
	iouctl_ring_stop(runner.ring);
	iouctl_ring_doorbell(runner.ring);
	assert_int_equal(runner_end(&runner), 0);
	iouctl_free(c);
}

static void interrupted(void **state)
{
	struct iouctl *c = daemon_connect();
	struct runner runner;

	runner_start(&runner, "nop", "{\"operations\":0}", NULL, 0);
	await_word(c, runner.name, "\"state\":\"running\"");
	await_steps(c, runner.name);
	for (unsigned int i = 1; i <= 5; i++)
		while (__atomic_load_n(&runner.interrupts, __ATOMIC_SEQ_CST) < i) {
			pthread_kill(runner.thread, SIGUSR2);
			poll(NULL, 0, 5);
		}
	await_steps(c, runner.name);
	/* also while it is paused */
	steer(c, "PauseRing", runner.name);
	for (unsigned int i = 6; i <= 8; i++)
		while (__atomic_load_n(&runner.interrupts, __ATOMIC_SEQ_CST) < i) {
			pthread_kill(runner.thread, SIGUSR2);
			poll(NULL, 0, 5);
		}
	steer(c, "DestroyRing", runner.name);
	assert_int_equal(runner_end(&runner), -EOWNERDEAD);
	iouctl_free(c);
}

/* Another program, live, and a daemon that dies meanwhile: every byte is right. */
static void swapped_and_orphaned(void **state)
{
	const size_t size = 4 * 1024 * 1024 + 1;
	struct iouctl_file files[] = {{"source", make_file(size)}, {"target", make_file(0)}};
	struct iouctl *c = daemon_connect();
	struct runner runner;

	runner_start(&runner, "copy-paced", "{\"block_size\":4096,\"bytes_per_second\":16384}",
		     files, 2);
	await_word(c, runner.name, "\"state\":\"running\"");
	assert_int_equal(system("kill -KILL $(systemctl show -P MainPID iouringd.service)"), 0);
	await_word(c, runner.name, "\"state\":\"running\"");
	assert_true(ring_says(c, runner.name, "\"kind\":\"adopted\""));
	await_steps(c, runner.name);
	steer(c, "PauseRing", runner.name);
	assert_int_equal(system("systemctl restart iouringd.service"), 0);
	assert_true(ring_says(c, runner.name, "\"state\":\"paused\""));
	steer(c, "ResumeRing", runner.name);
	await_steps(c, runner.name);
	assert_call(runner.c, 0, iouctl_ring_swap(runner.ring, "copy", 0, NULL));
	assert_int_equal(runner_end(&runner), 0);
	assert_same_content(files[0].fd, files[1].fd, size);
	await_gone(c, runner.name);
	iouctl_free(c);
	close(files[0].fd);
	close(files[1].fd);
}

/* It is at work, or its program waits in the kernel for something to do: destroyed, it returns. */
static void destroyed(void **state)
{
	struct iouctl_file file = {"file", make_file(65536)};
	struct iouctl *c = daemon_connect();
	struct runner runner;

	runner_start(&runner, "nop", "{\"operations\":0}", NULL, 0);
	await_word(c, runner.name, "\"state\":\"running\"");
	await_steps(c, runner.name);
	steer(c, "DestroyRing", runner.name);
	assert_int_equal(runner_end(&runner), -EOWNERDEAD);
	runner_start(&runner, "chase", NULL, &file, 1);
	await_word(c, runner.name, "\"state\":\"running\"");
	steer(c, "PauseRing", runner.name);
	steer(c, "ResumeRing", runner.name);
	steer(c, "DestroyRing", runner.name);
	assert_int_equal(runner_end(&runner), -EOWNERDEAD);
	iouctl_free(c);
	close(file.fd);
}

/* A pause that is over before the loop has been left: it goes on, and nobody pauses it again. */
static void paused_for_a_moment(void **state)
{
	struct iouctl *c = daemon_connect();
	struct runner runner;

	runner_start(&runner, "nop", "{\"operations\":0}", NULL, 0);
	await_word(c, runner.name, "\"state\":\"running\"");
	for (int i = 0; i < 200; i++) {
		steer(c, "PauseRing", runner.name);
		steer(c, "ResumeRing", runner.name);
	}
	await_steps(c, runner.name);
	assert_true(ring_says(c, runner.name, "\"state\":\"running\""));
	iouctl_ring_stop(runner.ring);
	assert_int_equal(runner_end(&runner), 0);
	iouctl_free(c);
}

/* Nobody answers: the ring is run to its end all the same. */
static void daemon_stopped(void **state)
{
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = adopt_ring(c, "nop", "{\"operations\":100000}", NULL, 0);

	assert_call(c, 0, iouctl_ring_start(ring));
	assert_int_equal(system("kill -STOP $(systemctl show -P MainPID iouringd.service)"), 0);
	assert_call(c, 0, iouctl_ring_run(ring));
	assert_int_equal(iouctl_ring_head(ring)->progress.done, 100000);
	assert_int_equal(system("kill -CONT $(systemctl show -P MainPID iouringd.service)"), 0);
	await_word(c, iouctl_ring_name(ring), "\"state\":\"stopped\"");
	iouctl_ring_free(ring);
	iouctl_free(c);
}

/* It breaks at its first step: the one before it is put back, and the thread enters again by
 * itself. */
static void bad_program(void **state)
{
	struct iouctl *c = daemon_connect();
	struct runner runner;

	assert_int_equal(system("iouctl program load " TEST_DATA "/steady.bpf.o >/dev/null && "
				"iouctl program load " TEST_DATA "/breaks.bpf.o >/dev/null"),
			 0);
	runner_start(&runner, "steady", "{\"way\":1}", NULL, 0);
	await_word(c, runner.name, "\"state\":\"running\"");
	while (ring_says(c, runner.name, "\"probation\":true"))
		poll(NULL, 0, 20);
	swap_program(c, runner.name, "breaks");
	await_word(c, runner.name, "\"generation\":3");
	assert_true(ring_says(c, runner.name, "\"program\":\"steady\""));
	assert_true(ring_says(c, runner.name, "neither continue nor stop"));
	await_steps(c, runner.name);
	steer(c, "DestroyRing", runner.name);
	assert_int_equal(runner_end(&runner), -EOWNERDEAD);
	assert_int_equal(system("iouctl program unload steady && iouctl program unload breaks"), 0);
	iouctl_free(c);
}

/* A process that is killed leaves nothing. */
static void killed(void **state)
{
	struct iouctl *c;
	int names[2];
	char name[64];
	pid_t child;
	ssize_t n;

	assert_int_equal(pipe(names), 0);
	child = fork();
	if (child == 0) {
		struct iouctl *own = daemon_connect();
		struct iouctl_ring *ring = adopt_ring(own, "nop", "{\"operations\":0}", NULL, 0);

		n = write(names[1], iouctl_ring_name(ring), strlen(iouctl_ring_name(ring)));
		_exit(n > 0 && iouctl_ring_run(ring) == 0 ? 0 : 1);
	}
	n = read(names[0], name, sizeof(name) - 1);
	assert_true(n > 0);
	name[n] = '\0';
	c = daemon_connect();
	await_word(c, name, "\"state\":\"running\"");
	await_steps(c, name);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	await_gone(c, name);
	iouctl_free(c);
	close(names[0]);
	close(names[1]);
}

static void refusals(void **state)
{
	struct iouctl_ring_options options = {.size = sizeof(options), .program = "copy"};
	struct iouctl *c = daemon_connect();
	struct iouctl_ring *ring = NULL;

	assert_call(c, -EREMOTEIO, iouctl_ring_adopt(c, &options, &ring));
	assert_string_equal(iouctl_error_name(c), "org.iouringd.Manager.SlotMissing");
	options.program = "nop";
	options.persistent = 1;
	assert_call(c, -EINVAL, iouctl_ring_adopt(c, &options, &ring));
	options.persistent = 0;
	assert_null(ring);
	ring = make_ring(c, "nop", NULL, NULL, 0);
	assert_call(c, -EINVAL, iouctl_ring_run(ring));
	assert_non_null(strstr(iouctl_error_message(c), "adopted"));
	iouctl_ring_free(ring);
	iouctl_free(c);
}

/* Root may always; others where the kernel is safe from them, as the daemon says it is or not. */
static void other_users(void **state)
{
	const struct iouctl_ring_options options = {.size = sizeof(options), .program = "nop"};
	struct iouctl *c = daemon_connect();
	char *status = NULL;
	bool safe;
	pid_t child;
	int end;

	assert_call(c, 0, iouctl_call(c, "GetStatus", NULL, NULL, 0, &status, NULL, NULL));
	assert_non_null(strstr(status, "\"name\":\"kernel.safe_adoption\""));
	safe = strstr(status, "\"name\":\"kernel.safe_adoption\",\"present\":true") != NULL;
	free(status);
	iouctl_free(c);
	child = fork();
	if (child == 0) {
		struct iouctl_ring *ring = NULL;
		int r;

		if (setgroups(0, NULL) < 0 || setresgid(USER, USER, USER) < 0 ||
		    setresuid(USER, USER, USER) < 0)
			_exit(1);
		c = daemon_connect();
		r = iouctl_ring_adopt(c, &options, &ring);
		if (safe)
			_exit(r == 0 ? 0 : 2);
		_exit(r == -EREMOTEIO && strstr(iouctl_error_message(c), "on this kernel") ? 0 : 3);
	}
	assert_int_equal(waitpid(child, &end, 0), child);
	assert_int_equal(end, 0);
}

#define CONFIG_DIRECTORY "/etc/iouringd/iouringd.conf.d"
#define RESTART		 "systemctl restart iouringd.service"

/* Ordinary users may adopt rings if the administrator permits it. */
static int permit_all(void **state)
{
	return system("mkdir -p " CONFIG_DIRECTORY
		      " && echo '{ \"adoptedRings\": \"all\" }' >" CONFIG_DIRECTORY
		      "/90-test.conf && " RESTART);
}

static int permit_root(void **state)
{
	return system("rm " CONFIG_DIRECTORY "/90-test.conf && " RESTART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy),
		cmocka_unit_test(paused_and_resumed),
		cmocka_unit_test(paused_for_a_moment),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(destroyed),
		cmocka_unit_test(swapped_and_orphaned),
		cmocka_unit_test(daemon_stopped),
		cmocka_unit_test(bad_program),
		cmocka_unit_test(killed),
		cmocka_unit_test(refusals),
		cmocka_unit_test(other_users),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("adopted rings", tests, permit_all, permit_root);
}
