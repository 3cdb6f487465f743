/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl program …: the catalogue of loop programs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"

static int program_list(struct cli *cli)
{
	static const char *const headings[] = {"PROGRAM", "VERSION", "STATE",
					       "RINGS",	  "FROM",    "WHAT IT DOES"};
	struct json_object *reply, *programs;
	struct table *table;
	int r = cli_call(cli, "ListPrograms", NULL, NULL, 0, &reply);

	if (r != 0)
		return r;
	programs = json_member(reply, "programs");
	if (cli->json) {
		output_json(programs);
		json_object_put(reply);
		return STATUS_OK;
	}
	table = table_new(headings, 6);
	for (size_t i = 0; i < json_object_array_length(programs); i++) {
		struct json_object *program = json_object_array_get_idx(programs, i);
		const char *reason = json_text(program, "reason");
		char number[OUTPUT_NUMBER_MAX];

		table_cell(table, json_text(program, "name"));
		snprintf(number, sizeof(number), "%" PRId64, json_number(program, "version"));
		table_cell(table, number);
		table_cell(table, json_text(program, "state"));
		snprintf(number, sizeof(number), "%" PRId64, json_number(program, "rings"));
		table_cell(table, number);
		table_cell(table, json_flag(program, "shipped") ? "package" : "loaded");
		table_cell(table, *reason ? reason : json_text(program, "summary"));
	}
	table_print(table, stdout);
	table_free(table);
	json_object_put(reply);
	return STATUS_OK;
}

static void show_slots(struct json_object *slots)
{
	size_t n = slots ? json_object_array_length(slots) : 0;

	if (n)
		printf("\nFile slots (--file SLOT=PATH):\n");
	for (size_t i = 0; i < n; i++) {
		struct json_object *slot = json_object_array_get_idx(slots, i);

		printf("  %-16s %s%s%s  %s\n", json_text(slot, "name"),
		       json_flag(slot, "read") ? "r" : "-", json_flag(slot, "write") ? "w" : "-",
		       json_flag(slot, "optional") ? " optional" : "", json_text(slot, "help"));
	}
}

static void field_range(char *buffer, size_t size, struct json_object *field)
{
	struct json_object *values = json_member(field, "values");

	*buffer = '\0';
	if (values) {
		size_t used = 0;

		for (size_t i = 0; i < json_object_array_length(values) && used < size; i++)
			used += (size_t)snprintf(
				buffer + used, size - used, "%s%s", i ? "|" : "",
				json_text(json_object_array_get_idx(values, i), "name"));
		return;
	}
	if (json_member(field, "minimum") || json_member(field, "maximum"))
		snprintf(buffer, size, "%" PRId64 "..%" PRId64, json_number(field, "minimum"),
			 json_number(field, "maximum"));
}

static void show_fields(struct json_object *fields, const char *heading, bool progress)
{
	static const char *const headings[] = {"  FIELD", "TYPE", "INITIAL",
					       "RANGE",	  "UNIT", "MEANING"};
	size_t n = fields ? json_object_array_length(fields) : 0;
	struct table *table = table_new(headings, 6);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct json_object *field = json_object_array_get_idx(fields, i);
		const char *access = json_text(field, "access");
		char text[512];

		if (strcmp(access, "private") == 0 || (strcmp(access, "progress") == 0) != progress)
			continue;
		any = true;
		snprintf(text, sizeof(text), "  %.200s", json_text(field, "name"));
		table_cell(table, text);
		if (json_member(field, "count"))
			snprintf(text, sizeof(text), "%.40s[%" PRId64 "]", json_text(field, "type"),
				 json_number(field, "count"));
		else
			snprintf(text, sizeof(text), "%.40s", json_text(field, "type"));
		table_cell(table, text);
		snprintf(text, sizeof(text), "%" PRId64, json_number(field, "initial"));
		table_cell(table, json_member(field, "initial") ? text : NULL);
		field_range(text, sizeof(text), field);
		table_cell(table, text);
		table_cell(table, json_text(field, "unit"));
		table_cell(table, json_text(field, "help"));
	}
	if (any) {
		printf("\n%s:\n", heading);
		table_print(table, stdout);
	}
	table_free(table);
}

