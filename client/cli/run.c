/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouctl run: a ring for one piece of work
 *
 * Opens the files, creates the ring, and only then truncates the targets; starts the ring, shows
 * progress and reports the end. An interrupt asks the program to stop. If the program does not stop
 * in time, or after a second interrupt, the daemon destroys the ring. The daemon is not needed
 * while the ring runs, nor at the end, as closing the lease destroys the ring, too.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "copy-run.h"
#include "enum-name.h"
#include "output.h"
#include "reply.h"
#include "run.h"

#define PROGRESS_INTERVAL_MS 100
#define STOP_SECONDS	     2.0 /* after an interrupt, for requests in flight */
/* For DestroyRing after an interrupt: the daemon kills a host that does not respond within 2 s. */
#define DESTROY_INTERRUPTED_MS 4000
#define DESTROY_MS	       30000 /* without an interrupt */

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupts++;
}

/* Without SA_RESTART, so that a signal interrupts the wait. */
static void catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
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
	sig_atomic_t seen = 0;
	double stop_by = 0;
	int r;

	for (;;) {
		if (interrupts != seen) {
			if (seen || interrupts > 1)
				return -EINTR;
			seen = interrupts;
			stop_by = progress_bar_seconds(&run->bar) + STOP_SECONDS;
			iouctl_ring_stop(run->ring);
		}
		r = iouctl_ring_wait(run->ring, PROGRESS_INTERVAL_MS);
		iouctl_ring_progress(run->ring, progress);
		if (r != -ETIMEDOUT && r != -EINTR)
			return r;
		if (seen && progress_bar_seconds(&run->bar) >= stop_by)
			return -ETIMEDOUT;
		watch_progress(run, progress);
	}
}

static void print_note(struct json_object *field, const char *value)
{
	char *words = strdup(enum_short_name(json_member(field, "values"), value));

	if (!words)
		abort();
	for (char *p = words; *p; p++)
		*p = (char)(*p == '_' ? ' ' : tolower((unsigned char)*p));
	output_error("note: %s: %s (%s)", json_text(field, "name"), words,
		     json_text(field, "help"));
	free(words);
}

/* Each progress field with named values that has another than its first one: "source: sparse". */
static void print_notes(struct run *run)
{
	struct json_object *fields = json_member(run->description, "fields"), *parameters;
	char *text;

	if (!fields || iouctl_ring_get(run->ring, &text) < 0)
		return;
	parameters = json_tokener_parse(text);
	free(text);
	for (size_t i = 0; i < json_length(fields); i++) {
		struct json_object *field = json_element(fields, i);
		struct json_object *values = json_member(field, "values");
		const char *value = json_text(parameters, json_text(field, "name"));

		if (values && strcmp(json_text(field, "access"), "progress") == 0 &&
		    strcmp(value, json_text(json_element(values, 0), "name")) != 0)
			print_note(field, value);
	}
	json_object_put(parameters);
}

static const char *slot_path(const struct run *run, uint32_t slot)
{
	struct json_object *slots = json_member(run->description, "slots");
	const char *name;

	if (slot >= json_length(slots))
		return NULL;
	name = json_text(json_element(slots, slot), "name");
	for (size_t i = 0; i < run->files.n; i++)
		if (strcmp(run->files.files[i].slot, name) == 0)
			return run->files.files[i].path;
	return NULL;
}

/* What is known of each target after an end ahead of time. */
static void print_targets(const struct run *run, const struct iouctl_progress *progress)
{
	uint64_t first = progress->contiguous;
	char amount[OUTPUT_NUMBER_MAX];

	for (size_t i = 0; i < run->files.n; i++) {
		const struct run_file *file = &run->files.files[i];

		if (!file->write_only)
			continue;
		if (strcmp(run->unit, "bytes") == 0 && first > 0)
			output_error("%s is incomplete; its first %s (%" PRIu64
				     " bytes) are written",
				     file->path, output_amount(amount, first, "bytes"), first);
		else
			output_error("%s is incomplete", file->path);
	}
}

static void print_work_error(const struct run *run, const struct iouctl_progress *progress)
{
	const char *path = slot_path(run, progress->error_slot), *error = strerror(progress->error);

	if (path && progress->error_offset == IOURD_NO_OFFSET)
		output_error("%s failed: %s, %s", run->program, error, path);
	else if (path)
		output_error("%s failed: %s, %s at byte %" PRIu64, run->program, error, path,
			     progress->error_offset);
	else
		output_error("%s failed: %s", run->program, error);
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
	print_targets(run, progress);
	return STATUS_INTERRUPTED;
}

