/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watching.h - collects the events of a watch
 */
#ifndef TESTS_LIB_WATCHING_H
#define TESTS_LIB_WATCHING_H

#include <stdbool.h>
#include <stddef.h>

#include "iouctl.h"

/* The first reply, after 4 events. */
#define WATCHING WATCHING_SINCE("4")
#define WATCHING_SINCE(number)                                                                     \
	"{\"continues\":true,\"parameters\":{\"kind\":\"watching\",\"number\":" number             \
	",\"time\":1}}"
#define EVENT(kind, number, more)                                                                  \
	"{\"continues\":true,\"parameters\":{\"kind\":\"" kind "\",\"number\":" number             \
	",\"time\":1700000000000001" more "}}"

struct seen {
	char log[512]; /* "created 5 r1;..." */
	size_t n;
	struct iouctl_event last; /* numbers only */
	char program[32];
	char reason[96];
	bool has_colour; /* in the JSON text of the last event */
	bool has_lost;	 /* the same */
};

/* For iouctl_watch_dispatch(). */
void seen_event(void *arg, const struct iouctl_event *event);
/* Dispatches until @n events have arrived, or it fails. */
int collect(struct iouctl_watch *w, struct seen *seen, size_t n);

#endif
