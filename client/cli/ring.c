/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl ring …: the rings that there are, and steering them. `ring watch` is in watch.c. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "create.h"
#include "output.h"
#include "watch.h"

static const char *work_text(char *buffer, struct json_object *ring)
{
	struct json_object *work = json_member(ring, "work");
	uint64_t done = (uint64_t)json_number(work, "done"),
		 total = (uint64_t)json_number(work, "total");
	char amount[OUTPUT_NUMBER_MAX];

	output_amount(amount, done, json_text(work, "unit"));
	if (total)
		snprintf(buffer, 2 * OUTPUT_NUMBER_MAX, "%s %s (%.0f %%)", json_text(work, "state"),
			 amount, 100.0 * (double)done / (double)total);
	else
		snprintf(buffer, 2 * OUTPUT_NUMBER_MAX, "%s %s", json_text(work, "state"), amount);
	return buffer;
}

static bool is_adopted(struct json_object *ring)
{
	return strcmp(json_text(ring, "kind"), "adopted") == 0;
}

static int ring_list(struct cli *cli)
{
	static const char *const headings[] = {"RING",	"PROGRAM",    "STATE", "USER",
					       "LIVES", "GENERATION", "STEPS", "WORK"};
	struct json_object *reply, *rings;
	struct table *table;
	int r = cli_call(cli, "ListRings", NULL, NULL, 0, &reply);

	if (r != 0)
		return r;
	rings = json_member(reply, "rings");
	if (cli->json) {
		output_json(rings);
	} else {
		table = table_new(headings, 8);
		for (size_t i = 0; i < json_object_array_length(rings); i++) {
			struct json_object *ring = json_object_array_get_idx(rings, i);
			char buffer[2 * OUTPUT_NUMBER_MAX];

			table_cell(table, json_text(ring, "name"));
			table_cell(table, json_text(ring, "program"));
			table_cell(table, json_text(ring, "state"));
			snprintf(buffer, sizeof(buffer), "%" PRId64, json_number(ring, "user"));
			table_cell(table, buffer);
			table_cell(table, is_adopted(ring)		  ? "in its application"
					  : json_flag(ring, "declared")	  ? "declared"
					  : json_flag(ring, "persistent") ? "persistent"
									  : "with client");
			snprintf(buffer, sizeof(buffer), "%" PRId64,
				 json_number(ring, "generation"));
			table_cell(table, buffer);
			snprintf(buffer, sizeof(buffer), "%" PRId64, json_number(ring, "steps"));
			table_cell(table, buffer);
			table_cell(table, work_text(buffer, ring));
		}
		table_print(table, stdout);
		table_free(table);
	}
	json_object_put(reply);
	return STATUS_OK;
}

static void show_line(const char *name, const char *text)
{
	if (!*text)
		return;
	printf("%18s: ", name);
	output_text(stdout, text);
	putchar('\n');
}

static void show_number(const char *name, int64_t number)
{
	printf("%18s: %" PRId64 "\n", name, number);
}

static void show_ring(struct json_object *ring)
{
	struct json_object *work = json_member(ring, "work");
	char buffer[2 * OUTPUT_NUMBER_MAX];

	show_line("Ring", json_text(ring, "name"));
	snprintf(buffer, sizeof(buffer), "%.32s, version %" PRId64, json_text(ring, "program"),
		 json_number(ring, "programVersion"));
	show_line("Program", buffer);
	show_line("State", json_text(ring, "state"));
	show_line("Reason", json_text(ring, "reason"));
	show_number("User", json_number(ring, "user"));
	show_number("Generation", json_number(ring, "generation"));
	if (json_flag(ring, "probation"))
		show_line("On probation", "its program has to prove itself");
	show_line("Falls back to", json_text(ring, "fallback"));
	if (json_flag(ring, "rollback"))
		show_line("Rolls back", "whenever its program fails");
	if (is_adopted(ring))
		show_line("Lives", "with its application, which runs it (adopted)");
	else if (json_flag(ring, "declared"))
		show_line("Lives", "as it is declared in rings.d");
	else if (json_flag(ring, "persistent"))
		show_line("Lives", "until it is destroyed (persistent)");
	show_line("Note", json_text(ring, "note"));
	show_number(is_adopted(ring) ? "Application" : "Host process",
		    json_number(ring, "process"));
	show_line("Created", output_time(buffer, (uint64_t)json_number(ring, "created")));
	show_number("Steps", json_number(ring, "steps"));
	show_line("Region",
		  output_amount(buffer, (uint64_t)json_number(ring, "regionBytes"), "bytes"));
	show_line("Data area",
		  output_amount(buffer, (uint64_t)json_number(ring, "dataBytes"), "bytes"));
	show_line("Work", work_text(buffer, ring));
	show_number("In flight", json_number(work, "inFlight"));
	show_line("Error", json_text(work, "error"));
	if (json_member(work, "errorOffset"))
		show_number("Error at byte", json_number(work, "errorOffset"));
	show_line("Error in slot", json_text(work, "errorSlot"));
	show_line("Error of", json_text(work, "errorOperation"));
}

