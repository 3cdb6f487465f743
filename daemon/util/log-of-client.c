/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "util/log.h"

#define WINDOW_SECONDS 10
#define SLOTS	       64 /* users share them, which suppresses too many lines at worst */

struct slot {
	time_t since; /* CLOCK_MONOTONIC, of the first line of the window */
	unsigned int n;
};

static time_t now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec;
}

/* Whether the slot has a line left; begins a new window if the last is over. */
static bool take_line(struct slot *slot, uid_t uid)
{
	time_t at = now();

	if (slot->n == 0 || at - slot->since >= WINDOW_SECONDS) {
		if (slot->n > LOG_OF_CLIENT_MAX)
			log_warning("%u messages about calls of user %u were suppressed",
				    slot->n - LOG_OF_CLIENT_MAX, (unsigned int)uid);
		*slot = (struct slot){.since = at};
	}
	return slot->n++ < LOG_OF_CLIENT_MAX;
}

bool log_of_client_fits(uid_t uid)
{
	static struct slot slots[SLOTS];

	return take_line(&slots[uid % SLOTS], uid);
}

void log_of_client(enum log_level level, uid_t uid, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	if (!log_of_client_fits(uid))
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_line(level, "%s", text);
}
