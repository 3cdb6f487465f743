/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl ring: the commands' rows, and those that change one ring. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "create.h"
#include "output.h"
#include "reply.h"
#include "ring-list.h"
#include "ring-name.h"
#include "watch.h"

static void print_parameters(const char *prefix, struct json_object *object)
{
	json_object_object_foreach(object, key, value) {
		char name[256];

		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_object_is_type(value, json_type_object)) {
			print_parameters(name, value);
			continue;
		}
		output_line(
			stdout, "%s=%s", name,
			json_object_is_type(value, json_type_string)
				? json_object_get_string(value)
				: json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	}
}

static int ring_get(struct cli *cli)
{
	struct json_object *parameters = cli_object("ring", cli->ring), *reply;
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
	int r = cli_call(cli, "DescribeRing", cli_object("ring", cli->ring), NULL, 0, &described);

	if (r != 0)
		return r;
	r = cli_settings(cli, json_text(json_member(described, "ring"), "program"), words,
			 cli->n_arguments - 1, &settings);
	json_object_put(described);
	if (r != 0)
		return r;
	parameters = cli_object("ring", cli->ring);
	json_object_object_add(parameters, "parameters", settings);
	r = cli_call(cli, "WriteParameters", parameters, NULL, 0, &reply);
	if (r != 0)
		return r;
	if (cli->json)
		output_json(reply);
	for (size_t i = 1; i < cli->n_arguments && !cli->json; i++)
		output_line(stdout, "%s: set %s", cli->arguments[0], cli->arguments[i]);
	json_object_put(reply);
	return STATUS_OK;
}

/* Calls a method whose only parameter is the ring; prints "RING: @done". */
static int change_state(struct cli *cli, const char *method, const char *done)
{
	struct json_object *reply;
	int r = cli_call(cli, method, cli_object("ring", cli->ring), NULL, 0, &reply);

	if (r != 0)
		return r;
	if (cli->json)
		output_json(reply);
	else
		output_line(stdout, "%s: %s", cli->arguments[0], done);
	json_object_put(reply);
	return STATUS_OK;
}

static int ring_pause(struct cli *cli)
{
	return change_state(cli, "PauseRing", "paused");
}

static int ring_resume(struct cli *cli)
{
	return change_state(cli, "ResumeRing", "resumed");
}

static bool has_ended(struct json_object *ring)
{
	const char *state = json_text(ring, "state");

	return strcmp(state, "stopped") == 0 || strcmp(state, "failed") == 0;
}

/* All rings that the caller may see, or those that have ended; goes on if one cannot be. */
static int end_all(struct cli *cli, bool ended_only)
{
	struct json_object *listed, *rings, *ended = json_object_new_array(), *reply;
	int worst = cli_call(cli, "ListRings", NULL, NULL, 0, &listed);

	if (worst != 0) {
		json_object_put(ended);
		return worst;
	}
	rings = json_member(listed, "rings");
	for (size_t i = 0; i < json_length(rings); i++) {
		struct json_object *ring = json_element(rings, i);
		const char *name = json_text(ring, "name");
		char text[RING_TEXT_MAX];
		int r;

		if (ended_only && !has_ended(ring))
			continue;
		json_object_array_add(ended, json_object_get(ring));
		r = cli_call(cli, ended_only ? "ClearRing" : "DestroyRing",
			     cli_object("ring", name), NULL, 0, &reply);

		if (r != 0) {
			worst = r;
			continue;
		}
		if (!cli->json)
			output_line(stdout, "%s: %s", ring_text_of_name(name, text),
				    ended_only ? "cleared" : "destroyed");
		json_object_put(reply);
	}
	if (cli->json)
		output_json(ended);
	json_object_put(ended);
	json_object_put(listed);
	return worst;
}

static int end_one_or_all(struct cli *cli, bool ended_only)
{
	bool all = cli_flag(cli, "all");

	if (all != (cli->n_arguments == 0)) {
		output_error("ring %s: expected either a RING or --all",
			     ended_only ? "clear" : "destroy");
		return STATUS_USAGE;
	}
	if (all)
		return end_all(cli, ended_only);
	return ended_only ? change_state(cli, "ClearRing", "cleared")
			  : change_state(cli, "DestroyRing", "destroyed");
}

static int ring_destroy(struct cli *cli)
{
	return end_one_or_all(cli, false);
}