static int ring_show(struct cli *cli)
{
	struct json_object *reply;
	int r = cli_call(cli, "DescribeRing", cli_object("ring", cli->arguments[0]), NULL, 0,
			 &reply);

	if (r != 0)
		return r;
	if (cli->json)
		output_json(json_member(reply, "ring"));
	else
		show_ring(json_member(reply, "ring"));
	json_object_put(reply);
	return STATUS_OK;
}

static void print_parameters(const char *prefix, struct json_object *object)
{
	json_object_object_foreach(object, key, value) {
		char name[256];

		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_object_is_type(value, json_type_object)) {
			print_parameters(name, value);
			continue;
		}
		printf("%s=", name);
		output_text(stdout, json_object_is_type(value, json_type_string)
					    ? json_object_get_string(value)
					    : json_object_to_json_string_ext(
						      value, JSON_C_TO_STRING_PLAIN));
		putchar('\n');
	}
}

static int ring_get(struct cli *cli)
{
	struct json_object *parameters = cli_object("ring", cli->arguments[0]), *reply;
	int r;

	if (cli->n_arguments > 1) {
		struct json_object *fields = json_object_new_array();

		for (size_t i = 1; i < cli->n_arguments; i++)
			json_object_array_add(fields, json_object_new_string(cli->arguments[i]));
		json_object_object_add(parameters, "fields", fields);
	}
	r = cli_call(cli, "ReadParameters", parameters, NULL, 0, &reply);
	if (r != 0)
		return r;
	if (cli->json)
		output_json(json_member(reply, "parameters"));
	else
		print_parameters("", json_member(reply, "parameters"));
	json_object_put(reply);
	return STATUS_OK;
}

static int ring_set(struct cli *cli)
{
	const char *const *words = (const char *const *)cli->arguments + 1;
	struct json_object *described, *settings, *parameters, *reply;
	int r = cli_call(cli, "DescribeRing", cli_object("ring", cli->arguments[0]), NULL, 0,
			 &described);

	if (r != 0)
		return r;
	r = cli_settings(cli, json_text(json_member(described, "ring"), "program"), words,
			 cli->n_arguments - 1, &settings);
	json_object_put(described);
	if (r != 0)
		return r;
	parameters = cli_object("ring", cli->arguments[0]);
	json_object_object_add(parameters, "parameters", settings);
	r = cli_call(cli, "WriteParameters", parameters, NULL, 0, &reply);
	if (r != 0)
		return r;
	if (cli->json)
		output_json(reply);
	json_object_put(reply);
	return STATUS_OK;
}

/* Methods that take a ring's name only, and change its state. */
static int steer(struct cli *cli, const char *method, const char *said)
{
	struct json_object *reply;
	int r = cli_call(cli, method, cli_object("ring", cli->arguments[0]), NULL, 0, &reply);

	if (r != 0)
		return r;
	if (cli->json)
		output_json(reply);
	else
		printf("%s: %s\n", cli->arguments[0], said);
	json_object_put(reply);
	return STATUS_OK;
}

static int ring_pause(struct cli *cli)
{
	return steer(cli, "PauseRing", "paused");
}

static int ring_resume(struct cli *cli)
{
	return steer(cli, "ResumeRing", "runs again");
}

/* All that the caller sees; one that cannot be ended holds up no other. */
static int destroy_all(struct cli *cli)
{
	struct json_object *listed, *rings, *reply;
	int worst = cli_call(cli, "ListRings", NULL, NULL, 0, &listed);

	if (worst != 0)
		return worst;
	rings = json_member(listed, "rings");
	for (size_t i = 0; i < json_object_array_length(rings); i++) {
		const char *name = json_text(json_object_array_get_idx(rings, i), "name");
		int r = cli_call(cli, "DestroyRing", cli_object("ring", name), NULL, 0, &reply);

		if (r != 0) {
			worst = r;
			continue;
		}
		if (!cli->json)
			printf("%s: destroyed\n", name);
		json_object_put(reply);
	}
	if (cli->json)
		output_json(rings);
	json_object_put(listed);
	return worst;
}