static int program_show(struct cli *cli)
{
	struct json_object *reply, *program, *operations;
	char amount[OUTPUT_NUMBER_MAX];
	int r = cli_call(cli, "DescribeProgram", cli_object("program", cli->arguments[0]), NULL, 0,
			 &reply);

	if (r != 0)
		return r;
	if (cli->json) {
		output_json(reply);
		json_object_put(reply);
		return STATUS_OK;
	}
	program = json_member(reply, "program");
	printf("%s, version %" PRId64 " (%s): %s\n", json_text(program, "name"),
	       json_number(program, "version"), json_text(program, "state"),
	       json_text(program, "summary"));
	printf("Object SHA-256 %s\n", json_text(program, "digest"));
	printf("Queues: %" PRId64 " submissions, %" PRId64 " completions; operations:",
	       json_number(reply, "submissionEntries"), json_number(reply, "completionEntries"));
	operations = json_member(reply, "operations");
	for (size_t i = 0; operations && i < json_object_array_length(operations); i++)
		printf(" %s", json_object_get_string(json_object_array_get_idx(operations, i)));
	printf("\nData area: at most %s\n",
	       output_amount(amount, (uint64_t)json_number(reply, "dataBytesMaximum"), "bytes"));
	show_slots(json_member(reply, "slots"));
	show_fields(json_member(reply, "fields"), "Settings (--set FIELD=VALUE)", false);
	show_fields(json_member(reply, "fields"), "Progress (iouctl ring get)", true);
	json_object_put(reply);
	return STATUS_OK;
}

static int load(struct cli *cli, bool check_only)
{
	const char *path = cli->arguments[0];
	struct json_object *parameters, *reply, *program;
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0) {
		fprintf(stderr, "iouctl: cannot open %s: %s\n", path, strerror(errno));
		return STATUS_FAILED;
	}
	parameters = json_object_new_object();
	json_object_object_add(parameters, "objectFileDescriptor", json_object_new_int(0));
	json_object_object_add(parameters, "checkOnly", json_object_new_boolean(check_only));
	r = cli_call(cli, "LoadProgram", parameters, &fd, 1, &reply);
	close(fd);
	if (r != 0)
		return r;
	program = json_member(reply, "program");
	if (cli->json)
		output_json(program);
	else
		printf("%s, version %" PRId64 ": %s\n", json_text(program, "name"),
		       json_number(program, "version"),
		       check_only ? "the verifier accepts it" : "loaded");
	json_object_put(reply);
	return STATUS_OK;
}

static int program_load(struct cli *cli)
{
	return load(cli, false);
}

static int program_check(struct cli *cli)
{
	return load(cli, true);
}

static int program_unload(struct cli *cli)
{
	struct json_object *reply;
	int r = cli_call(cli, "UnloadProgram", cli_object("program", cli->arguments[0]), NULL, 0,
			 &reply);

	if (r != 0)
		return r;
	if (cli->json)
		output_json(reply);
	else
		printf("%s: unloaded\n", cli->arguments[0]);
	json_object_put(reply);
	return STATUS_OK;
}

const struct command commands_program[] = {
	{"program list", "", 0, 0, "List the loop programs that rings may run", NULL, NULL,
	 program_list},
	{"program show", "PROGRAM", 1, 1, "Show a program: file slots, settings, progress", NULL,
	 NULL, program_show},
	{"program load", "FILE", 1, 1, "Verify an object file and add it to the list (root)", NULL,
	 NULL, program_load},
	{"program unload", "PROGRAM", 1, 1, "Drop a program that no ring runs (root)", NULL, NULL,
	 program_unload},
	{"program check", "FILE", 1, 1, "Verify an object file only (root)",
	 "A refusal prints the verifier's log.", NULL, program_check},
	{0},
};
