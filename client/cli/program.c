/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl program: the catalogue of loop programs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"
#include "reply.h"

static void print_origin(FILE *cell, struct json_object *program)
{
	fputs(json_flag(program, "shipped") ? "package" : "loaded", cell);
}

static void print_summary(FILE *cell, struct json_object *program)
{
	const char *reason = json_text(program, "reason");

	fputs(*reason ? reason : json_text(program, "summary"), cell);
}

static const char *state_color(struct json_object *program)
{
	const char *state = json_text(program, "state");

	return strcmp(state, "loaded") == 0	? "green"
	       : strcmp(state, "rejected") == 0 ? "red"
						: NULL;
}

static const struct column program_columns[] = {
	{"PROGRAM", NULL, "name", "name of the program"},
	{"VERSION", NULL, "version", "its version", COLUMN_NUMBER},
	{"STATE", NULL, "state", "available, loading, loaded or rejected", .color = state_color},
	{"RINGS", NULL, "rings", "number of rings that run it", COLUMN_NUMBER},
	{"FROM", NULL, "shipped", "package, or loaded by program load", .print = print_origin},
	{"DIGEST", NULL, "digest", "SHA-256 of its object file", COLUMN_EXTRA},
	{"SUMMARY", NULL, "summary reason", "what it does, or why it was rejected", COLUMN_WRAP,
	 print_summary},
	{0},
};

static int program_list(struct cli *cli)
{
	struct json_object *reply;
	int r = cli_call(cli, "ListPrograms", NULL, NULL, 0, &reply);

	if (r != 0)
		return r;
	if (cli->json) {
		table_select(&cli->view, reply, "programs");
		output_json(json_member(reply, "programs"));
	} else {
		table_print(&cli->view, json_member(reply, "programs"), stdout);
	}
	json_object_put(reply);
	return STATUS_OK;
}

static void print_access(FILE *cell, struct json_object *slot)
{
	fprintf(cell, "%s%s%s", json_flag(slot, "read") ? "r" : "-",
		json_flag(slot, "write") ? "w" : "-",
		json_flag(slot, "optional") ? " optional" : "");
}

static const struct column slot_columns[] = {
	{"SLOT", NULL, "name", ""},
	{"ACCESS", NULL, "read write optional", "", .print = print_access},
	{"MEANING", NULL, "help", "", COLUMN_WRAP},
	{0},
};

static void print_type(FILE *cell, struct json_object *field)
{
	fputs(json_text(field, "type"), cell);
	if (json_member(field, "count"))
		fprintf(cell, "[%" PRId64 "]", json_number(field, "count"));
}

static void print_range(FILE *cell, struct json_object *field)
{
	struct json_object *values = json_member(field, "values");

	for (size_t i = 0; i < json_length(values); i++)
		fprintf(cell, "%s%s", i ? ", " : "", json_text(json_element(values, i), "name"));
	if (!values && json_member(field, "minimum"))
		fprintf(cell, "%" PRId64 "..%" PRId64, json_number(field, "minimum"),
			json_number(field, "maximum"));
}

static const struct column field_columns[] = {
	{"FIELD", NULL, "name", "name of the field"},
	{"TYPE", NULL, "type count", "its type, with the length of an array", .print = print_type},
	{"INITIAL", NULL, "initial", "value in a new ring", COLUMN_NUMBER},
	{"RANGE", NULL, "minimum maximum values", "values that it may have", COLUMN_WRAP,
	 print_range},
	{"UNIT", NULL, "unit", "unit of the value"},
	{"ACCESS", NULL, "access", "setting (writable), fixed (until the ring starts) or progress",
	 COLUMN_EXTRA},
	{"MEANING", NULL, "help", "meaning of the field", COLUMN_WRAP},
	{0},
};

/* The fields that are progress, or settings; private fields are neither. */
static struct json_object *fields_of(struct json_object *fields, bool progress)
{
	struct json_object *found = json_object_new_array();

