/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <json-c/json.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "table.h"

#define SEPARATOR "  " /* wider than the spaces inside cells, so that a script can tell them */

static const struct column *find_column(const struct column *columns, const char *name,
					size_t length)
{
	for (; columns->name; columns++)
		if (strlen(columns->name) == length &&
		    strncasecmp(columns->name, name, length) == 0)
			return columns;
	return NULL;
}

bool table_choose(struct table_view *view, const char *names, char **ret_unknown)
{
	const struct column *chosen[TABLE_COLUMNS_MAX];
	size_t n = 0;

	for (;; names++) {
		size_t length = strcspn(names, ",");
		const struct column *column = find_column(view->columns, names, length);

		if (!column || n == TABLE_COLUMNS_MAX) {
			*ret_unknown = strndup(names, length);
			if (!*ret_unknown)
				abort();
			return false;
		}
		chosen[n++] = column;
		names += length;
		if (!*names)
			break;
	}
	memcpy(view->chosen, chosen, n * sizeof(*chosen));
	view->n_chosen = n;
	return true;
}

char *table_names(const struct table_view *view)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	for (const struct column *column = view->columns; column->name; column++)
		fprintf(out, "%s%s", column == view->columns ? "" : ", ", column->name);
	fclose(out);
	return text;
}

/* The columns of a table (@record: of a record) in their order; returns how many. */
static size_t selected(const struct table_view *view, bool record,
		       const struct column *ret[TABLE_COLUMNS_MAX])
{
	size_t n = 0;

	if (view->n_chosen) {
		memcpy(ret, view->chosen, view->n_chosen * sizeof(*ret));
		return view->n_chosen;
	}
	for (const struct column *column = view->columns; column->name; column++) {
		if (!record && (column->flags & COLUMN_EXTRA))
			continue;
		assert(n < TABLE_COLUMNS_MAX);
		ret[n++] = column;
	}
	return n;
}

static void print_member(FILE *cell, struct json_object *member)
{
	if (json_object_is_type(member, json_type_boolean))
		fputs(json_object_get_boolean(member) ? "yes" : "no", cell);
	else if (member)
		fputs(json_object_get_string(member), cell);
}

/* What @column shows of @object; the caller frees it. */
static char *cell_text(const struct column *column, struct json_object *object)
{
	char *text = NULL;
	size_t size;
	FILE *cell = open_memstream(&text, &size);

	if (!cell)
		abort();
	if (column->print)
		column->print(cell, object);
	else
		print_member(cell, json_member(object, column->members));
	fclose(cell);
	return text;
}

static struct libscols_table *new_table(const struct table_view *view, FILE *out)
{
	struct libscols_table *table = scols_new_table();

	if (!table || scols_table_set_column_separator(table, SEPARATOR) < 0)
		abort();
	scols_table_set_stream(table, out);
	scols_table_enable_colors(table, view->color);
	scols_table_set_termforce(table,
				  view->terminal ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (view->terminal && view->width)
		scols_table_set_termwidth(table, view->width);
	return table;
}

static void add_column(struct libscols_table *table, const char *name, unsigned int flags)
{
	int scols_flags = (flags & COLUMN_NUMBER ? SCOLS_FL_RIGHT : 0) |
			  (flags & COLUMN_WRAP ? SCOLS_FL_WRAP : 0);
	struct libscols_column *column = scols_table_new_column(table, name, 0, scols_flags);

	if (!column || scols_cell_set_color(scols_column_get_header(column), "bold") < 0)
		abort();
}

static struct libscols_line *add_line(struct libscols_table *table)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	if (!line)
		abort();
	return line;
}

static void set_cell(struct libscols_line *line, size_t i, const char *text, const char *color)
{
	if (scols_line_set_data(line, i, *text ? text : "-") < 0 ||
	    (color && scols_cell_set_color(scols_line_get_cell(line, i), color) < 0))
		abort();
}

static const char *cell_color(const struct column *column, struct json_object *object)
{
	return column->color ? column->color(object) : NULL;
}

/* Replaces spaces by line breaks so that lines take at most @width columns, if their words do. */
static void break_lines(char *text, size_t width)
{
	char *space = NULL;
	size_t used = 0;

	for (char *p = text; *p; p++) {
		bool continues_character = ((unsigned char)*p & 0xc0) == 0x80; /* of UTF-8 */

		if (*p == '\n')
			*p = ' ';
		if (!continues_character)
			used++;
		if (*p == ' ')
			space = p;
		if (used > width && space) {
			*space = '\n';
			used = (size_t)(p - space);
			space = NULL;
		}
	}
}

