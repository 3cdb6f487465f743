/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line.h - one connection, whose messages are kept unanswered until the test says so */
#ifndef TESTS_UNIT_NET_LINE_H
#define TESTS_UNIT_NET_LINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/parcels_fake.h"
#include "fake/policies_fake.h"
#include "net/conn.h"

struct line {
	struct loop *loop;
	struct parcels_fake parcels;
	struct policies policies;
	struct conns conns;
	struct conn *conn; /* NULL: closed */
	int fd;		   /* the client's end */
	char text[64];	   /* of the message that waits */
	bool waiting;
	bool answer_at_once;
	bool give_up; /* in the middle of the next message */
	unsigned int messages;
	unsigned int ended;
	unsigned int drained;
	size_t n_fds; /* that came with the last message */
};

void line_open(struct line *line);
/* With the rules of a policy file; NULL: without limits. */
void line_open_with(struct line *line, const char *rules);
void line_close(struct line *line);

/* To the message that waits. */
void answer(struct line *line);
void settle(struct line *line);
void say(struct line *line, const char *bytes, size_t n);
void assert_hears(struct line *line, const char *bytes, size_t n);
void assert_hears_nothing(struct line *line);
void assert_hung_up(struct line *line);

#endif
