/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls to the daemon, and how their failures are told. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "output.h"

struct json_object *json_member(struct json_object *object, const char *key)
{
	struct json_object *member;

	return json_object_object_get_ex(object, key, &member) ? member : NULL;
}

const char *json_text(struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key);

	return member && json_object_is_type(member, json_type_string)
		       ? json_object_get_string(member)
		       : "";
}

int64_t json_number(struct json_object *object, const char *key)
{
	return json_object_get_int64(json_member(object, key));
}

bool json_flag(struct json_object *object, const char *key)
{
	return json_object_get_boolean(json_member(object, key));
}

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
	fprintf(stderr, "iouctl: cannot reach iouringd at %s: %s\n",
		path ? path : "/run/iouringd/org.iouringd.Manager", strerror(-r));
	if (r == -ENOENT || r == -ECONNREFUSED)
		fprintf(stderr, "iouctl: start it with 'systemctl start iouringd.socket', "
				"or name its socket with --socket\n");
	return STATUS_NO_DAEMON;
}

/* A verifier's log has its point at the end, and lines of its own. */
static void print_log(struct cli *cli)
{
	const char *text = iouctl_error_parameters(cli->connection);
	struct json_object *parameters = text ? json_tokener_parse(text) : NULL;
	const char *log = parameters ? json_text(parameters, "log") : "";

	if (*log) {
		output_text(stderr, log);
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

int cli_complain(struct cli *cli, int r, const char *what)
{
	if (r == -EREMOTEIO) {
		if (cli->json)
			print_json_error(cli);
		else
			print_log(cli);
		fprintf(stderr, "iouctl: %s: ", what);
		output_text(stderr, iouctl_error_message(cli->connection));
		fputc('\n', stderr);
		return STATUS_FAILED;
	}
	if (r == -ECONNRESET || r == -EPIPE || r == -ECONNREFUSED || r == -ENOENT) {
		fprintf(stderr, "iouctl: %s: the daemon went away (%s)\n", what, strerror(-r));
		return STATUS_NO_DAEMON;
	}
	fprintf(stderr, "iouctl: %s: %s\n", what, strerror(-r));
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
			r = cli_complain(cli, r, method);
	}
	json_object_put(parameters);
	if (r != 0)
		return r;
	reply = json_tokener_parse(text);
	free(text);
	if (!reply) {
		fprintf(stderr, "iouctl: %s: the daemon's answer is not JSON\n", method);
		return STATUS_FAILED;
	}
	*ret_reply = reply;
	return 0;
}