	for (size_t i = 0; i < json_length(fields); i++) {
		struct json_object *field = json_element(fields, i);
		const char *access = json_text(field, "access");

		if (strcmp(access, "private") != 0 && (strcmp(access, "progress") == 0) == progress)
			json_object_array_add(found, json_object_get(field));
	}
	return found;
}

/* Under @heading, unless there are no rows. */
static void print_section(const struct table_view *view, struct json_object *rows,
			  const char *heading)
{
	if (!json_length(rows))
		return;
	printf("\n%s:\n", heading);
	table_print(view, rows, stdout);
}

static void print_fields(struct cli *cli, struct json_object *fields)
{
	struct json_object *settings = fields_of(fields, false),
			   *progress = fields_of(fields, true);

	print_section(&cli->view, settings, "Settings (--set FIELD=VALUE)");
	print_section(&cli->view, progress, "Progress (iouctl ring get)");
	json_object_put(settings);
	json_object_put(progress);
}

static void print_description(struct cli *cli, struct json_object *reply)
{
	struct json_object *program = json_member(reply, "program"),
			   *operations = json_member(reply, "operations");
	struct table_view slots = {
		.columns = slot_columns,
		.color = cli->view.color,
		.terminal = cli->view.terminal,
	};
	char amount[OUTPUT_NUMBER_MAX];

	output_line(stdout, "%s, version %" PRId64 " (%s): %s", json_text(program, "name"),
		    json_number(program, "version"), json_text(program, "state"),
		    json_text(program, "summary"));
	output_line(stdout, "Object SHA-256 %s", json_text(program, "digest"));
	printf("Queues: %" PRId64 " submissions, %" PRId64 " completions; operations:",
	       json_number(reply, "submissionEntries"), json_number(reply, "completionEntries"));
	for (size_t i = 0; i < json_length(operations); i++) {
		putchar(' ');
		output_text(stdout, json_object_get_string(json_element(operations, i)));
	}
	printf("\nData area: at most %s\n",
	       output_amount(amount, (uint64_t)json_number(reply, "dataBytesMaximum"), "bytes"));
	print_section(&slots, json_member(reply, "slots"), "File slots (--file SLOT=PATH)");
	print_fields(cli, json_member(reply, "fields"));
}

static int program_show(struct cli *cli)
{
	struct json_object *reply;
	int r = cli_call(cli, "DescribeProgram", cli_object("program", cli->arguments[0]), NULL, 0,
			 &reply);

	if (r != 0)
		return r;
	if (cli->json) {
		table_select(&cli->view, reply, "fields");
		output_json(reply);
	} else {
		print_description(cli, reply);
	}
	json_object_put(reply);
	return STATUS_OK;
}

static int load(struct cli *cli, bool check_only)
{
	const char *path = cli->arguments[0];
	struct json_object *parameters, *reply, *program;
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0) {
		output_error("cannot open %s: %s", path, strerror(errno));
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
		output_line(stdout, "%s, version %" PRId64 ": %s", json_text(program, "name"),
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
		output_line(stdout, "%s: unloaded", cli->arguments[0]);
	json_object_put(reply);
	return STATUS_OK;
}

const struct command commands_program[] = {
	{"program list", "", 0, 0, "List the loop programs in the catalogue", NULL, NULL,
	 program_list, program_columns},
	{"program show", "PROGRAM", 1, 1, "Show a program: file slots, settings, progress",
	 "The columns are those of the settings and progress fields.", NULL, program_show,
	 field_columns},
	{"program load", "FILE", 1, 1, "Verify an object file and add it to the catalogue (root)",
	 NULL, NULL, program_load},
	{"program unload", "PROGRAM", 1, 1, "Remove a program that no ring runs (root)", NULL, NULL,
	 program_unload},
	{"program check", "FILE", 1, 1, "Verify an object file without keeping it (root)",
	 "If the verifier rejects the object, its log is printed.", NULL, program_check},
	{0},
};
