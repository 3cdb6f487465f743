/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl run: its end with and without a daemon and a program that respond. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define DESCRIPTION                                                                                \
	"{\"parameters\":{\"progressUnit\":\"bytes\",\"slots\":[{\"name\":\"target\",\"read\":"    \
	"false,"                                                                                   \
	"\"write\":true}],\"fields\":[{\"name\":\"result\",\"access\":\"progress\"}]}}"

#define END_MAX 4

static const char *iouctl; /* path of the program */

struct run { /* of "iouctl run copy", after StartRing */
	struct server *server;
	struct step steps[3 + END_MAX];
	size_t n_steps;
	struct iourd_head *head; /* as the program maps it */
	int region;
	int lease[2];
	int gate[2];
	pid_t pid;
	int output; /* of iouctl */
	char text[2048];
};

static char target[] = "/tmp/test-run-XXXXXX";

static void start(struct run *run)
{
	char word[64];
	int out[2];

	snprintf(word, sizeof(word), "target=%s", target);

	run->server = server_start(run->steps, run->n_steps);
	assert_int_equal(pipe(out), 0);
	run->pid = fork();
	assert_true(run->pid >= 0);
	if (run->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("IOURINGD_SOCKET", server_path(run->server), 1);
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		close(out[1]);
		execl(iouctl, "iouctl", "run", "copy", "--file", word, NULL);
		_exit(127);
	}
	close(out[1]);
	run->output = out[0];
	server_wait_for(run->server, 3);
}

/* @end: the @n steps of the daemon after StartRing; with none it exits. */
static void run_init(struct run *run, const struct step *end, size_t n)
{
	*run = (struct run){
		.region = make_good_region(64, 4096),
		.steps =
			{
				{.expect = "DescribeProgram", .reply = DESCRIPTION},
				{.expect = "CreateRing",
				 .expect_fds = 1,
				 .reply = CREATED_JSON,
				 .n_fds = 2},
				{.expect = "StartRing", .reply = RING_REPLY_JSON, .close = n == 0},
			},
	};
	run->head =
		mmap(NULL, sizeof(*run->head), PROT_READ | PROT_WRITE, MAP_SHARED, run->region, 0);
	assert_ptr_not_equal(run->head, MAP_FAILED);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, run->lease), 0);
	assert_int_equal(pipe2(run->gate, O_CLOEXEC), 0);
	run->steps[1].fds[0] = run->region;
	run->steps[1].fds[1] = run->lease[1];
	run->n_steps = 3 + n;
	for (size_t i = 0; i < n; i++) {
		run->steps[3 + i] = end[i];
		if (end[i].gate)
			run->steps[3 + i].gate = run->gate[0];
	}
	start(run);
}

static void program_ends(struct run *run, uint32_t state)
{
	__atomic_store_n(&run->head->progress.state, state, __ATOMIC_RELEASE);
}

/* Returns once iouctl has asked the program to stop. */
static void interrupt(struct run *run)
{
	assert_int_equal(kill(run->pid, SIGINT), 0);
	while (!__atomic_load_n(&run->head->control.stop, __ATOMIC_ACQUIRE))
		sched_yield();
}

