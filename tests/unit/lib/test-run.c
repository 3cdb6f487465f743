/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-run.c - making and running an adopted ring: failures, results and reports */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../fds.h"
#include "app.h"

/* ---- making it ---- */

static void steps_that_fail(void **state)
{
	static const struct {
		struct answers answers;
		int result;
		const char *text;
	} cases[] = {
		{{.setup = ENOSYS}, -ENOSYS, "io_uring_setup: Function not implemented"},
		{{.setup = EPERM}, -EPERM, "io_uring_setup: Operation not permitted"},
		{{.region = EINVAL}, -EINVAL, "registering the param region: Invalid argument"},
		{{.files = EMFILE}, -EMFILE, "registering the files: Too many open files"},
		{{.buffers = ENOMEM}, -ENOMEM, "registering the data area: Cannot allocate memory"},
		{{}, -EREMOTEIO, "AdoptRing"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool made = cases[i].answers.setup == 0;
		size_t fds;
		struct app app;

		make_fd_0();
		fds = count_fds();
		app_init(&app);
		app.answers = cases[i].answers;
		if (cases[i].result == -EREMOTEIO)
			expect(&app, "AdoptRing", "\"ringDescriptor\":0",
			       ERROR_JSON("AdoptRingNot"));
		expect(&app, "DestroyRing", "\"r1\"", "{\"parameters\":{}}");
		app_start(&app);
		app_join(&app);
		assert_int_equal(app.adopted, cases[i].result);
		assert_null(app.ring);
		if (!strstr(iouctl_error_message(app.c), cases[i].text))
			fail_msg("%s is not in: %s", cases[i].text, iouctl_error_message(app.c));
		app_done(&app);
		assert_int_equal(fcntl(0, F_GETFD), made ? -1 : 0);
		make_fd_0();
		assert_int_equal(count_fds(), fds);
	}
}

/* Freeing closes everything; the lease is a listening socket before. */
static void made_and_freed(void **state)
{
	struct app app;
	size_t fds;
	int value;
	socklen_t length = sizeof(value);

	make_fd_0();
	fds = count_fds();
	app_init(&app);
	expect_adoption(&app, IOURD_RING_ENDED, IOURD_WORK_IDLE);
	app_start(&app);
	app_join(&app);
	assert_int_equal(app.adopted, 0);
	assert_string_equal(iouctl_ring_name(app.ring), "r1");
	assert_int_equal(iouctl_ring_lease_fd(app.ring), -1);
	assert_int_equal(getsockopt(app.lease, SOL_SOCKET, SO_ACCEPTCONN, &value, &length), 0);
	assert_int_equal(value, 1);
	app_done(&app);
	assert_int_equal(fcntl(0, F_GETFD), -1);
	make_fd_0();
	assert_int_equal(count_fds(), fds);
}

/* ---- running it ---- */

static void started_once(void **state)
{
	struct app app;

	app_init(&app);
	app.answers.enable = EBADFD;
	expect_adoption(&app, IOURD_RING_CREATED, IOURD_WORK_IDLE);
	expect(&app, "StartRing", "\"r1\"", STATE_JSON("running"));
	assert_int_equal(app_run(&app), -EBADFD);
	app_init(&app); /* another client has started it already */
	app.answers.enable = EBADFD;
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_IDLE);
	assert_int_equal(app_run(&app), -EBADFD);
	app_init(&app);
	expect_adoption(&app, IOURD_RING_CREATED, IOURD_WORK_IDLE);
	expect(&app, "StartRing", "\"r1\"", ERROR_JSON("NotPermitted"));
	assert_int_equal(app_run(&app), -EREMOTEIO);
}

static void work_ends(void **state)
{
	struct app app;

	app_init(&app);
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_DONE);
	expect(&app, "ReportRing", "\"result\":0", NULL);
	assert_int_equal(app_run(&app), 0);
	app_init(&app);
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_FAILED);
	app.head->progress.error = ENOSPC;
	expect(&app, "ReportRing", "\"result\":0", STATE_JSON("stopped"));
	assert_int_equal(app_run(&app), -ENOSPC);
	app_init(&app); /* the program's error is not an errno */
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_FAILED);
	app.head->progress.error = 1 << 30;
	expect(&app, "ReportRing", "\"result\":0", STATE_JSON("stopped"));
	assert_int_equal(app_run(&app), -EIO);
	app_init(&app); /* on probation: the daemon pauses the ring */
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_FAILED);
	app.head->progress.error = EFBIG;
	expect(&app, "ReportRing", "\"result\":0", STATE_JSON("paused"));
	assert_int_equal(app_run(&app), -EFBIG);
}

