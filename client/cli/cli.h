/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cli.h - what the commands of iouctl share
 *
 * A command is a row in a table: name, arguments, options, columns, help, and a function that runs
 * it. Parser, usage errors and help texts use the rows.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iouctl.h"
#include "ring-name.h"
#include "table.h"

struct json_object;

/* Exit statuses, as in iouctl(1). */
enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,	/* refused by the daemon, or something on this side failed */
	STATUS_USAGE = 2,	/* the command line is wrong; nothing was sent */
	STATUS_WORK_FAILED = 3, /* the loop program reported a failure of its work */
	STATUS_NO_DAEMON = 4,	/* no daemon could be reached */
	STATUS_RING_LOST = 5,	/* the ring ended before its work */
	STATUS_INTERRUPTED = 130,
};

struct option_spec {
	const char *name; /* long name; NULL ends a table */
	char letter;	  /* or 0 */
	/* Its name in the help; NULL if the option takes none; "[=NAME]" if it may be left out. */
	const char *argument;
	const char *help;
};

struct option_value {
	const struct option_spec *spec;
	const char *text; /* borrowed from argv; NULL if none was given */
};

struct cli {
	bool json;
	const char *socket;	      /* NULL: the library's default */
	struct table_view view;	      /* of --columns and --color */
	struct iouctl *connection;    /* owned; NULL until cli_connect() */
	struct option_value *options; /* owned: those of the command's own table */
	size_t n_options;
	char **arguments; /* borrowed */
	size_t n_arguments;
	char ring[RING_TEXT_MAX]; /* for the daemon: of a command whose first argument is RING */
};

struct command {
	const char *name;      /* "ring list"; NULL ends a table */
	const char *arguments; /* "RING FIELD=VALUE..." */
	size_t arguments_min;
	size_t arguments_max; /* SIZE_MAX: any number */
	const char *summary;
	const char *help;		   /* more lines, or NULL */
	const struct option_spec *options; /* or NULL */
	int (*run)(struct cli *cli);	   /* prints errors itself; returns an exit status */
	const struct column *columns;	   /* of its table, or NULL: adds --columns and --color */
};

extern const struct command commands_run[];
extern const struct command commands_copy[];
extern const struct command commands_ring[];
extern const struct command commands_program[];
extern const struct command commands_policy[];
extern const struct command commands_daemon[];

/* options.c */
/*
 * Parses @argv, whose first element is the command's last word. 0, or STATUS_USAGE after an error
 * message. `--help` and `--columns help` print and exit.
 */
int cli_parse(struct cli *cli, const struct command *command, int argc, char **argv);
bool cli_flag(const struct cli *cli, const char *name);
const char *cli_option(const struct cli *cli, const char *name); /* the last one, or NULL */
/*
 * A number with an optional suffix K, M, G, T or P in either case (powers of 1024), before which it
 * may have a fraction: "1.5M". False if @text is anything else.
 */
bool cli_number(const char *text, uint64_t *ret);
void cli_help_command(const struct command *command);

/* call.c */
/* Connects unless connected. 0, or an exit status after an error message. */
int cli_connect(struct cli *cli);
/*
 * Prints why the last call on the connection failed with @r, after @what; with --json also the
 * error as JSON. Returns the exit status.
 */
int cli_print_failure(struct cli *cli, int r, const char *what);
/*
 * Calls @method with @parameters (put here, may be NULL) and optional descriptors. 0: the caller
 * puts *ret_reply. Otherwise an exit status, after an error message.
 */
int cli_call(struct cli *cli, const char *method, struct json_object *parameters, const int *fds,
	     size_t n_fds, struct json_object **ret_reply);
/* {@key: @value}; never NULL. */
struct json_object *cli_object(const char *key, const char *value);
/* The reply of DescribeRing, the caller's, over an open connection; NULL, without a message. */
struct json_object *cli_describe_ring(struct cli *cli, const char *ring);

/* settings.c */
/*
 * Turns words such as "depth=16" or "name.part=text" into an object of parameters. The fields in
 * @description, a DescribeProgram reply, determine the types. 0: the caller puts *ret. Otherwise
 * STATUS_USAGE, after an error message.
 */
int settings_parse(struct json_object *description, const char *const *words, size_t n_words,
		   struct json_object **ret);
/* The same with the fields of @program. Another exit status if they cannot be had. */
int cli_settings(struct cli *cli, const char *program, const char *const *words, size_t n_words,
		 struct json_object **ret);

#endif
