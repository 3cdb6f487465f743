/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/reader.h"

#include <string.h>

#define DEPTH_MAX 32 /* of values that are skipped */

void reader_break_off(struct reader *reader, const char *expected)
{
	const struct lexer *lexer = &reader->lexer;

	if (!reader->broken && !reader->no_memory) {
		if (lexer->token == TOKEN_ERROR)
			reader_problem(reader, lexer->line, "%s", lexer->error);
		else if (lexer->token == TOKEN_END)
			reader_problem(reader, lexer->line, "the file ends where %s is expected",
				       expected);
		else
			reader_problem(reader, lexer->line, "expected %s", expected);
	}
	reader->broken = true;
}

bool reader_is_over(const struct reader *reader)
{
	return reader->broken || reader->no_memory;
}

void reader_next(struct reader *reader)
{
	lexer_next(&reader->lexer);
}

static bool is_value(enum token token)
{
	return token == TOKEN_OBJECT || token == TOKEN_ARRAY ||
	       (token >= TOKEN_STRING && token <= TOKEN_OTHER);
}

void reader_skip(struct reader *reader)
{
	if (!lexer_skip(&reader->lexer, DEPTH_MAX))
		reader_break_off(reader, "a value");
}

void reader_bad_value(struct reader *reader, const char *key, const char *expected)
{
	const struct lexer *lexer = &reader->lexer;
	int length = (int)(lexer->at - lexer->start);

	if (!is_value(lexer->token)) {
		reader_break_off(reader, "a value");
		return;
	}
	if (lexer->token == TOKEN_OBJECT || lexer->token == TOKEN_ARRAY)
		reader_problem(reader, lexer->line, "%s is %s, expected %s", key,
			       lexer->token == TOKEN_OBJECT ? "an object" : "a list", expected);
	else
		reader_problem(reader, lexer->line, "%s is %.*s, expected %s", key,
			       length < 80 ? length : 80, lexer->start, expected);
	reader_skip(reader);
}

/* Behind an element of an object or a list, which ends with @end. */
static void finish_element(struct reader *reader, enum token end, const char *expected)
{
	if (reader_is_over(reader))
		return;
	if (reader->lexer.token == TOKEN_COMMA)
		reader_next(reader);
	else if (reader->lexer.token != end)
		reader_break_off(reader, expected);
}

void reader_object(struct reader *reader, read_value read_member, void *arg)
{
	char key[LEXER_TEXT_MAX];

	reader_next(reader);
	while (!reader_is_over(reader) && reader->lexer.token != TOKEN_OBJECT_END) {
		unsigned int line = reader->lexer.line;

		if (reader->lexer.token != TOKEN_STRING) {
			reader_break_off(reader, "a key in quotes, or }");
			return;
		}
		strcpy(key, reader->lexer.text);
		reader_next(reader);
		if (reader->lexer.token != TOKEN_COLON) {
			reader_break_off(reader, "a colon after the key");
			return;
		}
		reader_next(reader);
		read_member(reader, key, line, arg);
		finish_element(reader, TOKEN_OBJECT_END, "a comma, or }");
	}
	if (!reader_is_over(reader))
		reader_next(reader);
}

void reader_list(struct reader *reader, const char *key, read_value read_element, void *arg)
{
	reader_next(reader);
	while (!reader_is_over(reader) && reader->lexer.token != TOKEN_ARRAY_END) {
		read_element(reader, key, reader->lexer.line, arg);
		finish_element(reader, TOKEN_ARRAY_END, "a comma, or ]");
	}
	if (!reader_is_over(reader))
		reader_next(reader);
}
