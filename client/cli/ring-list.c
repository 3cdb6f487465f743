/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "output.h"
#include "reply.h"
#include "ring-list.h"
#include "ring-name.h"

static bool is_adopted(struct json_object *ring)
{
	return strcmp(json_text(ring, "kind"), "adopted") == 0;
}

static void print_name(FILE *cell, struct json_object *ring)
{
	char buffer[RING_TEXT_MAX];

	fputs(ring_text_of_name(json_text(ring, "name"), buffer), cell);
}

static void print_user_name(FILE *cell, struct json_object *ring)
{
	char buffer[USER_NAME_MAX];

	fputs(user_text(json_number(ring, "user"), buffer), cell);
}

static void print_lifetime(FILE *cell, struct json_object *ring)
{
	fputs(is_adopted(ring)		      ? "application"
	      : json_flag(ring, "declared")   ? "declared"
	      : json_flag(ring, "persistent") ? "persistent"
					      : "client",
	      cell);
}

static void print_host(FILE *cell, struct json_object *ring)
{
	if (!is_adopted(ring))
		fprintf(cell, "%" PRId64, json_number(ring, "process"));
}

static void print_application(FILE *cell, struct json_object *ring)
{
	if (is_adopted(ring))
		fprintf(cell, "%" PRId64, json_number(ring, "process"));
}

static void print_yes(FILE *cell, bool yes)
{
	fputs(yes ? "yes" : "", cell);
}

static void print_probation(FILE *cell, struct json_object *ring)
{
	print_yes(cell, json_flag(ring, "probation"));
}

static void print_rollback(FILE *cell, struct json_object *ring)
{
	print_yes(cell, json_flag(ring, "rollback"));
}

static void print_created(FILE *cell, struct json_object *ring)
{
	char buffer[OUTPUT_NUMBER_MAX];

	fputs(output_date(buffer, (uint64_t)json_number(ring, "created")), cell);
}

static void print_bytes(FILE *cell, int64_t bytes)
{
	char buffer[OUTPUT_NUMBER_MAX];

	fputs(output_amount(buffer, (uint64_t)bytes, "bytes"), cell);
}

static void print_region(FILE *cell, struct json_object *ring)
{
	print_bytes(cell, json_number(ring, "regionBytes"));
}

static void print_data(FILE *cell, struct json_object *ring)
{
	print_bytes(cell, json_number(ring, "dataBytes"));
}

/* What its requests wait for, or NULL. */
static struct json_object *wait_of(struct json_object *ring)
{
	struct json_object *waits = json_member(ring, "waits");

	return json_length(waits) > 0 ? json_element(waits, 0) : NULL;
}

static void print_work(FILE *cell, struct json_object *ring)
{
	struct json_object *work = json_member(ring, "work");
	uint64_t done = (uint64_t)json_number(work, "done"),
		 total = (uint64_t)json_number(work, "total");
	char amount[OUTPUT_NUMBER_MAX];

	fprintf(cell, "%s %s", json_text(work, "state"),
		output_amount(amount, done, json_text(work, "unit")));
	if (total)
		fprintf(cell, " (%.0f %%)", 100.0 * (double)done / (double)total);
	if (wait_of(ring)) {
		output_duration(amount, (double)json_number(wait_of(ring), "age") / 1e6);
		fprintf(cell, ", waits %s", amount);
	}
}

static void print_waits(FILE *cell, struct json_object *ring)
{
	if (wait_of(ring))
		fputs(json_text(wait_of(ring), "text"), cell);
}

static void print_in_flight(FILE *cell, struct json_object *ring)
{
	fprintf(cell, "%" PRId64, json_number(json_member(ring, "work"), "inFlight"));
}

static void print_error(FILE *cell, struct json_object *ring)
{
	fputs(json_text(json_member(ring, "work"), "error"), cell);
}

static void print_error_offset(FILE *cell, struct json_object *ring)
{
	struct json_object *work = json_member(ring, "work");

	if (json_member(work, "errorOffset"))
		fprintf(cell, "%" PRId64, json_number(work, "errorOffset"));
}

static void print_error_slot(FILE *cell, struct json_object *ring)
{
	fputs(json_text(json_member(ring, "work"), "errorSlot"), cell);
}

static void print_error_operation(FILE *cell, struct json_object *ring)
{
	fputs(json_text(json_member(ring, "work"), "errorOperation"), cell);
}

static const char *state_color(struct json_object *ring)
{
	const char *state = json_text(ring, "state");

	return strcmp(state, "running") == 0  ? "green"
	       : strcmp(state, "paused") == 0 ? "yellow"
	       : strcmp(state, "failed") == 0 ? "red"
					      : NULL;
}

