/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "progress.h"

#define BAR_CELLS    24
#define BAR_LINE_MAX 256
#define SMOOTHING    0.2 /* weight of the newest sample in the rate */
#define SAMPLE_MIN   0.05 /* seconds between two samples of the rate */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void progress_bar_init(struct progress_bar *bar, const char *title, const char *unit, bool quiet)
{
	*bar = (struct progress_bar){
		.shown = !quiet && isatty(STDERR_FILENO),
		.title = title,
		.unit = unit,
		.started = now(),
	};
	bar->last_time = bar->started;
}

static void sample_rate(struct progress_bar *bar, uint64_t done)
{
	double time = now(), elapsed = time - bar->last_time, rate;

	if (elapsed < SAMPLE_MIN || done < bar->last_done)
		return;
	rate = (double)(done - bar->last_done) / elapsed;
	bar->rate = bar->last_done ? bar->rate + SMOOTHING * (rate - bar->rate) : rate;
	bar->last_done = done;
	bar->last_time = time;
}

static unsigned int terminal_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static const char *state_word(const struct iouctl_progress *progress)
{
	return progress->ring_state == IOURD_RING_PAUSED ? "  paused" : "";
}

void progress_bar_update(struct progress_bar *bar, const struct iouctl_progress *progress)
{
	char line[BAR_LINE_MAX], cells[BAR_CELLS + 1], done[OUTPUT_NUMBER_MAX], total[OUTPUT_NUMBER_MAX],
		rate[OUTPUT_NUMBER_MAX], left[OUTPUT_NUMBER_MAX];
	unsigned int width = terminal_width();
	double part;
	size_t filled;

	if (!bar->shown)
		return;
	sample_rate(bar, progress->done);
	output_amount(done, progress->done, bar->unit);
	output_rate(rate, bar->rate, bar->unit);
	if (progress->total) {
		part = (double)progress->done / (double)progress->total;
		part = part > 1 ? 1 : part;
		filled = (size_t)(part * BAR_CELLS);
		memset(cells, '.', BAR_CELLS);
		memset(cells, '#', filled);
		cells[BAR_CELLS] = '\0';
		if (bar->rate > 0 && progress->done <= progress->total)
			output_duration(left, (double)(progress->total - progress->done) / bar->rate);
		else
			snprintf(left, sizeof(left), "?");
		snprintf(line, sizeof(line), "%.32s  [%s] %3.0f %%  %s of %s  %s  %s left%s", bar->title,
			 cells, 100 * part, done,
			 output_amount(total, progress->total, bar->unit), rate, left,
			 state_word(progress));
	} else {
		snprintf(line, sizeof(line), "%.32s  %s  %s%s", bar->title, done, rate,
			 state_word(progress));
	}
	if (width < sizeof(line) && strlen(line) >= width)
		line[width - 1] = '\0';
	fprintf(stderr, "\r%-*s", (int)bar->width, line);
	bar->width = (unsigned int)strlen(line);
	fflush(stderr);
}

void progress_bar_end(struct progress_bar *bar)
{
	if (bar->shown && bar->width)
		fprintf(stderr, "\r%*s\r", (int)bar->width, "");
	bar->width = 0;
}

double progress_bar_seconds(const struct progress_bar *bar)
{
	return now() - bar->started;
}