static void break_cells(struct libscols_table *table, struct libscols_column *column, size_t width)
{
	for (size_t i = 0; i < scols_table_get_nlines(table); i++) {
		struct libscols_line *line = scols_table_get_line(table, i);
		char *text = strdup(scols_line_get_column_data(line, column));

		if (!text)
			abort();
		break_lines(text, width);
		if (scols_line_refer_column_data(line, column, text) < 0)
			abort();
	}
}

/* libsmartcols alone breaks lines inside words: takes its widths, and breaks lines at spaces. */
static void fit_terminal(struct libscols_table *table)
{
	char *discarded = NULL;

	if (scols_print_table_to_string(table, &discarded) < 0)
		abort();
	free(discarded);
	for (size_t i = 0; i < scols_table_get_ncols(table); i++) {
		struct libscols_column *column = scols_table_get_column(table, i);

		if (!scols_column_is_wrap(column))
			continue;
		break_cells(table, column, scols_column_get_width(column));
		scols_column_set_safechars(column, "\n");
		scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk,
					  NULL);
	}
}

/* Frees the table. */
static void print_and_free(const struct table_view *view, struct libscols_table *table)
{
	if (view->terminal)
		fit_terminal(table);
	scols_print_table(table);
	scols_unref_table(table);
}

void table_print(const struct table_view *view, struct json_object *rows, FILE *out)
{
	const struct column *columns[TABLE_COLUMNS_MAX];
	size_t n_columns = selected(view, false, columns), n_rows = json_length(rows);
	struct libscols_table *table = new_table(view, out);

	for (size_t i = 0; i < n_columns; i++)
		add_column(table, columns[i]->name, columns[i]->flags);
	for (size_t i = 0; i < n_rows; i++) {
		struct json_object *row = json_element(rows, i);
		struct libscols_line *line = add_line(table);

		for (size_t j = 0; j < n_columns; j++) {
			char *text = cell_text(columns[j], row);

			set_cell(line, j, text, cell_color(columns[j], row));
			free(text);
		}
	}
	/* libsmartcols prints nothing for a table without lines */
	for (size_t i = 0; n_rows == 0 && i < n_columns; i++)
		fprintf(out, "%s%s", columns[i]->name, i + 1 < n_columns ? SEPARATOR : "\n");
	print_and_free(view, table);
}

void table_print_record(const struct table_view *view, struct json_object *object, FILE *out)
{
	const struct column *columns[TABLE_COLUMNS_MAX];
	size_t n_columns = selected(view, true, columns);
	struct libscols_table *table = new_table(view, out);

	scols_table_enable_noheadings(table, 1);
	scols_table_set_column_separator(table, " ");
	add_column(table, "LABEL", COLUMN_NUMBER);
	add_column(table, "VALUE", COLUMN_WRAP);
	for (size_t i = 0; i < n_columns; i++) {
		char *text = cell_text(columns[i], object), label[64];

		snprintf(label, sizeof(label), "%s:", columns[i]->label);
		if (*text || view->n_chosen) {
			struct libscols_line *line = add_line(table);

			set_cell(line, 0, label, NULL);
			set_cell(line, 1, text, cell_color(columns[i], object));
		}
		free(text);
	}
	print_and_free(view, table);
}

void table_print_columns(const struct table_view *view, FILE *out)
{
	struct libscols_table *table = new_table(view, out);

	add_column(table, "COLUMN", 0);
	add_column(table, "MEANING", COLUMN_WRAP);
	for (const struct column *column = view->columns; column->name; column++) {
		struct libscols_line *line = add_line(table);

		set_cell(line, 0, column->name, NULL);
		set_cell(line, 1, column->help, NULL);
	}
	print_and_free(view, table);
}

static struct json_object *select_members(const struct table_view *view, struct json_object *object)
{
	struct json_object *selection = json_object_new_object();

	for (size_t i = 0; i < view->n_chosen; i++) {
		const char *name = view->chosen[i]->members;

		while (*name) {
			size_t length = strcspn(name, " ");
			char *key = strndup(name, length);
			struct json_object *member;

			if (!key)
				abort();
			if (json_object_object_get_ex(object, key, &member))
				json_object_object_add(selection, key, json_object_get(member));
			free(key);
			name += length + strspn(name + length, " ");
		}
	}
	return selection;
}

void table_select(const struct table_view *view, struct json_object *reply, const char *key)
{
	struct json_object *member = json_member(reply, key), *selection;

	if (!view->n_chosen || !member)
		return;
	if (json_object_is_type(member, json_type_array)) {
		selection = json_object_new_array();
		for (size_t i = 0; i < json_length(member); i++)
			json_object_array_add(selection,
					      select_members(view, json_element(member, i)));
	} else {
		selection = select_members(view, member);
	}
	json_object_object_add(reply, key, selection);
}
