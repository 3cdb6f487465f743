/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouctl run: a ring for one piece of work
 *
 * Opens the files, creates the ring, and only then truncates the targets; starts the ring, shows
 * progress and reports the end. An interrupt asks the program to stop. If the program does not stop
 * in time, or after a second interrupt, the daemon destroys the ring. The daemon is not needed
 * while the ring runs, nor at the end, as closing the lease destroys the ring, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "copy-run.h"
#include "interrupt.h"
#include "output.h"
#include "reply.h"
#include "run.h"

#define PROGRESS_INTERVAL_MS 100
#define STOP_SECONDS	     2.0 /* after an interrupt, for requests in flight */
/* For DestroyRing after an interrupt: the daemon kills a host that does not respond within 2 s. */
#define DESTROY_INTERRUPTED_MS 4000
#define DESTROY_MS	       30000 /* without an interrupt */
#define DESCRIBE_MS	       2000  /* for the reason of a pause */
#define REASON_MS	       1000  /* for the daemon to record the end of the ring */

/*
 * A program that fails may leave its ring paused, for an administrator to swap it. Nobody would
 * know why nothing goes on.
 */
static void report_pause(struct run *run)
{
	const char *name = iouctl_ring_name(run->ring);

	iouctl_set_timeout(run->cli->connection, DESCRIBE_MS);
	report_read(run, false);
	iouctl_set_timeout(run->cli->connection, -1);
	if (!report_reason(run))
		return;
	progress_bar_end(&run->bar);
	output_error("ring %s is paused: %s", name, report_reason(run));
	output_error("'iouctl ring swap' gives it another program, 'iouctl ring resume' continues "
		     "it");
}

/* Only who waits for the end sees it; a pipe stays quiet, and JSON has it at the end. */
static void watch_progress(struct run *run, const struct iouctl_progress *progress)
{
	bool news = (run->bar.shown || run->cli->json) &&
		    stall_update(&run->stall, run->cli, run->ring, progress,
				 progress_bar_seconds(&run->bar));

	if (news && run->bar.shown) {
		progress_bar_end(&run->bar);
		output_line(stderr, "%s waits: %s", run->bar.title, run->stall.waits);
	}
	progress_bar_update(&run->bar, progress);
}

/*
 * As iouctl_ring_wait(), but -EINTR after a second interrupt, and -ETIMEDOUT if the program did not
 * stop after the first one.
 */
static int wait_for_end(struct run *run, struct iouctl_progress *progress)
{
	bool paused = false;
	int seen = 0;
	double stop_by = 0;
	int r;

	for (;;) {
		if (interrupt_count() != seen) {
			if (seen || interrupt_count() > 1)
				return -EINTR;
			seen = interrupt_count();
			stop_by = progress_bar_seconds(&run->bar) + STOP_SECONDS;
			iouctl_ring_stop(run->ring);
		}
		r = iouctl_ring_wait(run->ring, PROGRESS_INTERVAL_MS);
		iouctl_ring_progress(run->ring, progress);
		if (r != -ETIMEDOUT && r != -EINTR)
			return r;
		if (seen && progress_bar_seconds(&run->bar) >= stop_by)
			return -ETIMEDOUT;
		if (!paused && !seen && progress->ring_state == IOURD_RING_PAUSED)
			report_pause(run);
		paused = progress->ring_state == IOURD_RING_PAUSED;
		watch_progress(run, progress);
	}
}

/* Calls DestroyRing. 0 also if the ring is gone already. */
static int destroy(struct run *run)
{
	static const char not_found[] = "org.iouringd.Manager.RingNotFound";
	const char *name;
	int r = iouctl_ring_destroy(run->ring);

	name = r == -EREMOTEIO ? iouctl_error_name(run->cli->connection) : NULL;
	return name && strcmp(name, not_found) == 0 ? 0 : r;
}

/* After interrupts: -ETIMEDOUT or -EINTR of wait_for_end(). */
static int end_interrupted(struct run *run, int r, const struct iouctl_progress *progress)
{
	const char *name = iouctl_ring_name(run->ring);

	if (r == -ETIMEDOUT)
		output_error("%s did not stop within %.0f s", run->program, STOP_SECONDS);
	r = destroy(run);
	if (r == 0)
		output_error("interrupted; ring %s is destroyed", name);
	else if (r == -ETIMEDOUT)
		output_error("interrupted; iouringd did not confirm within %d s that ring %s is "
			     "destroyed; closing its lease destroys it",
			     DESTROY_INTERRUPTED_MS / 1000, name);
	else
		output_error("interrupted; could not ask iouringd to destroy ring %s (%s); closing "
			     "its lease destroys it",
			     name,
			     r == -EREMOTEIO ? iouctl_error_message(run->cli->connection)
					     : strerror(-r));
	report_targets(run, progress);
	return STATUS_INTERRUPTED;
}

/* After an end ahead of time. The lease can hang up before the daemon knows that the host is gone.
 */
static void read_reason(struct run *run, int r, struct iouctl_progress *progress)
{
	if (r == -EOWNERDEAD)
		iouctl_ring_wait(run->ring, REASON_MS);
	report_read(run, false);
	iouctl_ring_progress(run->ring, progress);
}

