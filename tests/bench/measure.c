/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"

uint64_t measure_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t measure_task(pid_t pid)
{
	char path[300];
	struct dirent *entry;
	uint64_t total = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		uint64_t ran;
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid, entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%" SCNu64, &ran) == 1)
			total += ran;
		fclose(file);
	}
	closedir(dir);
	return total;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t measure_percentile(uint64_t *values, size_t n, unsigned int part)
{
	size_t index = (n * part + 99) / 100;

	qsort(values, n, sizeof(*values), compare);
	return values[index ? index - 1 : 0];
}

void measure_check(int r, const char *name)
{
	if (r >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", name, strerror(-r));
	exit(1);
}