static const char *work_color(struct json_object *ring)
{
	return strcmp(json_text(json_member(ring, "work"), "state"), "failed") == 0 ? "red" : NULL;
}

/* clang-format off */
const struct column ring_columns[] = {
	{"RING", "Ring", "name", "name of the ring; USER/NAME if it is not among your own names",
	 .print = print_name},
	{"PROGRAM", "Program", "program", "loop program that the ring runs"},
	{"VERSION", "Version", "programVersion", "version of that program",
	 COLUMN_NUMBER | COLUMN_EXTRA},
	{"STATE", "State", "state", "creating, created, running, paused, stopped, failed or ending",
	 .color = state_color},
	{"REASON", "Reason", "reason", "why the ring is stopped, failed or ending",
	 COLUMN_WRAP | COLUMN_EXTRA},
	{"USER", "User", "user", "user ID of the owner", COLUMN_NUMBER},
	{"USERNAME", "User name", "user", "name of the owner", COLUMN_EXTRA, print_user_name},
	{"LIFETIME", "Lifetime", "kind persistent declared",
	 "what the ring lives with: its client, the application that runs it, its declaration in "
	 "rings.d, or nothing (persistent)",
	 .print = print_lifetime},
	{"GENERATION", "Generation", "generation", "1, and one more with each change of program",
	 COLUMN_NUMBER},
	{"PROBATION", "On probation", "probation", "yes if a failure now puts the fallback back",
	 COLUMN_EXTRA, print_probation},
	{"FALLBACK", "Falls back to", "fallback", "program that ring rollback puts back",
	 COLUMN_EXTRA},
	{"ROLLBACK", "Rolls back", "rollback",
	 "yes if a failure puts the fallback back after the probation, too", COLUMN_EXTRA,
	 print_rollback},
	{"NOTE", "Note", "note", "what its declaration asks for and only a new ring can have",
	 COLUMN_WRAP | COLUMN_EXTRA},
	{"HOST", "Host process", "kind process", "process ID of the host that runs the ring",
	 COLUMN_NUMBER | COLUMN_EXTRA, print_host},
	{"APPLICATION", "Application", "kind process",
	 "process ID of the application that runs an adopted ring", COLUMN_NUMBER | COLUMN_EXTRA,
	 print_application},
	{"CREATED", "Created", "created", "when the ring was created", COLUMN_EXTRA, print_created},
	{"STEPS", "Steps", "steps", "steps that the loop has taken", COLUMN_NUMBER},
	{"REGION", "Region", "regionBytes", "size of the param region",
	 COLUMN_NUMBER | COLUMN_EXTRA, print_region},
	{"DATA", "Data area", "dataBytes", "size of the data area in it",
	 COLUMN_NUMBER | COLUMN_EXTRA, print_data},
	{"WORK", "Work", "work waits",
	 "the program's own state, the amount of work done, and for how long nothing has completed",
	 COLUMN_WRAP, print_work, work_color},
	{"WAITS", "Waits for", "waits",
	 "what requests wait for, if the loop has taken no step for a second or longer",
	 COLUMN_WRAP | COLUMN_EXTRA, print_waits},
	{"INFLIGHT", "In flight", "work", "requests in flight", COLUMN_NUMBER | COLUMN_EXTRA,
	 print_in_flight},
	{"ERROR", "Error", "work", "error that the program reports", COLUMN_EXTRA, print_error},
	{"ERROR-OFFSET", "Error at byte", "work", "where in the file the error happened",
	 COLUMN_NUMBER | COLUMN_EXTRA, print_error_offset},
	{"ERROR-SLOT", "Error in slot", "work", "slot of that file", COLUMN_EXTRA,
	 print_error_slot},
	{"ERROR-OPERATION", "Error of", "work", "io_uring operation that failed", COLUMN_EXTRA,
	 print_error_operation},
	{0},
};
/* clang-format on */

int ring_list(struct cli *cli)
{
	struct json_object *reply;
	int r = cli_call(cli, "ListRings", NULL, NULL, 0, &reply);

	if (r != 0)
		return r;
	if (cli->json) {
		table_select(&cli->view, reply, "rings");
		output_json(json_member(reply, "rings"));
	} else {
		table_print(&cli->view, json_member(reply, "rings"), stdout);
	}
	json_object_put(reply);
	return STATUS_OK;
}

int ring_show(struct cli *cli)
{
	struct json_object *reply;
	int r = cli_call(cli, "DescribeRing", cli_object("ring", cli->ring), NULL, 0, &reply);

	if (r != 0)
		return r;
	if (cli->json) {
		table_select(&cli->view, reply, "ring");
		output_json(json_member(reply, "ring"));
	} else {
		table_print_record(&cli->view, json_member(reply, "ring"), stdout);
	}
	json_object_put(reply);
	return STATUS_OK;
}