/* After the program or the ring ended: @r of iouctl_ring_wait(). */
static int end(struct run *run, int r, const struct iouctl_progress *progress)
{
	const char *name = iouctl_ring_name(run->ring);

	if (r < 0 || progress->state < IOURD_WORK_DONE) {
		output_error("ring %s was lost: %s", name,
			     progress->ring_state == IOURD_RING_FAILED && progress->error
				     ? strerror(progress->error)
			     : r < 0 ? strerror(-r)
				     : "it ended before its program finished");
		print_targets(run, progress);
		return STATUS_RING_LOST;
	}
	print_notes(run);
	if (progress->state == IOURD_WORK_FAILED) {
		print_work_error(run, progress);
		print_targets(run, progress);
		return STATUS_WORK_FAILED;
	}
	if (progress->state == IOURD_WORK_STOPPED) {
		output_error("%s stopped; ring %s ends", run->program, name);
		print_targets(run, progress);
		return interrupts ? STATUS_INTERRUPTED : STATUS_OK;
	}
	return copy_run_check(run, progress);
}

static void print_result(struct run *run, int status, const struct iouctl_progress *progress)
{
	static const char *const states[] = {"idle", "running", "done", "stopped", "failed"};
	char amount[OUTPUT_NUMBER_MAX], rate[OUTPUT_NUMBER_MAX];
	double seconds = progress_bar_seconds(&run->bar);
	struct json_object *object;

	if (run->cli->json) {
		object = cli_object("ring", iouctl_ring_name(run->ring));
		json_object_object_add(object, "program", json_object_new_string(run->program));
		json_object_object_add(object, "state",
				       json_object_new_string(progress->state <= IOURD_WORK_FAILED
								      ? states[progress->state]
								      : "unknown"));
		json_object_object_add(object, "done", json_object_new_uint64(progress->done));
		json_object_object_add(object, "total", json_object_new_uint64(progress->total));
		json_object_object_add(object, "unit", json_object_new_string(run->unit));
		json_object_object_add(object, "error", json_object_new_int(progress->error));
		if (progress->error_offset != IOURD_NO_OFFSET)
			json_object_object_add(object, "errorOffset",
					       json_object_new_uint64(progress->error_offset));
		json_object_object_add(object, "contiguous",
				       json_object_new_uint64(progress->contiguous));
		if (run->stall.waits)
			json_object_object_add(object, "waits",
					       json_object_new_string(run->stall.waits));
		json_object_object_add(object, "generation",
				       json_object_new_uint64(progress->generation));
		json_object_object_add(object, "seconds", json_object_new_double(seconds));
		json_object_object_add(object, "exitStatus", json_object_new_int(status));
		output_json(object);
		json_object_put(object);
	} else if (status == STATUS_OK && !cli_flag(run->cli, "quiet")) {
		output_line(stdout, "%s: %s in %.1f s (%s)", run->program,
			    output_amount(amount, progress->done, run->unit), seconds,
			    output_rate(rate, seconds > 0 ? (double)progress->done / seconds : 0,
					run->unit));
	}
}

static int run_ring(struct run *run)
{
	struct iouctl_progress progress;
	int r, status;

	catch_interrupts();
	progress_bar_init(&run->bar, iouctl_ring_name(run->ring), run->unit,
			  cli_flag(run->cli, "quiet") || run->cli->json);
	r = iouctl_ring_start(run->ring);
	if (r < 0)
		return cli_print_failure(run->cli, r, "starting the ring");
	r = wait_for_end(run, &progress);
	progress_bar_end(&run->bar);
	iouctl_set_timeout(run->cli->connection, interrupts ? DESTROY_INTERRUPTED_MS : DESTROY_MS);
	if (r == -EINTR || r == -ETIMEDOUT) {
		status = end_interrupted(run, r, &progress);
	} else {
		status = end(run, r, &progress);
		/* without a daemon, closing the lease destroys the ring */
		if (r == 0 && destroy(run) == -EREMOTEIO && status == STATUS_OK)
			status = cli_print_failure(run->cli, -EREMOTEIO, "destroying the ring");
		if (status == STATUS_OK)
			status = files_close(&run->files);
	}
	print_result(run, status, &progress);
	return status;
}

static int run_program(struct cli *cli)
{
	struct run run = {.cli = cli, .program = cli->arguments[0]};
	int r = run_create(&run, false);

	if (r == 0)
		r = files_truncate(&run.files);
	if (r == 0)
		r = copy_run_prepare(&run);
	if (r == 0)
		r = run_ring(&run);
	stall_done(&run.stall);
	run_done(&run);
	return r;
}

static const struct option_spec run_options[] = {
	{"file", 'f', "SLOT=PATH", "file for a slot of the program; repeatable"},
	{"set", 'S', "FIELD=VALUE", "parameter; repeatable; numbers take K, M and G"},
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
	 "  iouctl run copy --file source=a --file target=b --set depth=16\n"
	 "  iouctl run copy --file source=a --file target=b --set sparse=always",
	 run_options, run_program},
	{0},
};