/* A program fails; the daemon replaces it; the replacement fails, too. */
static void program_breaks(void **state)
{
	struct app app;

	app_init(&app);
	app.answers.enter = EINVAL;
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_RUNNING);
	expect(&app, "ReportRing", "\"result\":-22", STATE_JSON("running"));
	expect(&app, "ReportRing", "\"result\":-22", ERROR_JSON("RingBusy"));
	expect(&app, "ReportRing", "\"result\":-22", STATE_JSON("failed"));
	assert_int_equal(app_run(&app), -EINVAL);
	app_init(&app); /* it stays failed: it is not entered, and nothing is reported */
	app.answers.enter = EFAULT;
	app.twice = true;
	expect_adoption(&app, IOURD_RING_FAILED, IOURD_WORK_RUNNING);
	app.head->life.error = EFAULT;
	assert_int_equal(app_run(&app), -EFAULT);
	assert_int_equal(app.results[1], -EFAULT);
}

static void ring_is_gone(void **state)
{
	struct app app;

	app_init(&app); /* the daemon does not know the ring: one report */
	app.answers.enter = EFAULT;
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_RUNNING);
	expect(&app, "ReportRing", "\"result\":-14", ERROR_JSON("RingNotFound"));
	assert_int_equal(app_run(&app), -EOWNERDEAD);
	app_init(&app);
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_RUNNING);
	expect(&app, "ReportRing", NULL, ERROR_JSON("NotPermitted"));
	assert_int_equal(app_run(&app), -EREMOTEIO);
	app_init(&app);
	expect_adoption(&app, IOURD_RING_ENDED, IOURD_WORK_RUNNING);
	assert_int_equal(app_run(&app), -EOWNERDEAD);
}

static void another_thread(void **state)
{
	struct app app;

	app_init(&app);
	app.answers.enter = EEXIST;
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_RUNNING);
	assert_int_equal(app_run(&app), -EEXIST);
}

static void interrupted(void **state)
{
	struct app app;

	app_init(&app);
	app.answers.enter = EINTR;
	app.twice = true;
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_RUNNING);
	assert_int_equal(app_run(&app), -EINTR);
	assert_int_equal(app.results[1], -EINTR);
}

static void no_daemon(void **state)
{
	struct app app;

	app_init(&app);
	app.no_daemon = true;
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_DONE);
	assert_int_equal(app_run(&app), 0);
	app_init(&app);
	app.no_daemon = true;
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_FAILED);
	app.head->progress.error = ENOSPC;
	assert_int_equal(app_run(&app), -ENOSPC);
	app_init(&app);
	app.no_daemon = true;
	expect_adoption(&app, IOURD_RING_RUNNING, IOURD_WORK_RUNNING);
	assert_int_equal(app_run(&app), -ENOENT);
}

static void say(struct app *app, uint32_t state)
{
	__atomic_store_n(&app->head->life.state, state, __ATOMIC_RELEASE);
	__atomic_fetch_add(&app->head->life.event, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &app->head->life.event, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void on_signal(int number)
{
}

static void paused(void **state)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct app app;

	sigaction(SIGUSR2, &action, NULL);
	app_init(&app);
	app.twice = true;
	app.answers.enter = EINVAL;
	expect_adoption(&app, IOURD_RING_PAUSED, IOURD_WORK_RUNNING);
	expect(&app, "ReportRing", "\"result\":-22", STATE_JSON("failed"));
	app_start(&app);
	while (__atomic_load_n(&app.tid, __ATOMIC_SEQ_CST) == 0)
		sched_yield();
	wait_until_asleep(app.tid);
	pthread_kill(app.thread, SIGUSR2);
	while (__atomic_load_n(&app.results[0], __ATOMIC_SEQ_CST) == 0)
		sched_yield();
	assert_int_equal(app.results[0], -EINTR);
	wait_until_asleep(app.tid);
	say(&app, IOURD_RING_RUNNING);
	app_join(&app);
	assert_int_equal(app.results[1], -EINVAL);
	app_done(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_that_fail), cmocka_unit_test(made_and_freed),
		cmocka_unit_test(started_once),	   cmocka_unit_test(work_ends),
		cmocka_unit_test(program_breaks),  cmocka_unit_test(ring_is_gone),
		cmocka_unit_test(another_thread),  cmocka_unit_test(interrupted),
		cmocka_unit_test(no_daemon),	   cmocka_unit_test(paused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("adopted rings run", tests, NULL, NULL);
}
