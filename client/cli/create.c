/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creation of a ring, for iouctl run and iouctl ring create. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "copy-run.h"
#include "create.h"
#include "output.h"
#include "reply.h"
#include "run.h"

static int create_ring(struct run *run, struct json_object *settings, bool persistent)
{
	struct iouctl_file files[FILES_MAX];
	struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = run->program,
		.name = cli_option(run->cli, "name"),
		.files = files,
		.n_files = run->files.n,
		.parameters = json_object_to_json_string(settings),
		.persistent = persistent,
		.rollback = cli_flag(run->cli, "rollback"),
	};
	const char *data = cli_option(run->cli, "data-bytes");
	int r;

	if (data && !cli_number(data, &options.data_bytes)) {
		output_error(
			"--data-bytes: expected a number, which may end in K, M, G, T or P, not "
			"\"%s\"",
			data);
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < run->files.n; i++)
		files[i] = (struct iouctl_file){.slot = run->files.files[i].slot,
						.fd = run->files.files[i].fd};
	r = iouctl_ring_create(run->cli->connection, &options, &run->ring);
	return r < 0 ? cli_print_failure(run->cli, r, "creating the ring") : 0;
}

int run_describe(struct run *run)
{
	int r = 0;

	if (!run->description)
		r = cli_call(run->cli, "DescribeProgram", cli_object("program", run->program), NULL,
			     0, &run->description);
	if (r == 0)
		run->unit = json_text(run->description, "progressUnit");
	return r;
}

int run_create_ring(struct run *run, const char *const *words, size_t n_words, bool persistent)
{
	struct json_object *settings = NULL;
	int r = settings_parse(run->description, words, n_words, &settings);

	if (r == 0)
		r = create_ring(run, settings, persistent);
	if (r != 0)
		files_unlink_created(&run->files);
	json_object_put(settings);
	return r;
}

int run_create(struct run *run, bool persistent)
{
	struct cli *cli = run->cli;
	const char **words;
	size_t n_words = 0;
	int r = run_describe(run);

	if (r != 0)
		return r;
	words = calloc(cli->n_options + 1, sizeof(*words));
	if (!words)
		abort();
	for (size_t i = 0; i < cli->n_options && r == 0; i++) {
		const struct option_value *option = &cli->options[i];

		if (strcmp(option->spec->name, "set") == 0)
			words[n_words++] = option->text;
		else if (strcmp(option->spec->name, "file") == 0)
			r = files_open(&run->files, json_member(run->description, "slots"),
				       option->text);
	}
	if (r == 0)
		r = run_create_ring(run, words, n_words, persistent);
	else
		files_unlink_created(&run->files);
	free(words);
	return r;
}

void run_done(struct run *run)
{
	iouctl_ring_free(run->ring);
	files_done(&run->files);
	json_object_put(run->description);
	json_object_put(run->result);
	stall_done(&run->stall);
	json_object_put(run->parameters);
	json_object_put(run->ring_state);
}

/* Destroys the ring if it cannot be started: nobody else would. */
static int start_ring(struct run *run)
{
	const char *name = iouctl_ring_name(run->ring);
	struct json_object *object;
	int r;

	r = files_truncate(&run->files);
	if (r == 0)
		r = copy_run_prepare(run);
	if (r == 0) {
		r = iouctl_ring_start(run->ring);
		r = r < 0 ? cli_print_failure(run->cli, r, "starting the ring") : 0;
	}
	if (r != 0) {
		iouctl_ring_destroy(run->ring);
		return r;
	}
	if (run->cli->json) {
		object = cli_object("ring", name);
		output_json(object);
		json_object_put(object);
	} else {
		puts(name);
	}
	return 0;
}

int ring_create(struct cli *cli)
{
	struct run run = {.cli = cli, .program = cli->arguments[0]};
	int r;

	if (!cli_flag(cli, "persistent")) {
		output_error("ring create: without --persistent the ring would end with this "
			     "command; add it, or use 'iouctl run'");
		return STATUS_USAGE;
	}
	r = run_create(&run, true);
	if (r == 0)
		r = start_ring(&run);
	run_done(&run);
	return r;
}

const struct option_spec create_options[] = {
	{"persistent", 'p', NULL, "required; persistentRings= of the daemon must permit it"},
	{"rollback", 'r', NULL, "roll back a program that fails, also after its probation"},
	{"file", 'f', "SLOT=PATH", "file for a slot of the program; repeatable"},
	{"set", 'S', "FIELD=VALUE", "parameter; repeatable; numbers take K, M, G, T, P"},
	{"name", 'n', "NAME", "name of the ring (default: the program's and a number)"},
	{"data-bytes", 'd', "BYTES", "size of the data area (default: what the program needs)"},
	{0},
};
