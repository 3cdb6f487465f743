/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lexer.h - the tokens of a JSON text with comments, each with its line
 *
 * Decisions and errors name lines, which json-c does not tell.
 */
#ifndef DAEMON_POLICY_LEXER_H
#define DAEMON_POLICY_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEXER_TEXT_MAX 1024 /* bytes of a string, decoded, with its NUL */

enum token {
	TOKEN_END,
	TOKEN_OBJECT,	  /* { */
	TOKEN_OBJECT_END, /* } */
	TOKEN_ARRAY,	  /* [ */
	TOKEN_ARRAY_END,  /* ] */
	TOKEN_COLON,
	TOKEN_COMMA,
	TOKEN_STRING,  /* text */
	TOKEN_INTEGER, /* number */
	TOKEN_BOOLEAN, /* boolean */
	TOKEN_OTHER,   /* null, or a number that is no integer of 64 bits */
	TOKEN_ERROR,   /* error; stays */
};

struct lexer {
	const char *at; /* borrowed, as all pointers here */
	const char *end;
	unsigned int next_line;
	/* the current token */
	enum token token;
	unsigned int line;
	const char *start;
	char text[LEXER_TEXT_MAX];
	int64_t number;
	bool boolean;
	const char *error; /* why no token follows */
};

/* The current token is the first one. */
void lexer_init(struct lexer *lexer, const char *text, size_t size);
void lexer_next(struct lexer *lexer);
/* Past the current value. False: the text ends, or is no JSON, or it has more levels than that. */
bool lexer_skip(struct lexer *lexer, unsigned int depth_max);

#endif
