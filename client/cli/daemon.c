/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl status, monitor and call. */
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
#include "reply.h"
#include "watch.h"

static void print_problems(struct json_object *problems)
{
	if (json_length(problems))
		printf("\nProblems with declared rings:\n");
	for (size_t i = 0; i < json_length(problems); i++)
		output_line(stdout, "  %s", json_text(json_element(problems, i), "text"));
}

static void print_state(FILE *cell, struct json_object *capability)
{
	fputs(json_flag(capability, "present")	  ? "present"
	      : json_flag(capability, "required") ? "MISSING"
						  : "missing",
	      cell);
}

static const char *state_color(struct json_object *capability)
{
	return json_flag(capability, "present")	   ? "green"
	       : json_flag(capability, "required") ? "red"
						   : "yellow";
}

static const struct column capability_columns[] = {
	{"CAPABILITY", NULL, "name", "name of the capability"},
	{"STATE", NULL, "present required",
	 "present; MISSING if rings cannot be created without it; otherwise missing",
	 .print = print_state, .color = state_color},
	{"REQUIRED", NULL, "required", "yes if rings cannot be created without it", COLUMN_EXTRA},
	{"SINCE", NULL, "since", "kernel or patches that introduced it"},
	{"DETAIL", NULL, "detail", "what was found, or what to do", COLUMN_WRAP},
	{0},
};

/* "1 ring", "2 rings" */
static void print_count(int64_t n, const char *what)
{
	printf("%" PRId64 " %s%s", n, what, n == 1 ? "" : "s");
}

/* STATUS_FAILED if rings cannot be created. */
static int print_status(struct cli *cli)
{
	char pinned[OUTPUT_NUMBER_MAX];
	struct json_object *reply;
	int r = cli_call(cli, "GetStatus", NULL, NULL, 0, &reply), status;

	if (r != 0)
		return r;
	status = json_flag(reply, "ready") ? STATUS_OK : STATUS_FAILED;
	if (cli->json) {
		table_select(&cli->view, reply, "capabilities");
		output_json(reply);
		json_object_put(reply);
		return status;
	}
	output_line(stdout, "iouringd %s on Linux %s: %s", json_text(reply, "version"),
		    json_text(reply, "kernel"),
		    json_flag(reply, "ready")
			    ? "ready"
			    : "this system cannot run rings, a required capability is missing");
	print_count(json_number(reply, "rings"), "ring");
	printf(", %s of locked memory, ",
	       output_amount(pinned, (uint64_t)json_number(reply, "pinnedBytes"), "bytes"));
	print_count(json_number(reply, "programs"), "program");
	fputs(", ", stdout);
	print_count(json_number(reply, "connections"), "connection");
	fputs("\n\n", stdout);
	table_print(&cli->view, json_member(reply, "capabilities"), stdout);
	print_problems(json_member(reply, "problems"));
	json_object_put(reply);
	return status;
}

/* Opens the files of --fd. -1 after an error message; the caller closes *ret_n descriptors. */
static int open_files(struct cli *cli, int *fds, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < cli->n_options; i++) {
		const char *path = cli->options[i].text;

		fds[n] = open(path, O_RDWR | O_CLOEXEC);
		if (fds[n] < 0 && (errno == EACCES || errno == EROFS || errno == EISDIR))
			fds[n] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[n] < 0) {
			output_error("cannot open %s: %s", path, strerror(errno));
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
			output_error("call: \"%s\" is not a JSON object", cli->arguments[1]);
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
	{"fd", 'f', "PATH", "open and pass PATH; the first one is descriptor 0 in JSON"},
	{0},
};

const struct command commands_daemon[] = {
	{"status", "", 0, 0, "Show the daemon and the kernel's capabilities", NULL, NULL,
	 print_status, capability_columns},
	{"monitor", "", 0, 0, "Print the events of all rings that you may see", NULL, NULL,
	 watch_all},
	{"call", "METHOD [JSON]", 1, 2, "Call a method of the daemon and print the reply",
	 "METHOD is a method of org.iouringd.Manager, such as GetStatus, or has its interface's\n"
	 "name in front, as org.varlink.service.GetInfo. Descriptors in the reply are closed.",
	 call_options, call},
	{0},
};
