/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* progress.h - a bar with rate and remaining time, on a terminal only */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "iouctl.h"

struct progress_bar {
	bool shown;	   /* stderr is a terminal */
	const char *title; /* borrowed, as is the unit */
	const char *unit;
	double started; /* seconds of CLOCK_MONOTONIC */
	double rate;	/* per second, smoothed */
	double last_time;
	uint64_t last_done;
	unsigned int width; /* of the line as it is on the terminal */
};

void progress_bar_init(struct progress_bar *bar, const char *title, const char *unit, bool quiet);
void progress_bar_update(struct progress_bar *bar, const struct iouctl_progress *progress);
/* Clears the line on the terminal. */
void progress_bar_end(struct progress_bar *bar);
double progress_bar_seconds(const struct progress_bar *bar); /* since init */

#endif
