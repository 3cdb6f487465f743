/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* output.h - tables and numbers for people, JSON for programs */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

#define OUTPUT_NUMBER_MAX 48

/* Pretty on a terminal, one line in a pipe. */
void output_json(struct json_object *object);
/* Always one line: for streams of objects. Flushed. */
void output_json_line(struct json_object *object);

/* A table whose columns fit their widest cell; cells are copied. */
struct table;
struct table *table_new(const char *const *headings, size_t n_columns);
void table_cell(struct table *table, const char *text); /* left to right, row by row; NULL: "-" */
void table_print(struct table *table, FILE *out);
void table_free(struct table *table);

/* Each fills @buffer (OUTPUT_NUMBER_MAX bytes) and returns it. */
const char *output_amount(char *buffer, uint64_t amount, const char *unit); /* "28.8 MiB" */
const char *output_rate(char *buffer, double per_second, const char *unit); /* "12.0 MiB/s" */
const char *output_duration(char *buffer, double seconds);		    /* "1:02:03" */
const char *output_time(char *buffer, uint64_t time_us); /* local time of day with milliseconds */

/* Prints @text for a terminal or log: control characters are escaped. */
void output_text(FILE *out, const char *text);

#endif