static int ring_clear(struct cli *cli)
{
	return end_one_or_all(cli, true);
}

/* Adds --expected-generation to @parameters, if given. */
static int add_expected(struct cli *cli, struct json_object *parameters)
{
	const char *expected = cli_option(cli, "expected-generation");
	uint64_t generation;

	if (!expected)
		return 0;
	if (!cli_number(expected, &generation) || generation == 0 || generation > INT64_MAX) {
		output_error("--expected-generation: expected a number of at least 1, not \"%s\"",
			     expected);
		return STATUS_USAGE;
	}
	json_object_object_add(parameters, "expectedGeneration",
			       json_object_new_int64((int64_t)generation));
	return 0;
}

static int ring_swap(struct cli *cli)
{
	struct json_object *parameters = cli_object("ring", cli->ring), *reply;
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
		output_line(stdout, "%s: swapped to %s (generation %" PRId64 ")", cli->arguments[0],
			    cli->arguments[1], json_number(reply, "generation"));
	json_object_put(reply);
	return STATUS_OK;
}

static int ring_rollback(struct cli *cli)
{
	struct json_object *parameters = cli_object("ring", cli->ring), *reply;
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
		output_line(stdout, "%s: rolled back (generation %" PRId64 ")", cli->arguments[0],
			    json_number(reply, "generation"));
	json_object_put(reply);
	return STATUS_OK;
}

static const struct option_spec swap_options[] = {
	{"expected-generation", 'g', "N", "fail unless the ring is still at generation N"},
	{0},
};

static const struct option_spec destroy_options[] = {
	{"all", 'a', NULL, "destroy all your rings (root: all rings)"},
	{0},
};

static const struct option_spec clear_options[] = {
	{"all", 'a', NULL, "clear all your rings that have ended (root: all such rings)"},
	{0},
};

static const struct option_spec watch_options[] = {
	{"interval", 'i', "SECONDS", "time between two lines (default 1, at least 0.1)"},
	{"count", 'n', "N", "exit after N lines"},
	{0},
};

const struct command commands_ring[] = {
	{"ring create", "PROGRAM --persistent", 1, 1,
	 "Create and start a ring that does not end with its client",
	 "Prints the name of the ring, which exists until 'iouctl ring destroy'.", create_options,
	 ring_create},
	{"ring list", "", 0, 0, "List your rings (root: all rings)", NULL, NULL, ring_list,
	 ring_columns},
	{"ring show", "RING", 1, 1, "Show a ring: state, host, work", NULL, NULL, ring_show,
	 ring_columns},
	{"ring get", "RING [FIELD...]", 1, SIZE_MAX, "Read parameters and progress by name",
	 "FIELD may be a path such as table[3].state. Without FIELD all fields are printed.", NULL,
	 ring_get},
	{"ring set", "RING FIELD=VALUE...", 2, SIZE_MAX, "Write parameters of a ring",
	 "Numbers take K, M, G, T and P (powers of 1024). Either all fields are set, or none.",
	 NULL, ring_set},
	{"ring watch", "RING", 1, 1, "Print the rate and the events of a ring",
	 "Reads the param region, so that watching costs the ring nothing.", watch_options,
	 watch_ring},
	{"ring pause", "RING", 1, 1, "Stop taking steps; requests in flight complete", NULL, NULL,
	 ring_pause},
	{"ring resume", "RING", 1, 1, "Take steps again after a pause", NULL, NULL, ring_resume},
	{"ring swap", "RING PROGRAM", 2, 2, "Replace the loop program of a ring, live",
	 "The programs must have the same parameters; nothing in flight is lost.", swap_options,
	 ring_swap},
	{"ring rollback", "RING", 1, 1, "Replace the loop program by its fallback, live",
	 "The daemon does this by itself for a program that fails within its probation.",
	 swap_options, ring_rollback},
	{"ring destroy", "RING | --all", 0, 1, "Destroy a ring, and wait until it is gone",
	 "Stopping or restarting iouringd.service destroys no ring.", destroy_options,
	 ring_destroy},
	{"ring clear", "RING | --all", 0, 1,
	 "Remove a ring that is stopped or failed from the list",
	 "A persistent ring that has ended stays listed, with the reason, until then. Any other "
	 "ring\n"
	 "is refused, so nothing is lost.",
	 clear_options, ring_clear},
	{0},
};
