/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouctl run: a ring for one piece of work
 *
 * Open the files, create the ring, only then cut the targets, start, show progress, and say how it
 * ended. An interrupt asks the program to stop; if it does not, or at a second one, the daemon ends
 * the ring. While the ring runs the daemon is not needed, and at the end it is not waited for: the
 * lease ends the ring, too.
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
#include "output.h"
#include "run.h"

#define PROGRESS_INTERVAL_MS 100
#define STOP_SECONDS	     2.0 /* after an interrupt, for what is in flight */
/* Then, for the daemon to end the ring: it gives a host that does not listen 2 s, and kills it. */
#define END_MS	       4000
#define END_QUIETLY_MS 30000 /* the same, if nobody waits for it with a finger on Ctrl-C */

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupts++;
}

/* Without SA_RESTART, so that waiting ends. */
static void catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* As iouctl_ring_wait(); -EINTR: a second interrupt; -ETIMEDOUT: it did not stop after the first.
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
		progress_bar_update(&run->bar, progress);
	}
}

/* What @name has that its siblings do not begin with: "sparse" of COPY_SOURCE_SPARSE. */
static const char *own_part(struct json_object *values, const char *name)
{
	size_t common = strlen(name);

	for (size_t i = 0; i < json_object_array_length(values); i++) {
		const char *other = json_text(json_object_array_get_idx(values, i), "name");
		size_t same = 0;

		while (same < common && name[same] == other[same])
			same++;
		if (strcmp(name, other) != 0)
			common = same;
	}
	while (common && name[common - 1] != '_')
		common--;
	return name + (common < strlen(name) ? common : 0);
}

static void say_note(struct json_object *field, const char *value)
{
	const char *own = own_part(json_member(field, "values"), value);

	fprintf(stderr, "iouctl: note: %s: ", json_text(field, "name"));
	for (; *own; own++)
		fputc(*own == '_' ? ' ' : tolower((unsigned char)*own), stderr);
	fprintf(stderr, " (%s)\n", json_text(field, "help"));
}

/* What declared progress fields say by name, other than their first value: "source: sparse". */
static void say_notes(struct run *run)
{
	struct json_object *fields = json_member(run->description, "fields"), *parameters;
	char *text;

	if (!fields || iouctl_ring_get(run->ring, &text) < 0)
		return;
	parameters = json_tokener_parse(text);
	free(text);
	for (size_t i = 0; i < json_object_array_length(fields); i++) {
		struct json_object *field = json_object_array_get_idx(fields, i);
		struct json_object *values = json_member(field, "values");
		const char *value = json_text(parameters, json_text(field, "name"));

		if (values && strcmp(json_text(field, "access"), "progress") == 0 &&
		    strcmp(value, json_text(json_object_array_get_idx(values, 0), "name")) != 0)
			say_note(field, value);
	}
	json_object_put(parameters);
}

static const char *slot_path(const struct run *run, uint32_t slot)
{
	struct json_object *slots = json_member(run->description, "slots");
	const char *name;

	if (!slots || slot >= json_object_array_length(slots))
		return NULL;
	name = json_text(json_object_array_get_idx(slots, slot), "name");
	for (size_t i = 0; i < run->files.n; i++)
		if (strcmp(run->files.files[i].slot, name) == 0)
			return run->files.files[i].path;
	return NULL;
}

/* What a file that was to be written holds after an end before the end. */
static void say_targets(const struct run *run, uint64_t done)
{
	char amount[OUTPUT_NUMBER_MAX];

	for (size_t i = 0; i < run->files.n; i++) {
		if (!run->files.files[i].write)
			continue;
		if (strcmp(run->unit, "bytes") == 0)
			fprintf(stderr,
				"iouctl: %s is incomplete: its first %s (%" PRIu64
				" bytes) are good\n",
				run->files.files[i].path, output_amount(amount, done, "bytes"),
				done);
		else
			fprintf(stderr, "iouctl: %s may be incomplete\n", run->files.files[i].path);
	}
}

static void say_failure(const struct run *run, const struct iouctl_progress *progress)
{
	const char *path = slot_path(run, progress->error_slot);

	fprintf(stderr, "iouctl: %s failed: %s", run->program, strerror(progress->error));
	if (path)
		fprintf(stderr, ", %s at byte %" PRIu64, path, progress->error_offset);
	fputc('\n', stderr);
}

/* Asks the daemon. 0: the ring is gone; -EREMOTEIO: it says no; else there is no answer. */
static int end_ring(struct run *run)
{
	static const char gone[] = "org.iouringd.Manager.RingNotFound";
	const char *name;
	int r = iouctl_ring_destroy(run->ring);

	name = r == -EREMOTEIO ? iouctl_error_name(run->cli->connection) : NULL;
	return name && strcmp(name, gone) == 0 ? 0 : r;
}

