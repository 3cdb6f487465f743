/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* output.h - lines and numbers for people, JSON for programs */
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
/* The same for an object that is text already. */
void output_json_text(const char *text);

/* Each fills @buffer (OUTPUT_NUMBER_MAX bytes) and returns it. */
const char *output_amount(char *buffer, uint64_t amount, const char *unit); /* "28.8 MiB" */
const char *output_rate(char *buffer, double per_second, const char *unit); /* "12.0 MiB/s" */
const char *output_duration(char *buffer, double seconds);		    /* "1:02:03" */
const char *output_time(char *buffer, uint64_t time_us); /* local time of day with milliseconds */
const char *output_date(char *buffer, uint64_t time_us); /* local date and time of day */

/*
 * The functions below escape as \xNN what is not printable in the locale, so that no text from the
 * daemon, a program or the command line controls the terminal.
 */
/* Escapes line breaks and tabs as well. */
void output_text(FILE *out, const char *text);
/* Keeps line breaks and tabs: for a log. */
void output_log(FILE *out, const char *text);
/* One line; the text after formatting is escaped, a line break is appended. */
void output_line(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same on standard error, after "iouctl: ". */
void output_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
