/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl policy: what the administrator's rules let a client do. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "output.h"
#include "reply.h"

#define GROUPS_MAX 65536 /* the kernel's limit */

static void print_result(FILE *cell, struct json_object *decision)
{
	if (json_member(decision, "allowed"))
		fprintf(cell, "%" PRId64, json_number(decision, "allowed"));
	else
		fputs(json_text(decision, "result"), cell);
}

static void print_place(FILE *cell, struct json_object *decision)
{
	fputs(json_text(decision, "place"), cell);
}

static const char *result_color(struct json_object *decision)
{
	const char *result = json_text(decision, "result");

	return strcmp(result, "permitted") == 0 ? "green"
	       : strcmp(result, "denied") == 0	? "red"
						: NULL;
}

static const struct column decision_columns[] = {
	{"KEY", NULL, "key", "the right or quota, as rules name it"},
	{"RESULT", NULL, "result allowed", "permitted, denied, or the value of the quota",
	 .print = print_result, .color = result_color},
	{"WHERE", NULL, "place file line rule", "file, line and rule", COLUMN_WRAP, print_place},
	{0},
};

static const struct passwd *find_user(const char *name)
{
	const struct passwd *entry = getpwnam(name);
	char *end;
	unsigned long uid;

	if (entry || *name < '0' || *name > '9')
		return entry;
	errno = 0;
	uid = strtoul(name, &end, 10);
	return *end || errno || uid > UINT32_MAX ? NULL : getpwuid((uid_t)uid);
}

static void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static void add_groups(struct json_object *parameters, const struct passwd *entry)
{
	struct json_object *list = json_object_new_array();
	gid_t *groups = NULL;
	int n = 64, found;
	char text[16];

	do {
		found = n;
		groups = reallocarray(groups, (size_t)n, sizeof(*groups));
		if (!groups)
			abort();
		n *= 2;
	} while (getgrouplist(entry->pw_name, entry->pw_gid, groups, &found) < 0 &&
		 n <= GROUPS_MAX);
	for (int i = 0; i < found && i < n / 2; i++) {
		snprintf(text, sizeof(text), "%u", (unsigned int)groups[i]);
		json_object_array_add(list, json_object_new_string(text));
	}
	free(groups);
	json_object_object_add(parameters, "groups", list);
}

/* A uid that nobody has, such as a subordinate one, is in no group. */
static int add_user(struct json_object *parameters, const char *name)
{
	const struct passwd *entry = find_user(name);
	uint64_t uid;

	if (entry) {
		add_number(parameters, "user", entry->pw_uid);
		add_number(parameters, "group", entry->pw_gid);
		add_groups(parameters, entry);
		return STATUS_OK;
	}
	if (!cli_number(name, &uid) || uid >= UINT32_MAX) {
		output_error("no user is called \"%s\"", name);
		return STATUS_FAILED;
	}
	add_number(parameters, "user", (int64_t)uid);
	return STATUS_OK;
}

static int explain(struct cli *cli)
{
	struct json_object *parameters = json_object_new_object(), *reply;
	const char *group = cli_option(cli, "control-group");
	int r = STATUS_OK;

	if (cli->n_arguments > 0)
		r = add_user(parameters, cli->arguments[0]);
	if (r != STATUS_OK) {
		json_object_put(parameters);
		return r;
	}
	if (cli->n_arguments > 1)
		json_object_object_add(parameters, "program",
				       json_object_new_string(cli->arguments[1]));
	if (group)
		json_object_object_add(parameters, "controlGroup", json_object_new_string(group));
	r = cli_call(cli, "ExplainPolicy", parameters, NULL, 0, &reply);
	if (r != 0)
		return r;
	if (cli->json) {
		table_select(&cli->view, reply, "decisions");
		output_json(reply);
	} else {
		if (json_number(reply, "user") != json_number(reply, "payer"))
			printf("User %" PRId64 " is subordinate; its quotas count for user %" PRId64
			       ".\n",
			       json_number(reply, "user"), json_number(reply, "payer"));
		table_print(&cli->view, json_member(reply, "decisions"), stdout);
	}
	json_object_put(reply);
	return STATUS_OK;
}

static const struct option_spec explain_options[] = {
	{"control-group", 'g', "PATH",
	 "of the client, as systemctl show -P ControlGroup prints it"},
	{0},
};

const struct command commands_policy[] = {
	{"policy explain", "[USER [PROGRAM]]", 0, 2,
	 "Show what the policy permits, and which rule says so",
	 "USER is a name or a number; by default you. Rules for units match only with\n"
	 "--control-group, or if you ask for yourself.",
	 explain_options, explain, decision_columns},
	{0},
};
