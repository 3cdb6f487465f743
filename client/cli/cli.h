/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cli.h - what the commands of iouctl share
 *
 * A command is a row in a table: name, arguments, options, help, and a function that gets the
 * parsed rest. Help texts, usage errors and completion all come from the rows.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iouctl.h"

struct json_object;

/* Exit statuses, as in iouctl(1). */
enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,	/* refused by the daemon, or something on this side failed */
	STATUS_USAGE = 2,	/* the command line is wrong; nothing was asked */
	STATUS_WORK_FAILED = 3, /* the loop program reported a failure of its work */
	STATUS_NO_DAEMON = 4,	/* no daemon could be reached */
	STATUS_RING_LOST = 5,	/* the ring ended under way */
	STATUS_INTERRUPTED = 130,
};

struct option_spec {
	const char *name;     /* long name; NULL ends a table */
	char letter;	      /* or 0 */
	const char *argument; /* its name in the help; NULL: takes none */
	const char *help;
};

struct option_value {
	const struct option_spec *spec;
	const char *text; /* borrowed from argv; NULL if it takes none */
};

struct cli {
	bool json;
	const char *socket;	      /* or NULL: the library's default */
	struct iouctl *connection;    /* owned; NULL until cli_connect() */
	struct option_value *options; /* owned: of the command */
	size_t n_options;
	char **arguments; /* borrowed */
	size_t n_arguments;
};

struct command {
	const char *name;      /* "ring list"; NULL ends a table */
	const char *arguments; /* "RING FIELD=VALUE..." */
	size_t arguments_min;
	size_t arguments_max; /* SIZE_MAX: any number */
	const char *summary;
	const char *help;		   /* more lines, or NULL */
	const struct option_spec *options; /* or NULL */
	int (*run)(struct cli *cli);	   /* returns an exit status, all having been said */
};

extern const struct command commands_run[];
extern const struct command commands_ring[];
extern const struct command commands_program[];
extern const struct command commands_daemon[];

/* options.c */
/* Parses argv behind the command's words. 0, or STATUS_USAGE after saying what is wrong. */
int cli_parse(struct cli *cli, const struct command *command, int argc, char **argv);
bool cli_flag(const struct cli *cli, const char *name);
const char *cli_option(const struct cli *cli, const char *name); /* the last; NULL: not given */
/* A number with an optional suffix K, M or G (powers of 1024). False: it is none. */
bool cli_number(const char *text, uint64_t *ret);
void cli_help_command(const struct command *command);

/* call.c */
/* Connects unless connected. 0, or an exit status after saying what failed. */
int cli_connect(struct cli *cli);
/* Says what the last call on the connection failed of; returns the exit status for it. */
int cli_complain(struct cli *cli, int r, const char *what);
/*
 * Calls @method with @parameters (put here, may be NULL) and optional descriptors. 0: *ret_reply is
 * the caller's to put. Otherwise an exit status, all said.
 */
int cli_call(struct cli *cli, const char *method, struct json_object *parameters, const int *fds,
	     size_t n_fds, struct json_object **ret_reply);
/* {"ring": name} and the like; never NULL. */
struct json_object *cli_object(const char *key, const char *value);

/* settings.c */
/*
 * Turns "depth=16" or "name.part=text" words into a parameters object, typed by the program's
 * fields. 0: the caller puts *ret; else an exit status.
 */
int cli_settings(struct cli *cli, const char *program, const char *const *words, size_t n_words,
		 struct json_object **ret);

/* Reading JSON whose shape the daemon vouches for: absent is "", 0, false, NULL. */
const char *json_text(struct json_object *object, const char *key);
int64_t json_number(struct json_object *object, const char *key);
bool json_flag(struct json_object *object, const char *key);
struct json_object *json_member(struct json_object *object, const char *key);

#endif
