/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls to the daemon, and the messages for calls that fail. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "output.h"
#include "reply.h"

struct json_object *cli_object(const char *key, const char *value)
{
	struct json_object *object = json_object_new_object();

	if (!object || json_object_object_add(object, key, json_object_new_string(value)) < 0)
		abort();
	return object;
}

int cli_connect(struct cli *cli)
{
	const char *path = cli->socket ? cli->socket : getenv("IOURINGD_SOCKET");
	int r;

	if (cli->connection)
		return 0;
	r = iouctl_connect(cli->socket, &cli->connection);
	if (r == 0)
		return 0;
	output_error("cannot connect to iouringd at %s: %s",
		     path ? path : "/run/iouringd/org.iouringd.Manager", strerror(-r));
	if (r == -ENOENT || r == -ECONNREFUSED)
		output_error("start it with 'systemctl start iouringd.socket', "
			     "or name its socket with --socket");
	return STATUS_NO_DAEMON;
}

/* The verifier's log comes before the message, as its last lines matter most. */
static void print_log(struct cli *cli)
{
	const char *text = iouctl_error_parameters(cli->connection);
	struct json_object *parameters = text ? json_tokener_parse(text) : NULL;
	const char *log = parameters ? json_text(parameters, "log") : "";

	if (*log) {
		output_log(stderr, log);
		if (log[strlen(log) - 1] != '\n')
			fputc('\n', stderr);
	}
	json_object_put(parameters);
}

static void print_json_error(struct cli *cli)
{
	const char *name = iouctl_error_name(cli->connection);
	const char *text = iouctl_error_parameters(cli->connection);
	struct json_object *object = cli_object("error", name ? name : "");

	json_object_object_add(object, "parameters", text ? json_tokener_parse(text) : NULL);
	output_json(object);
	json_object_put(object);
}

int cli_print_failure(struct cli *cli, int r, const char *what)
{
	if (r == -EREMOTEIO) {
		if (cli->json)
			print_json_error(cli);
		else
			print_log(cli);
		output_error("%s: %s", what, iouctl_error_message(cli->connection));
		return STATUS_FAILED;
	}
	if (r == -ECONNRESET || r == -EPIPE || r == -ECONNREFUSED || r == -ENOENT) {
		output_error("%s: lost the connection to iouringd: %s", what, strerror(-r));
		return STATUS_NO_DAEMON;
	}
	output_error("%s: %s", what, strerror(-r));
	return STATUS_FAILED;
}

int cli_call(struct cli *cli, const char *method, struct json_object *parameters, const int *fds,
	     size_t n_fds, struct json_object **ret_reply)
{
	struct json_object *reply;
	char *text = NULL;
	int r;

	r = cli_connect(cli);
	if (r == 0) {
		r = iouctl_call(cli->connection, method,
				parameters ? json_object_to_json_string(parameters) : NULL, fds,
				n_fds, &text, NULL, NULL);
		if (r < 0)
			r = cli_print_failure(cli, r, method);
	}
	json_object_put(parameters);
	if (r != 0)
		return r;
	reply = json_tokener_parse(text);
	free(text);
	if (!reply) {
		output_error("%s: iouringd's reply is not JSON", method);
		return STATUS_FAILED;
	}
	*ret_reply = reply;
	return 0;
}

struct json_object *cli_describe_ring(struct cli *cli, const char *ring)
{
	struct json_object *question = cli_object("ring", ring), *reply = NULL;
	char *text;

	if (iouctl_call(cli->connection, "DescribeRing", json_object_to_json_string(question), NULL,
			0, &text, NULL, NULL) == 0) {
		reply = json_tokener_parse(text);
		free(text);
	}
	json_object_put(question);
	return reply;
}