/* What is known without the daemon. */
static const char *end_text(int r, const struct iouctl_progress *progress)
{
	if (progress->ring_state == IOURD_RING_ENDED && progress->error == ECONNRESET)
		return "its host process died";
	if (progress->ring_state == IOURD_RING_ENDED && !progress->error)
		return "it was destroyed";
	if ((progress->ring_state == IOURD_RING_STOPPED ||
	     progress->ring_state == IOURD_RING_FAILED) &&
	    progress->error)
		return strerror(progress->error);
	if (r == -EOWNERDEAD)
		return "its host process is gone";
	return r < 0 ? strerror(-r) : "it ended before its program was done";
}

/* After the program or the ring ended: @r of iouctl_ring_wait(). */
static int end(struct run *run, int r, struct iouctl_progress *progress)
{
	const char *name = iouctl_ring_name(run->ring), *reason;

	if (r < 0 || progress->state < IOURD_WORK_DONE) {
		read_reason(run, r, progress);
		reason = report_reason(run);
		output_error("ring %s was lost: %s", name, reason ? reason : end_text(r, progress));
		report_targets(run, progress);
		return STATUS_RING_LOST;
	}
	report_read(run, progress->state == IOURD_WORK_DONE);
	report_notes(run);
	if (progress->state == IOURD_WORK_FAILED) {
		report_work_error(run, progress);
		report_targets(run, progress);
		return STATUS_WORK_FAILED;
	}
	if (progress->state == IOURD_WORK_STOPPED) {
		output_error("%s stopped; ring %s ends", run->program, name);
		report_targets(run, progress);
		if (interrupt_count())
			return STATUS_INTERRUPTED;
		return run->finish ? STATUS_RING_LOST : STATUS_OK;
	}
	return copy_run_check(run, progress);
}

/* After @r of wait_for_end(): ends the ring, completes the files and reports. An exit status. */
static int conclude(struct run *run, int r, struct iouctl_progress *progress)
{
	int status;

	iouctl_set_timeout(run->cli->connection,
			   interrupt_count() ? DESTROY_INTERRUPTED_MS : DESTROY_MS);
	if (r == -EINTR || r == -ETIMEDOUT)
		return end_interrupted(run, r, progress);
	status = end(run, r, progress);
	/* without a daemon, closing the lease destroys the ring */
	if (r == 0 && destroy(run) == -EREMOTEIO && status == STATUS_OK)
		status = cli_print_failure(run->cli, -EREMOTEIO, "destroying the ring");
	if (status == STATUS_OK && run->finish)
		status = run->finish(run->arg);
	if (status == STATUS_OK)
		status = files_close(&run->files);
	return status;
}

/* Truncates the targets and starts the ring. If it fails, the files that it created are removed. */
static int start(struct run *run)
{
	static const struct iouctl_progress nothing;
	int r = files_truncate(&run->files);

	if (r == 0)
		r = copy_run_prepare(run);
	if (r == 0) {
		r = iouctl_ring_start(run->ring);
		if (r == 0)
			return 0;
		r = cli_print_failure(run->cli, r, "starting the ring");
	}
	files_unlink_created(&run->files);
	report_targets(run, &nothing);
	return r;
}

/* Lines do not go into a file that the ring writes, such as /dev/stdout. */
static void keep_output_apart(const struct run *run)
{
	struct stat out, st;

	for (size_t i = 0; i < run->files.n; i++) {
		const struct run_file *file = &run->files.files[i];

		if (file->writable && fstat(STDOUT_FILENO, &out) == 0 &&
		    fstat(file->fd, &st) == 0 && out.st_dev == st.st_dev && out.st_ino == st.st_ino)
			dup2(STDERR_FILENO, STDOUT_FILENO);
	}
}

int run_ring(struct run *run)
{
	struct iouctl_progress progress;
	int r, status;

	interrupt_catch();
	interrupt_defer(true);
	keep_output_apart(run);
	progress_bar_init(&run->bar, iouctl_ring_name(run->ring), run->unit,
			  cli_flag(run->cli, "quiet") || run->cli->json);
	status = start(run);
	if (status != 0)
		return status;
	r = wait_for_end(run, &progress);
	progress_bar_end(&run->bar);
	status = conclude(run, r, &progress);
	iouctl_set_timeout(run->cli->connection, -1);
	report_result(run, status, &progress);
	return status;
}

static int run_program(struct cli *cli)
{
	struct run run = {.cli = cli, .program = cli->arguments[0]};
	int r = run_create(&run, false);

	if (r == 0)
		r = run_ring(&run);
	run_done(&run);
	return r;
}

static const struct option_spec run_options[] = {
	{"file", 'f', "SLOT=PATH", "file for a slot of the program; repeatable"},
	{"set", 'S', "FIELD=VALUE", "parameter; repeatable; numbers take K, M, G, T, P"},
	{"name", 'n', "NAME", "name of the ring (default: the program's and a number)"},
	{"data-bytes", 'd', "BYTES", "size of the data area (default: what the program needs)"},
	{"quiet", 'q', NULL, "print neither progress bar nor closing line"},
	{0},
};

const struct command commands_run[] = {
	{"run", "PROGRAM", 1, 1, "Run a loop program on files until it is done",
	 "Creates and starts a ring for the files, and shows progress. Missing files that are to "
	 "be\n"
	 "written are created; files that are only written are truncated once the ring exists.\n"
	 "Ctrl-C lets requests in flight complete, for at most 2 s; a second Ctrl-C destroys the\n"
	 "ring at once.\n\n"
	 "  iouctl run copy --file source=a --file target=b --set depth=16",
	 run_options, run_program},
	{0},
};
