/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reader.h - reads objects and lists from the lexer's tokens, and reports what is wrong
 *
 * A wrong value is reported and skipped, so it does not hide the mistakes after it. What is no JSON
 * is reported once: nothing is read behind it.
 */
#ifndef DAEMON_POLICY_READER_H
#define DAEMON_POLICY_READER_H

#include <stdbool.h>

#include "policy/lexer.h"
#include "policy/problems.h"

struct reader { /* lexer_init() begins; all else is set by its owner, and borrowed */
	struct lexer lexer;
	const char *file;
	struct problems *problems;
	bool broken; /* it is no JSON from here on: reported, nothing follows */
	bool no_memory;
};

/* Reads the value at the current token, up to the token after it. */
typedef void (*read_value)(struct reader *reader, const char *key, unsigned int line, void *arg);

#define reader_problem(reader_, line_, format_, ...)                                               \
	problems_add((reader_)->problems, "%s:%u: " format_, (reader_)->file,                      \
		     line_ __VA_OPT__(, ) __VA_ARGS__)

/* Nothing more is to be read. */
bool reader_is_over(const struct reader *reader);
void reader_next(struct reader *reader);
/* Reports the current token, which is no @expected, unless something was reported so before. */
void reader_break_off(struct reader *reader, const char *expected);
/* Any value; of a list or an object only the brackets are looked at. */
void reader_skip(struct reader *reader);
/* Reports the current value, and skips it. */
void reader_bad_value(struct reader *reader, const char *key, const char *expected);
/* At its bracket. */
void reader_object(struct reader *reader, read_value read_member, void *arg);
void reader_list(struct reader *reader, const char *key, read_value read_element, void *arg);

#endif