/* By the user, who is not made to wait. */
static int say_interrupted(struct run *run, int r, const struct iouctl_progress *progress)
{
	const char *name = iouctl_ring_name(run->ring);

	if (r == -ETIMEDOUT)
		fprintf(stderr, "iouctl: %s did not stop within %.0f s\n", run->program,
			STOP_SECONDS);
	r = end_ring(run);
	if (r == 0)
		fprintf(stderr, "iouctl: interrupted; the ring %s is ended\n", name);
	else if (r == -ETIMEDOUT)
		fprintf(stderr,
			"iouctl: interrupted; iouringd did not say within %d s that the ring "
			"%s is ended, its lease does that\n",
			END_MS / 1000, name);
	else
		fprintf(stderr,
			"iouctl: interrupted; iouringd could not be asked to end the ring "
			"%s (%s), its lease does that\n",
			name,
			r == -EREMOTEIO ? iouctl_error_message(run->cli->connection)
					: strerror(-r));
	say_targets(run, progress->done);
	return STATUS_INTERRUPTED;
}

static int say_end(struct run *run, int r, const struct iouctl_progress *progress)
{
	if (r < 0 || progress->state < IOURD_WORK_DONE) {
		fprintf(stderr, "iouctl: the ring %s was lost: %s\n", iouctl_ring_name(run->ring),
			progress->ring_state == IOURD_RING_FAILED && progress->error
				? strerror(progress->error)
			: r < 0 ? strerror(-r)
				: "it ended before its program was finished");
		say_targets(run, progress->done);
		return STATUS_RING_LOST;
	}
	say_notes(run);
	if (progress->state == IOURD_WORK_FAILED) {
		say_failure(run, progress);
		say_targets(run, progress->done);
		return STATUS_WORK_FAILED;
	}
	if (progress->state == IOURD_WORK_STOPPED) {
		fprintf(stderr, "iouctl: stopped; the ring %s is ended\n",
			iouctl_ring_name(run->ring));
		if (!progress->total || progress->done < progress->total)
			say_targets(run, progress->done);
		return interrupts ? STATUS_INTERRUPTED : STATUS_OK;
	}
	return STATUS_OK;
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
		json_object_object_add(object, "errorOffset",
				       json_object_new_uint64(progress->error_offset));
		json_object_object_add(object, "generation",
				       json_object_new_uint64(progress->generation));
		json_object_object_add(object, "seconds", json_object_new_double(seconds));
		json_object_object_add(object, "exitStatus", json_object_new_int(status));
		output_json(object);
		json_object_put(object);
	} else if (status == STATUS_OK && !cli_flag(run->cli, "quiet")) {
		printf("%s: %s in %.1f s (%s)\n", run->program,
		       output_amount(amount, progress->done, run->unit), seconds,
		       output_rate(rate, seconds > 0 ? (double)progress->done / seconds : 0,
				   run->unit));
	}
}

static int work(struct run *run)
{
	struct iouctl_progress progress;
	int r, status;

	catch_interrupts();
	progress_bar_init(&run->bar, iouctl_ring_name(run->ring), run->unit,
			  cli_flag(run->cli, "quiet") || run->cli->json);
	r = iouctl_ring_start(run->ring);
	if (r < 0)
		return cli_complain(run->cli, r, "starting the ring");
	r = wait_for_end(run, &progress);
	progress_bar_end(&run->bar);
	iouctl_set_timeout(run->cli->connection, interrupts ? END_MS : END_QUIETLY_MS);
	if (r == -EINTR || r == -ETIMEDOUT) {
		status = say_interrupted(run, r, &progress);
	} else {
		status = say_end(run, r, &progress);
		/* a daemon that is away is not needed: the lease ends the ring */
		if (r == 0 && end_ring(run) == -EREMOTEIO && status == STATUS_OK)
			status = cli_complain(run->cli, -EREMOTEIO, "ending the ring");
	}
	print_result(run, status, &progress);
	return status;
}

static int run_program(struct cli *cli)
{
	struct run run = {.cli = cli, .program = cli->arguments[0]};
	int r = run_create(&run, false);

	if (r == 0 && (r = files_truncate(&run.files)) == 0)
		r = work(&run);
	run_done(&run);
	return r;
}

static const struct option_spec run_options[] = {
	{"file", 'f', "SLOT=PATH", "the file for a slot of the program; repeatable"},
	{"set", 'S', "FIELD=VALUE", "a parameter; repeatable; numbers take K, M and G"},
	{"name", 'n', "NAME", "of the ring (default: the program's and a number)"},
	{"data-bytes", 'd', "BYTES", "size of the data area (default: what the program needs)"},
	{"quiet", 'q', NULL, "no progress bar, no closing line"},
	{0},
};

const struct command commands_run[] = {
	{"run", "PROGRAM", 1, 1, "Run a loop program on files until it is done",
	 "Creates a ring, passes the files, starts it and shows progress. Files to be written are\n"
	 "made if missing and cut to nothing once the ring is granted. Ctrl-C lets what is in\n"
	 "flight finish, for 2 s at the most; a second Ctrl-C ends the ring at once.\n\n"
	 "  iouctl run copy --file source=a --file target=b --set depth=16",
	 run_options, run_program},
	{0},
};
