/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a run ended: notes, errors and the closing line. */
#include <ctype.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enum-name.h"
#include "output.h"
#include "reply.h"
#include "run.h"

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

static bool is_progress(struct json_object *field)
{
	return strcmp(json_text(field, "access"), "progress") == 0;
}

void report_notes(const struct run *run)
{
	struct json_object *fields = json_member(run->description, "fields");

	for (size_t i = 0; i < json_length(fields); i++) {
		struct json_object *field = json_element(fields, i);
		struct json_object *values = json_member(field, "values");
		const char *value = json_text(run->parameters, json_text(field, "name"));

		if (*value && values && is_progress(field) &&
		    strcmp(value, json_text(json_element(values, 0), "name")) != 0)
			print_note(field, value);
	}
}

/* The progress fields among the parameters; NULL if there are none. */
static struct json_object *progress_fields(const struct run *run)
{
	struct json_object *fields = json_member(run->description, "fields"), *found = NULL;

	for (size_t i = 0; i < json_length(fields); i++) {
		struct json_object *field = json_element(fields, i), *value;
		const char *name = json_text(field, "name");

		value = is_progress(field) ? json_member(run->parameters, name) : NULL;
		if (!value)
			continue;
		if (!found)
			found = json_object_new_object();
		json_object_object_add(found, name, json_object_get(value));
	}
	return found;
}

void report_read(struct run *run, bool done)
{
	char *text;

	json_object_put(run->parameters);
	json_object_put(run->ring_state);
	run->parameters = run->ring_state = NULL;
	if (json_member(run->description, "fields") && iouctl_ring_get(run->ring, &text) == 0) {
		run->parameters = json_tokener_parse(text);
		free(text);
	}
	if (done)
		return;
	run->ring_state = cli_describe_ring(run->cli, iouctl_ring_name(run->ring));
}

const char *report_reason(const struct run *run)
{
	const char *reason = json_text(json_member(run->ring_state, "ring"), "reason");

	return *reason ? reason : NULL;
}

/* The name of a slot of the program; NULL if it has no such slot. */
static const char *slot_name(const struct run *run, uint32_t slot)
{
	struct json_object *slots = json_member(run->description, "slots");

	return slot < json_length(slots) ? json_text(json_element(slots, slot), "name") : NULL;
}

static const char *slot_path(const struct run *run, uint32_t slot)
{
	const char *name = slot_name(run, slot);
	const struct run_file *file = name ? files_find(&run->files, name) : NULL;

	return file ? file->path : NULL;
}

void report_targets(const struct run *run, const struct iouctl_progress *progress)
{
	uint64_t first = progress->contiguous;
	char amount[OUTPUT_NUMBER_MAX];

	for (size_t i = 0; i < run->files.n; i++) {
		const struct run_file *file = &run->files.files[i];

		if (!file->write_only || file->aside)
			continue;
		if (strcmp(run->unit, "bytes") == 0 && first > 0)
			output_error("%s is incomplete; its first %s (%" PRIu64
				     " bytes) are written",
				     file->path, output_amount(amount, first, "bytes"), first);
		else
			output_error("%s is incomplete", file->path);
	}
}

void report_work_error(const struct run *run, const struct iouctl_progress *progress)
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

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

/* With the names that the members of a Work have. */
static void add_error(struct json_object *object, const struct run *run,
		      const struct iouctl_progress *progress)
{
	struct json_object *work = json_member(json_member(run->ring_state, "ring"), "work");
	const char *name = strerrorname_np(progress->error);
	char number[OUTPUT_NUMBER_MAX];

	snprintf(number, sizeof(number), "%d", progress->error);
	add_text(object, "error", name ? name : number);
	if (progress->state != IOURD_WORK_FAILED)
		return;
	add_text(object, "errorSlot", slot_name(run, progress->error_slot));
	add_text(object, "errorFile", slot_path(run, progress->error_slot));
	if (progress->error_offset != IOURD_NO_OFFSET)
		add_number(object, "errorOffset", progress->error_offset);
	add_text(object, "errorOperation", json_text(work, "errorOperation"));
}

static struct json_object *result_object(const struct run *run, int status,
					 const struct iouctl_progress *progress)
{
	static const char *const states[] = {"idle", "running", "done", "stopped", "failed"};
	struct json_object *object = cli_object("ring", iouctl_ring_name(run->ring));
	struct json_object *fields = progress_fields(run);

	add_text(object, "program", run->program);
	add_text(object, "state",
		 progress->state <= IOURD_WORK_FAILED ? states[progress->state] : "unknown");
	add_text(object, "reason", report_reason(run));
	add_number(object, "done", progress->done);
	add_number(object, "total", progress->total);
	add_text(object, "unit", run->unit);
	add_number(object, "contiguous", progress->contiguous);
	if (progress->error)
		add_error(object, run, progress);
	if (fields)
		json_object_object_add(object, "progress", fields);
	add_text(object, "waits", run->stall.waits);
	add_number(object, "generation", progress->generation);
	json_object_object_add(object, "seconds",
			       json_object_new_double(progress_bar_seconds(&run->bar)));
	json_object_object_add(object, "exitStatus", json_object_new_int(status));
	if (run->result) {
		json_object_object_foreach(run->result, key, value) {
			json_object_object_add(object, key, json_object_get(value));
		}
	}
	return object;
}

/* Values with names are printed as --set takes them: "as_expected" of COPY_SOURCE_AS_EXPECTED. */
static void print_value(FILE *out, const struct run *run, const char *name,
			struct json_object *value)
{
	struct json_object *fields = json_member(run->description, "fields"), *values = NULL;
	const char *text;

	for (size_t i = 0; i < json_length(fields) && !values; i++)
		if (strcmp(json_text(json_element(fields, i), "name"), name) == 0)
			values = json_member(json_element(fields, i), "values");
	if (!values || !json_object_is_type(value, json_type_string)) {
		fputs(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), out);
		return;
	}
	text = enum_short_name(values, json_object_get_string(value));
	for (; *text; text++)
		fputc(tolower((unsigned char)*text), out);
}

/* "PROGRAM: NAME=VALUE NAME=VALUE" */
static void print_progress_fields(const struct run *run)
{
	struct json_object *fields = progress_fields(run);
	char *line;
	size_t size;
	FILE *out;

	if (!fields)
		return;
	out = open_memstream(&line, &size);
	if (!out)
		abort();
	json_object_object_foreach(fields, key, value) {
		fprintf(out, " %s=", key);
		print_value(out, run, key, value);
	}
	fclose(out);
	output_line(stdout, "%s:%s", run->program, line);
	free(line);
	json_object_put(fields);
}

void report_result(const struct run *run, int status, const struct iouctl_progress *progress)
{
	char amount[OUTPUT_NUMBER_MAX], rate[OUTPUT_NUMBER_MAX];
	double seconds = progress_bar_seconds(&run->bar);

	if (run->cli->json) {
		struct json_object *object = result_object(run, status, progress);

		output_json(object);
		json_object_put(object);
		return;
	}
	if (cli_flag(run->cli, "quiet"))
		return;
	if (status == STATUS_OK)
		output_line(stdout, "%s: %s in %.1f s (%s)", run->title ? run->title : run->program,
			    output_amount(amount, progress->done, run->unit), seconds,
			    output_rate(rate, seconds > 0 ? (double)progress->done / seconds : 0,
					run->unit));
	if (!run->title)
		print_progress_fields(run);
}