/* Waits for the exit of iouctl; returns its exit status. */
static int exit_status(struct run *run)
{
	size_t length = 0;
	ssize_t n;
	int status;

	while ((n = read(run->output, run->text + length, sizeof(run->text) - 1 - length)) > 0)
		length += n;
	assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void run_done(struct run *run)
{
	munmap(run->head, sizeof(*run->head));
	close(run->output);
	close(run->region);
	close(run->lease[0]);
	close(run->lease[1]);
	close(run->gate[0]);
	close(run->gate[1]);
}

static void assert_printed(const struct run *run, const char *text)
{
	if (!strstr(run->text, text))
		fail_msg("\"%s\" is not in the output: %s", text, run->text);
}

static void assert_not_printed(const struct run *run, const char *text)
{
	if (strstr(run->text, text))
		fail_msg("\"%s\" is in the output: %s", text, run->text);
}

static const struct step fields = {
	.expect = "ReadParameters",
	.reply = "{\"parameters\":{\"parameters\":{\"result\":7},\"generation\":1}}"};
static const struct step described = {.expect = "DescribeRing", .reply = RING_REPLY_JSON};
static const struct step explained = {
	.expect = "DescribeRing",
	.reply = "{\"parameters\":{\"ring\":{\"name\":\"r1\",\"reason\":\"the program failed\"}}}"};
static const struct step unknown = {.expect = "DescribeRing",
				    .reply = "{\"error\":\"org.iouringd.Manager.RingNotFound\","
					     "\"parameters\":{\"ring\":\"r1\"}}"};
static const struct step destroyed = {.expect = "DestroyRing", .reply = "{}"};
static const struct step silent = {.expect = "DestroyRing", .gate = -1};
static const struct step lost = {.expect = "DestroyRing",
				 .reply = "{\"error\":\"org.iouringd.Manager.RingNotFound\","
					  "\"parameters\":{\"ring\":\"r1\"}}"};

/* The ring is not destroyed before its program has stopped. */
static void program_stops(void **state)
{
	struct run run;

	run_init(&run, (const struct step[]){fields, described, destroyed}, 3);
	interrupt(&run);
	program_ends(&run, IOURD_WORK_STOPPED);
	assert_int_equal(exit_status(&run), 130);
	assert_printed(&run, "copy stopped; ring r1 ends");
	server_stop(run.server);
	run_done(&run);
}

/* Only what lies before the first gap is claimed, whatever was done in all. */
static void only_what_is_known_is_claimed(void **state)
{
	static const struct {
		uint64_t contiguous, error_offset;
		int error;
		const char *claim, *failure;
	} cases[] = {
		{0, 0, 0, NULL, NULL},
		{4096, 0, 0, "(4096 bytes) are written", NULL},
		{4096, 8192, ENOSPC, "(4096 bytes) are written", "at byte 8192"},
		{0, IOURD_NO_OFFSET, EIO, NULL, "Input/output error"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run run;

		run_init(&run, (const struct step[]){fields, described, destroyed}, 3);
		run.head->progress.done = 868928;
		run.head->progress.total = 1000000;
		run.head->progress.contiguous = cases[i].contiguous;
		run.head->progress.error = cases[i].error;
		run.head->progress.error_offset = cases[i].error_offset;
		program_ends(&run, cases[i].error ? IOURD_WORK_FAILED : IOURD_WORK_STOPPED);
		assert_int_equal(exit_status(&run), cases[i].error ? 3 : 0);
		assert_printed(&run, "is incomplete");
		assert_not_printed(&run, "868928");
		if (cases[i].claim)
			assert_printed(&run, cases[i].claim);
		else
			assert_not_printed(&run, "first");
		if (cases[i].failure)
			assert_printed(&run, cases[i].failure);
		if (cases[i].error_offset == IOURD_NO_OFFSET)
			assert_not_printed(&run, "at byte");
		server_stop(run.server);
		run_done(&run);
	}
}

static void the_end_has_the_reason_that_the_daemon_knows(void **state)
{
	struct run run;

	run_init(&run, (const struct step[]){fields, explained, destroyed}, 3);
	run.head->progress.state = IOURD_WORK_RUNNING;
	__atomic_store_n(&run.head->life.state, IOURD_RING_STOPPED, __ATOMIC_RELEASE);
	assert_int_equal(exit_status(&run), 5);
	assert_printed(&run, "ring r1 was lost: the program failed");
	assert_printed(&run, "is incomplete");
	server_stop(run.server);
	run_done(&run);
}

/* The daemon does not know the ring any more. */
static void the_end_has_the_reason_that_the_region_has(void **state)
{
	static const struct {
		int error;
		const char *text;
	} cases[] = {
		{0, "ring r1 was lost: it was destroyed"},
		{ECONNRESET, "ring r1 was lost: its host process died"},
		/* of a program that failed before somebody destroyed the ring */
		{EINVAL, "ring r1 was lost: it ended before its program was done"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run run;

		run_init(&run, (const struct step[]){fields, unknown, destroyed}, 3);
		run.head->life.error = cases[i].error;
		__atomic_store_n(&run.head->life.state, IOURD_RING_ENDED, __ATOMIC_RELEASE);
		assert_int_equal(exit_status(&run), 5);
		assert_printed(&run, cases[i].text);
		server_stop(run.server);
		run_done(&run);
	}
}

/* A program that failed leaves its ring paused: the reason is told, and the run goes on. */
static void a_pause_is_explained(void **state)
{
	struct run run;

	run_init(&run, (const struct step[]){fields, explained, fields, destroyed}, 4);
	__atomic_store_n(&run.head->life.state, IOURD_RING_PAUSED, __ATOMIC_RELEASE);
	server_wait_for(run.server, 5);
	program_ends(&run, IOURD_WORK_DONE);
	assert_int_equal(exit_status(&run), 0);
	assert_printed(&run, "ring r1 is paused: the program failed");
	server_stop(run.server);
	run_done(&run);
}

static void progress_fields_are_printed(void **state)
{
	struct run run;

	run_init(&run, (const struct step[]){fields, destroyed}, 2);
	program_ends(&run, IOURD_WORK_DONE);
	assert_int_equal(exit_status(&run), 0);
	assert_printed(&run, "copy: result=7\n");
	server_stop(run.server);
	run_done(&run);
}

static void program_does_not_stop(void **state)
{
	struct run run;

	run_init(&run, &destroyed, 1);
	interrupt(&run);
	assert_int_equal(exit_status(&run), 130);
	assert_printed(&run, "copy did not stop within 2 s");
	assert_printed(&run, "interrupted; ring r1 is destroyed");
	server_stop(run.server);
	run_done(&run);
}

/* RingNotFound is success: the ring is gone. */
static void another_client_destroys_the_ring(void **state)
{
	struct run run;

	run_init(&run, &lost, 1);
	interrupt(&run);
	assert_int_equal(exit_status(&run), 130);
	assert_printed(&run, "interrupted; ring r1 is destroyed");
	server_stop(run.server);
	run_done(&run);
}

static void second_interrupt(void **state)
{
	struct run run;

	run_init(&run, &destroyed, 1);
	interrupt(&run);
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	assert_int_equal(exit_status(&run), 130);
	assert_null(strstr(run.text, "did not stop"));
	assert_printed(&run, "interrupted; ring r1 is destroyed");
	server_stop(run.server);
	run_done(&run);
}

static void neither_program_nor_daemon_responds(void **state)
{
	struct run run;

	run_init(&run, &silent, 1);
	interrupt(&run);
	assert_int_equal(exit_status(&run), 130);
	assert_printed(&run, "did not stop");
	assert_printed(&run, "did not confirm within 4 s that ring r1 is destroyed");
	assert_int_equal(write(run.gate[1], "", 1), 1);
	server_stop(run.server);
	run_done(&run);
}

/* The daemon exits while the ring runs, and is not started again. */
static void no_daemon_at_the_end(void **state)
{
	struct run run;

	run_init(&run, NULL, 0);
	server_stop(run.server);
	program_ends(&run, IOURD_WORK_DONE);
	assert_int_equal(exit_status(&run), 0);
	assert_printed(&run, "copy: ");
	run_done(&run);
}

static void no_daemon_and_the_program_does_not_stop(void **state)
{
	struct run run;

	run_init(&run, NULL, 0);
	server_stop(run.server);
	interrupt(&run);
	assert_int_equal(exit_status(&run), 130);
	assert_printed(&run,
		       "could not ask iouringd to destroy ring r1 (No such file or directory)");
	run_done(&run);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_stops),
		cmocka_unit_test(only_what_is_known_is_claimed),
		cmocka_unit_test(the_end_has_the_reason_that_the_daemon_knows),
		cmocka_unit_test(the_end_has_the_reason_that_the_region_has),
		cmocka_unit_test(a_pause_is_explained),
		cmocka_unit_test(progress_fields_are_printed),
		cmocka_unit_test(program_does_not_stop),
		cmocka_unit_test(another_client_destroys_the_ring),
		cmocka_unit_test(second_interrupt),
		cmocka_unit_test(neither_program_nor_daemon_responds),
		cmocka_unit_test(no_daemon_at_the_end),
		cmocka_unit_test(no_daemon_and_the_program_does_not_stop),
	};

	int file = mkstemp(target), failed;

	if (file < 0)
		return EXIT_FAILURE;
	close(file);
	iouctl = argc == 2 ? argv[1] : "iouctl";
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests_name("cli run", tests, NULL, NULL);
	unlink(target);
	return failed;
}
