/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output: tables, numbers and JSON. Texts from the daemon are never trusted to be printable. */
#include <ctype.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "output.h"

void output_json(struct json_object *object)
{
	int flags = isatty(STDOUT_FILENO) ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
					  : JSON_C_TO_STRING_PLAIN;

	printf("%s\n",
	       json_object_to_json_string_ext(object, flags | JSON_C_TO_STRING_NOSLASHESCAPE));
}

void output_json_line(struct json_object *object)
{
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	printf("%s\n", json_object_to_json_string_ext(object, flags));
	fflush(stdout);
}

struct table {
	size_t n_columns;
	size_t *widths;
	char **cells; /* the headings first */
	size_t n_cells;
	size_t allocated;
};

static char *printable(const char *text)
{
	char *copy = strdup(text ? text : "-");

	if (!copy)
		abort();
	for (char *p = copy; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = '?';
	return copy;
}

void table_cell(struct table *table, const char *text)
{
	char *copy = printable(text && *text ? text : NULL);
	size_t column = table->n_cells % table->n_columns;

	if (table->n_cells == table->allocated) {
		table->allocated = table->allocated ? table->allocated * 2 : 64;
		table->cells = realloc(table->cells, table->allocated * sizeof(*table->cells));
		if (!table->cells)
			abort();
	}
	table->cells[table->n_cells++] = copy;
	if (strlen(copy) > table->widths[column])
		table->widths[column] = strlen(copy);
}

struct table *table_new(const char *const *headings, size_t n_columns)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || !(table->widths = calloc(n_columns, sizeof(*table->widths))))
		abort();
	table->n_columns = n_columns;
	for (size_t i = 0; i < n_columns; i++)
		table_cell(table, headings[i]);
	return table;
}

void table_print(struct table *table, FILE *out)
{
	for (size_t i = 0; i < table->n_cells; i++) {
		size_t column = i % table->n_columns;

		if (column == table->n_columns - 1)
			fprintf(out, "%s\n", table->cells[i]);
		else
			fprintf(out, "%-*s  ", (int)table->widths[column], table->cells[i]);
	}
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->n_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table->widths);
	free(table);
}

static bool is_bytes(const char *unit)
{
	return strcmp(unit, "bytes") == 0;
}

static const char *scaled_bytes(char *buffer, double amount, const char *suffix)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	size_t i = 0;

	while (amount >= 1024 && i < sizeof(units) / sizeof(units[0]) - 1) {
		amount /= 1024;
		i++;
	}
	snprintf(buffer, OUTPUT_NUMBER_MAX, i ? "%.1f %s%s" : "%.0f %s%s", amount, units[i],
		 suffix);
	return buffer;
}

const char *output_amount(char *buffer, uint64_t amount, const char *unit)
{
	if (is_bytes(unit))
		return scaled_bytes(buffer, (double)amount, "");
	if (strcmp(unit, "none") == 0 || !*unit)
		snprintf(buffer, OUTPUT_NUMBER_MAX, "%" PRIu64, amount);
	else
		snprintf(buffer, OUTPUT_NUMBER_MAX, "%" PRIu64 " %.16s", amount, unit);
	return buffer;
}

const char *output_rate(char *buffer, double per_second, const char *unit)
{
	if (is_bytes(unit))
		return scaled_bytes(buffer, per_second, "/s");
	snprintf(buffer, OUTPUT_NUMBER_MAX, "%.0f/s", per_second);
	return buffer;
}

const char *output_duration(char *buffer, double seconds)
{
	uint64_t s = seconds < 1e9 ? (uint64_t)ceil(seconds) : 1000000000;

	if (s >= 3600)
		snprintf(buffer, OUTPUT_NUMBER_MAX, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
			 s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buffer, OUTPUT_NUMBER_MAX, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
	return buffer;
}

const char *output_time(char *buffer, uint64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm tm;
	size_t n;

	localtime_r(&seconds, &tm);
	n = strftime(buffer, OUTPUT_NUMBER_MAX, "%H:%M:%S", &tm);
	snprintf(buffer + n, OUTPUT_NUMBER_MAX - n, ".%03u", (unsigned)(time_us / 1000 % 1000));
	return buffer;
}

void output_text(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (iscntrl((unsigned char)*p) && *p != '\n' && *p != '\t')
			fprintf(out, "\\x%02x", (unsigned char)*p);
		else
			fputc(*p, out);
	}
}
