/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.h - tables of JSON objects, with columns that the user chooses
 *
 * One array of columns drives the table for people, `--columns`, and what of each object `--json`
 * prints if both are given. On a terminal a table takes the terminal's width; elsewhere nothing is
 * wrapped or cut. Cells may hold any text: libsmartcols escapes what is not printable.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json_object;

#define TABLE_COLUMNS_MAX 32

enum column_flags {
	COLUMN_NUMBER = 1 << 0, /* aligned to the right */
	COLUMN_WRAP = 1 << 1,	/* takes several lines where the terminal is too narrow */
	COLUMN_EXTRA = 1 << 2,	/* in a table only if --columns names it */
};

struct column {
	const char *name;    /* heading, and argument of --columns; NULL ends an array */
	const char *label;   /* before the value in a record; may be NULL if there is none */
	const char *members; /* that it shows of the object, separated by spaces */
	const char *help;
	unsigned int flags;
	void (*print)(FILE *cell, struct json_object *object); /* NULL: the member as it is */
	const char *(*color)(struct json_object *object);      /* or NULL; may return NULL */
};

struct table_view {
	const struct column *columns; /* that can be chosen */
	const struct column *chosen[TABLE_COLUMNS_MAX];
	size_t n_chosen; /* 0: the default columns */
	bool color;
	bool terminal;
	size_t width; /* of the terminal; 0: ask it */
};

/*
 * Chooses the columns in @names ("RING,STATE"; upper or lower case). False: *ret_unknown, which the
 * caller frees, is not the name of a column, and the view is unchanged.
 */
bool table_choose(struct table_view *view, const char *names, char **ret_unknown);
/* The names of all columns, "RING, STATE"; the caller frees the text. */
char *table_names(const struct table_view *view);
/* A table of the columns and what each shows. */
void table_print_columns(const struct table_view *view, FILE *out);

/* A row for each object of an array, below headings. An empty cell is printed as "-". */
void table_print(const struct table_view *view, struct json_object *rows, FILE *out);
/* A line for each column, "State: running"; empty ones only if they were chosen. */
void table_print_record(const struct table_view *view, struct json_object *object, FILE *out);
/*
 * For --json: of member @key of @reply, an object or an array of objects, leaves only the members
 * that the chosen columns show. Leaves all if none were chosen.
 */
void table_select(const struct table_view *view, struct json_object *reply, const char *key);

#endif
