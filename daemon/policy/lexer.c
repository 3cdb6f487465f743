/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/lexer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 32 /* characters */

static void fail(struct lexer *lexer, const char *error)
{
	lexer->token = TOKEN_ERROR;
	lexer->line = lexer->next_line;
	lexer->error = error;
}

static size_t left(const struct lexer *lexer)
{
	return (size_t)(lexer->end - lexer->at);
}

static bool starts_with(const struct lexer *lexer, const char *word)
{
	return left(lexer) >= strlen(word) && memcmp(lexer->at, word, strlen(word)) == 0;
}

static void skip_line(struct lexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '\n')
		lexer->at++;
}

/* False: the comment has no end. */
static bool skip_comment(struct lexer *lexer)
{
	for (lexer->at += 2; left(lexer) >= 2; lexer->at++) {
		if (starts_with(lexer, "*/")) {
			lexer->at += 2;
			return true;
		}
		lexer->next_line += *lexer->at == '\n';
	}
	return false;
}

/* Spaces and comments. */
static bool skip(struct lexer *lexer)
{
	while (lexer->at < lexer->end) {
		if (starts_with(lexer, "//")) {
			skip_line(lexer);
		} else if (starts_with(lexer, "/*")) {
			if (!skip_comment(lexer))
				return false;
		} else if (*lexer->at && strchr(" \t\r\n", *lexer->at)) {
			lexer->next_line += *lexer->at++ == '\n';
		} else {
			break;
		}
	}
	return true;
}

/* ---- strings ---- */

/* The four digits after \u; -1: they are none. */
static long read_hex(struct lexer *lexer)
{
	char digits[5] = "";

	if (left(lexer) < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		digits[i] = lexer->at[i];
		if (!isxdigit((unsigned char)digits[i]))
			return -1;
	}
	lexer->at += 4;
	return strtol(digits, NULL, 16);
}

static long read_code(struct lexer *lexer)
{
	long code = read_hex(lexer), low;

	if (code < 0xd800 || code > 0xdfff)
		return code;
	if (code > 0xdbff || !starts_with(lexer, "\\u"))
		return -1;
	lexer->at += 2;
	low = read_hex(lexer);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/* Appends @code as UTF-8; there are four bytes. */
static size_t encode(long code, char *to)
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)(lead[n] | code);
	return n;
}

/* After the backslash. 0: an error. */
static size_t read_escape(struct lexer *lexer, char *to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *known;
	char letter;
	long code;

	if (lexer->at == lexer->end)
		return 0;
	letter = *lexer->at++;
	if (letter == 'u') {
		code = read_code(lexer);
		return code > 0 ? encode(code, to) : 0;
	}
	known = letter ? strchr(from, letter) : NULL;
	if (!known)
		return 0;
	*to = into[known - from];
	return 1;
}

static void read_string(struct lexer *lexer)
{
	size_t length = 0;

	lexer->at++;
	while (lexer->at < lexer->end && *lexer->at != '"') {
		unsigned char c = (unsigned char)*lexer->at++;
		size_t n = 1;

		if (length + 5 > sizeof(lexer->text)) {
			fail(lexer, "the string is too long");
			return;
		}
		if (c < 0x20) {
			fail(lexer, "the string contains a control character or has no end");
			return;
		}
		lexer->text[length] = (char)c;
		if (c == '\\')
			n = read_escape(lexer, &lexer->text[length]);
		if (n == 0) {
			fail(lexer, "the string contains an invalid escape sequence");
			return;
		}
		length += n;
	}
	if (lexer->at == lexer->end) {
		fail(lexer, "the string has no end");
		return;
	}
	lexer->at++;
	lexer->text[length] = '\0';
	lexer->token = TOKEN_STRING;
}

/* ---- numbers and words ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '+' || c == '-' || c == '.';
}

static void read_number(struct lexer *lexer, const char *word)
{
	char *end;

	errno = 0;
	lexer->number = strtoll(word, &end, 10);
	if (*end != '\0' && strspn(word, "+-.0123456789eE") != strlen(word))
		fail(lexer, "expected a value");
	else
		lexer->token = *end == '\0' && errno == 0 ? TOKEN_INTEGER : TOKEN_OTHER;
}

static void read_word(struct lexer *lexer)
{
	char word[NUMBER_MAX] = "";
	size_t n = 0;

	while (n < left(lexer) && is_word(lexer->at[n]))
		n++;
	if (n == 0 || n >= sizeof(word)) {
		fail(lexer, "expected a value");
		return;
	}
	memcpy(word, lexer->at, n);
	lexer->at += n;
	lexer->boolean = strcmp(word, "true") == 0;
	if (lexer->boolean || strcmp(word, "false") == 0)
		lexer->token = TOKEN_BOOLEAN;
	else if (strcmp(word, "null") == 0)
		lexer->token = TOKEN_OTHER;
	else if (isdigit((unsigned char)word[0]) || word[0] == '-')
		read_number(lexer, word);
	else
		fail(lexer, "expected a value");
}

void lexer_init(struct lexer *lexer, const char *text, size_t size)
{
	*lexer = (struct lexer){.at = text, .end = text + size, .next_line = 1};
	lexer_next(lexer);
}

void lexer_next(struct lexer *lexer)
{
	static const char marks[] = "{}[]:,";
	const char *mark;

	if (lexer->token == TOKEN_ERROR)
		return;
	if (!skip(lexer)) {
		fail(lexer, "the comment has no end");
		return;
	}
	lexer->line = lexer->next_line;
	lexer->start = lexer->at;
	lexer->token = TOKEN_END;
	if (lexer->at == lexer->end)
		return;
	mark = *lexer->at ? strchr(marks, *lexer->at) : NULL;
	if (mark) {
		lexer->at++;
		lexer->token = TOKEN_OBJECT + (enum token)(mark - marks);
	} else if (*lexer->at == '"') {
		read_string(lexer);
	} else {
		read_word(lexer);
	}
}

bool lexer_skip(struct lexer *lexer, unsigned int depth_max)
{
	unsigned int depth = 0;

	do {
		enum token token = lexer->token;

		if (token == TOKEN_END || token == TOKEN_ERROR || depth > depth_max)
			return false;
		depth += token == TOKEN_OBJECT || token == TOKEN_ARRAY;
		depth -= token == TOKEN_OBJECT_END || token == TOKEN_ARRAY_END;
		lexer_next(lexer);
	} while (depth > 0);
	return true;
}
