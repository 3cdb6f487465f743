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

/* Each progress field with named values that has another than its first one: "source: sparse". */
void report_notes(struct run *run)
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

void report_result(struct run *run, int status, const struct iouctl_progress *progress)
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
		if (run->result) {
			json_object_object_foreach(run->result, key, value) {
				json_object_object_add(object, key, json_object_get(value));
			}
		}
		output_json(object);
		json_object_put(object);
	} else if (status == STATUS_OK && !cli_flag(run->cli, "quiet")) {
		output_line(stdout, "%s: %s in %.1f s (%s)", run->title ? run->title : run->program,
			    output_amount(amount, progress->done, run->unit), seconds,
			    output_rate(rate, seconds > 0 ? (double)progress->done / seconds : 0,
					run->unit));
	}
}
