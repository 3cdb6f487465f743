/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "progress.h"

#define BAR_CELLS_MIN 4
#define BAR_CELLS_MAX 24
#define BAR_FRAME     10 /* columns of "[", "] 100 %  " */
#define BAR_LINE_MAX  256
#define SMOOTHING     0.2  /* weight of the newest sample in the rate */
#define SAMPLE_MIN    0.05 /* seconds between two samples of the rate */

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

/* The time of a pause counts for nothing: after it the rate is a new one. */
static void sample_rate(struct progress_bar *bar, uint64_t done, bool paused)
{
	double time = now(), elapsed = time - bar->last_time, rate;

	if (paused) {
		bar->rate = 0;
		bar->last_done = done;
		bar->last_time = time;
	}
	if (elapsed < SAMPLE_MIN || done < bar->last_done)
		return;
	rate = (double)(done - bar->last_done) / elapsed;
	bar->rate = bar->rate > 0 ? bar->rate + SMOOTHING * (rate - bar->rate) : rate;
	bar->last_done = done;
	bar->last_time = time;
}

static unsigned int terminal_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* "18.1 MiB of 192.0 MiB  16.3 MiB/s  0:11 left", or "18.1 MiB of 192.0 MiB  paused" */
static void print_numbers(char *text, const struct progress_bar *bar,
			  const struct iouctl_progress *progress)
{
	char done[OUTPUT_NUMBER_MAX], total[OUTPUT_NUMBER_MAX], rate[OUTPUT_NUMBER_MAX],
		left[OUTPUT_NUMBER_MAX] = "?";

	output_amount(done, progress->done, bar->unit);
	output_amount(total, progress->total, bar->unit);
	if (progress->ring_state == IOURD_RING_PAUSED) {
		snprintf(text, BAR_LINE_MAX, "%s%s%s  paused", done, progress->total ? " of " : "",
			 progress->total ? total : "");
		return;
	}
	output_rate(rate, bar->rate, bar->unit);
	if (!progress->total) {
		snprintf(text, BAR_LINE_MAX, "%s  %s", done, rate);
		return;
	}
	if (bar->rate > 0 && progress->done <= progress->total)
		output_duration(left, (double)(progress->total - progress->done) / bar->rate);
	snprintf(text, BAR_LINE_MAX, "%s of %s  %s  %s left", done, total, rate, left);
}

/* "[#####....]  47 %", in at most @width columns. */
static void print_bar(char *text, unsigned int width, const struct iouctl_progress *progress)
{
	double part = (double)progress->done / (double)progress->total;
	unsigned int cells = width > BAR_CELLS_MAX + BAR_FRAME ? BAR_CELLS_MAX : width - BAR_FRAME;
	char bar[BAR_CELLS_MAX + 1];

	part = part > 1 ? 1 : part;
	memset(bar, '.', cells);
	memset(bar, '#', (size_t)(part * cells));
	bar[cells] = '\0';
	snprintf(text, BAR_LINE_MAX, "[%s] %3.0f %%  ", bar, 100 * part);
}

void progress_bar_update(struct progress_bar *bar, const struct iouctl_progress *progress)
{
	char line[3 * BAR_LINE_MAX], numbers[BAR_LINE_MAX], cells[BAR_LINE_MAX] = "";
	unsigned int width = terminal_width(), used;

	if (!bar->shown)
		return;
	sample_rate(bar, progress->done, progress->ring_state == IOURD_RING_PAUSED);
	print_numbers(numbers, bar, progress);
	used = (unsigned int)(strlen(bar->title) + 2 + strlen(numbers));
	if (progress->total && width > used + BAR_FRAME + BAR_CELLS_MIN)
		print_bar(cells, width - used - 1, progress);
	snprintf(line, sizeof(line), "%.64s  %s%s", bar->title, cells, numbers);
	if (width < sizeof(line) && strlen(line) >= width)
		line[width - 1] = '\0';
	putc('\r', stderr);
	output_text(stderr, line);
	if (strlen(line) < bar->width)
		fprintf(stderr, "%*s", (int)(bar->width - strlen(line)), "");
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