static int ring_destroy(struct cli *cli)
{
	bool all = cli_flag(cli, "all");

	if (all != (cli->n_arguments == 0)) {
		fprintf(stderr, "iouctl ring destroy: name a RING, or say --all\n");
		return STATUS_USAGE;
	}
	return all ? destroy_all(cli) : steer(cli, "DestroyRing", "destroyed");
}

/* Of --expected-generation, if it was given. */
static int add_expected(struct cli *cli, struct json_object *parameters)
{
	const char *expected = cli_option(cli, "expected-generation");
	uint64_t generation;

	if (!expected)
		return 0;
	if (!cli_number(expected, &generation) || generation == 0 || generation > INT64_MAX) {
		fprintf(stderr, "iouctl: --expected-generation takes a number from 1, not \"%s\"\n",
			expected);
		return STATUS_USAGE;
	}
	json_object_object_add(parameters, "expectedGeneration",
			       json_object_new_int64((int64_t)generation));
	return 0;
}

static int ring_swap(struct cli *cli)
{
	struct json_object *parameters = cli_object("ring", cli->arguments[0]), *reply;
	int r;

	json_object_object_add(parameters, "program", json_object_new_string(cli->arguments[1]));
	r = add_expected(cli, parameters);
	if (r == 0)
		r = cli_call(cli, "SwapProgram", parameters, NULL, 0, &reply);
	else
		json_object_put(parameters);
	if (r != 0)
		return r;
	if (cli->json)
		output_json(reply);
	else
		printf("%s: runs %s now (generation %" PRId64 ")\n", cli->arguments[0],
		       cli->arguments[1], json_number(reply, "generation"));
	json_object_put(reply);
	return STATUS_OK;
}

static int ring_rollback(struct cli *cli)
{
	struct json_object *parameters = cli_object("ring", cli->arguments[0]), *reply;
	int r = add_expected(cli, parameters);

	if (r == 0)
		r = cli_call(cli, "RollbackProgram", parameters, NULL, 0, &reply);
	else
		json_object_put(parameters);
	if (r != 0)
		return r;
	if (cli->json)
		output_json(reply);
	else
		printf("%s: runs its earlier program again (generation %" PRId64 ")\n",
		       cli->arguments[0], json_number(reply, "generation"));
	json_object_put(reply);
	return STATUS_OK;
}

static const struct option_spec swap_options[] = {
	{"expected-generation", 'g', "N", "refuse if the ring was swapped since generation N"},
	{0},
};

static const struct option_spec destroy_options[] = {
	{"all", 'a', NULL, "all your rings (root: everybody's)"},
	{0},
};

static const struct option_spec watch_options[] = {
	{"interval", 'i', "SECONDS", "between two lines (default 1, from 0.1)"},
	{"count", 'n', "N", "end after N lines"},
	{0},
};

const struct command commands_ring[] = {
	{"ring create", "PROGRAM --persistent", 1, 1,
	 "Create and start a ring, and leave it to itself",
	 "Prints the ring's name. The ring lives until 'iouctl ring destroy'.", create_options,
	 ring_create},
	{"ring list", "", 0, 0, "List your rings (root: all)", NULL, NULL, ring_list},
	{"ring show", "RING", 1, 1, "Show one ring: state, host, work", NULL, NULL, ring_show},
	{"ring get", "RING [FIELD...]", 1, SIZE_MAX, "Read parameters and progress by name",
	 "FIELD may be a path: table[3].state. Without one all are printed.", NULL, ring_get},
	{"ring set", "RING FIELD=VALUE...", 2, SIZE_MAX,
	 "Write parameters of a ring, running or not",
	 "Numbers take K, M and G (powers of 1024). All are set, or none.", NULL, ring_set},
	{"ring watch", "RING", 1, 1, "Follow a ring's rate and what happens to it",
	 "Reads the param region itself: watching costs the ring nothing.", watch_options,
	 watch_ring},
	{"ring pause", "RING", 1, 1, "Stop taking steps; requests in flight complete", NULL, NULL,
	 ring_pause},
	{"ring resume", "RING", 1, 1, "Go on after a pause", NULL, NULL, ring_resume},
	{"ring swap", "RING PROGRAM", 2, 2, "Put another loop program into a ring, live",
	 "The programs must have the same parameters; nothing in flight is lost.", swap_options,
	 ring_swap},
	{"ring rollback", "RING", 1, 1, "Put back the program that the ring ran well before",
	 "A program that fails within its probation is rolled back by itself.", swap_options,
	 ring_rollback},
	{"ring destroy", "RING | --all", 0, 1, "End a ring at once; returns when it is gone",
	 "Stopping or restarting iouringd.service ends no ring: this does.", destroy_options,
	 ring_destroy},
	{0},
};
