/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/json-file.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "os/problem.h"
#include "os/text-file.h"
#include "common/cleanup.h"
#include "policy/lexer.h"

#define JSON_FILE_DEPTH 16 /* levels */

static void put_json(struct json_object **object)
{
	json_object_put(*object);
}

static void free_tokener(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

static size_t line_of(const char *text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static int parse(const char *path, const char *text, size_t size, struct json_object **ret,
		 char **ret_problem)
{
	_cleanup_(free_tokener) struct json_tokener *tokener = json_tokener_new_ex(JSON_FILE_DEPTH);
	_cleanup_(put_json) struct json_object *object = NULL;
	enum json_tokener_error error;
	size_t end;

	if (!tokener)
		return -ENOMEM;
	object = json_tokener_parse_ex(tokener, text, (int)size);
	error = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	/* spaces and comments may follow; they parse as nothing */
	if (error == json_tokener_success && end < size) {
		struct json_object *rest =
			json_tokener_parse_ex(tokener, text + end, (int)(size - end));

		if (rest || json_tokener_get_error(tokener) != json_tokener_continue) {
			json_object_put(rest);
			return set_problem(ret_problem, -EINVAL,
					   "%s:%zu: unexpected text after the JSON object", path,
					   line_of(text, end));
		}
	}
	if (error == json_tokener_continue)
		return set_problem(ret_problem, -EINVAL,
				   "%s:%zu: the file ends within the JSON object", path,
				   line_of(text, size));
	if (error != json_tokener_success)
		return set_problem(ret_problem, -EINVAL, "%s:%zu: %s", path, line_of(text, end),
				   json_tokener_error_desc(error));
	if (!json_object_is_type(object, json_type_object))
		return set_problem(ret_problem, -EINVAL, "%s:1: expected a JSON object {...}",
				   path);
	*ret = take_ptr(object);
	return 0;
}

int json_file_read(int fd, const char *path, struct json_file *ret, char **ret_problem)
{
	_cleanup_free_ char *text = NULL;
	struct json_object *object = NULL;
	size_t size = 0;
	int r;

	*ret_problem = NULL;
	r = text_file_read(fd, &text, &size);
	if (r == -EINVAL)
		return set_problem(ret_problem, r, "%s: not a regular file", path);
	if (r < 0)
		return set_problem(ret_problem, r, "cannot read %s: %s", path, strerror(-r));
	r = parse(path, text, size, &object, ret_problem);
	if (r < 0)
		return r;
	*ret = (struct json_file){.text = take_ptr(text), .size = size, .object = object};
	return 0;
}

void json_file_done(struct json_file *file)
{
	json_object_put(file->object);
	free(file->text);
	*file = (struct json_file){};
}

/* ---- lines ---- */

/* The rest of @key behind the member @name; NULL: it is another member's. */
static const char *rest_of(const char *key, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(key, name, length) != 0 || (key[length] != '.' && key[length] != '\0'))
		return NULL;
	return key + length + (key[length] == '.');
}

/* In the object at the current token. *line: of the last match, as the last of two equal counts. */
static void find_line(struct lexer *lexer, const char *key, unsigned int *line)
{
	lexer_next(lexer);
	while (lexer->token == TOKEN_STRING) {
		const char *rest = rest_of(key, lexer->text);

		if (rest)
			*line = lexer->line;
		lexer_next(lexer);
		if (lexer->token != TOKEN_COLON)
			return;
		lexer_next(lexer);
		if (rest && *rest && lexer->token == TOKEN_OBJECT)
			find_line(lexer, rest, line);
		else
			lexer_skip(lexer, JSON_FILE_DEPTH);
		if (lexer->token == TOKEN_COMMA)
			lexer_next(lexer);
	}
	if (lexer->token == TOKEN_OBJECT_END)
		lexer_next(lexer);
}

int json_file_add_place(const struct json_file *file, const char *path, const char *key, int r,
			char **ret_problem)
{
	_cleanup_free_ char *text = *ret_problem;
	unsigned int line = 0;
	struct lexer lexer;

	if (!text)
		return r;
	lexer_init(&lexer, file->text, file->size);
	if (lexer.token == TOKEN_OBJECT)
		find_line(&lexer, key, &line);
	/* json-c takes more than JSON, such as 'a', behind which the line is not known */
	if (line == 0)
		return set_problem(ret_problem, r, "%s: %s", path, text);
	return set_problem(ret_problem, r, "%s:%u: %s", path, line, text);
}
