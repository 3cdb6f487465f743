/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl status, monitor and call: the daemon itself. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"
#include "watch.h"

static void print_problems(struct json_object *problems)
{
	for (size_t i = 0; problems && i < json_object_array_length(problems); i++) {
		fputs(i ? "  " : "\nProblems with declared rings:\n  ", stdout);
		output_text(stdout, json_text(json_object_array_get_idx(problems, i), "text"));
		putchar('\n');
	}
}

static int status(struct cli *cli)
{
	static const char *const headings[] = {"CAPABILITY", "", "SINCE", "DETAIL"};
	struct json_object *reply, *capabilities;
	struct table *table;
	int r = cli_call(cli, "GetStatus", NULL, NULL, 0, &reply);

	if (r != 0)
		return r;
	if (cli->json) {
		output_json(reply);
		json_object_put(reply);
		return STATUS_OK;
	}
	printf("iouringd %s on Linux %s: %s\n", json_text(reply, "version"),
	       json_text(reply, "kernel"),
	       json_flag(reply, "ready") ? "ready"
					 : "this kernel or system cannot run rings, see below");
	printf("%" PRId64 " rings, %" PRId64 " programs, %" PRId64 " connections\n\n",
	       json_number(reply, "rings"), json_number(reply, "programs"),
	       json_number(reply, "connections"));
	table = table_new(headings, 4);
	capabilities = json_member(reply, "capabilities");
	for (size_t i = 0; i < json_object_array_length(capabilities); i++) {
		struct json_object *capability = json_object_array_get_idx(capabilities, i);

		table_cell(table, json_text(capability, "name"));
		table_cell(table, json_flag(capability, "present")    ? "present"
				  : json_flag(capability, "required") ? "MISSING"
								      : "missing");
		table_cell(table, json_text(capability, "since"));
		table_cell(table, json_text(capability, "detail"));
	}
	table_print(table, stdout);
	table_free(table);
	print_problems(json_member(reply, "problems"));
	json_object_put(reply);
	return STATUS_OK;
}

/* Opens the files to be passed; -1 after saying which could not be. */
static int open_files(struct cli *cli, int *fds, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < cli->n_options; i++) {
		const char *path = cli->options[i].text;

		fds[n] = open(path, O_RDWR | O_CLOEXEC);
		if (fds[n] < 0 && (errno == EACCES || errno == EROFS || errno == EISDIR))
			fds[n] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[n] < 0) {
			fprintf(stderr, "iouctl call: cannot open %s: %s\n", path, strerror(errno));
			*ret_n = n;
			return -1;
		}
		n++;
	}
	*ret_n = n;
	return 0;
}

static int call(struct cli *cli)
{
	struct json_object *parameters = NULL, *reply;
	int *fds = calloc(cli->n_options + 1, sizeof(*fds));
	size_t n_fds = 0;
	int r;

	if (!fds)
		abort();
	if (cli->n_arguments > 1) {
		parameters = json_tokener_parse(cli->arguments[1]);
		if (!json_object_is_type(parameters, json_type_object)) {
			fprintf(stderr, "iouctl call: \"%s\" is not a JSON object\n",
				cli->arguments[1]);
			json_object_put(parameters);
			free(fds);
			return STATUS_USAGE;
		}
	}
	if (open_files(cli, fds, &n_fds) < 0) {
		json_object_put(parameters);
		r = STATUS_FAILED;
	} else {
		r = cli_call(cli, cli->arguments[0], parameters, fds, n_fds, &reply);
		if (r == 0) {
			output_json(reply);
			json_object_put(reply);
		}
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	free(fds);
	return r;
}

static const struct option_spec call_options[] = {
	{"fd", 'f', "PATH", "open PATH and pass it; the first is descriptor 0 in the parameters"},
	{0},
};

const struct command commands_daemon[] = {
	{"status", "", 0, 0, "Show the daemon, and what its kernel can do", NULL, NULL, status},
	{"monitor", "", 0, 0, "Print events of all rings that you may see, as they happen", NULL,
	 NULL, watch_all},
	{"call", "METHOD [JSON]", 1, 2, "Call any method of the daemon and print its answer",
	 "METHOD is GetStatus, or org.varlink.service.GetInfo. Descriptors in the answer are "
	 "closed.",
	 call_options, call},
	{0},
};
