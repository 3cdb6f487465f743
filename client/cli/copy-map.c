/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copy-map.c - maps holes by SEEK_DATA and SEEK_HOLE
 *
 * The map has room for COPY_EXTENTS_MAX extents. If the file has more, those with the smallest
 * holes between them are joined: these holes are read, and written as zeros.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy-map.h"
#include "iouctl.h"
#include "iourd/prog/copy.h"

/* Seeks take a microsecond each, but a file system can have many millions of extents. */
#define EXTENTS_SOUGHT_MAX (1u << 18)

struct map {
	struct copy_extent *extents;
	uint32_t n;
	uint64_t hole_min; /* shorter holes are joined with the data around them */
};

static void join_smallest_holes(struct map *map)
{
	uint32_t n = 0;

	map->hole_min = map->hole_min ? 2 * map->hole_min : 8192;
	for (uint32_t i = 0; i < map->n; i++) {
		if (n > 0 && map->extents[i].begin - map->extents[n - 1].end < map->hole_min)
			map->extents[n - 1].end = map->extents[i].end;
		else
			map->extents[n++] = map->extents[i];
	}
	map->n = n;
}

static void add_extent(struct map *map, uint64_t begin, uint64_t end)
{
	for (;;) {
		if (map->n > 0 && begin - map->extents[map->n - 1].end < map->hole_min) {
			map->extents[map->n - 1].end = end;
			return;
		}
		if (map->n < COPY_EXTENTS_MAX)
			break;
		join_smallest_holes(map);
	}
	map->extents[map->n++] = (struct copy_extent){.begin = begin, .end = end};
}

/* Returns the offset up to which the map is complete, at most @size. */
static uint64_t seek_extents(struct map *map, int fd, uint64_t size)
{
	uint64_t at = 0;

	for (unsigned int i = 0; i < EXTENTS_SOUGHT_MAX && at < size; i++) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

		if (data < 0)
			return errno == ENXIO ? size : at; /* ENXIO: only a hole is left */
		if ((uint64_t)data >= size)
			return size;
		hole = lseek(fd, data, SEEK_HOLE);
		if ((uint64_t)data < at || hole <= data) /* it shrank, or the answer is wrong */
			return at;
		at = (uint64_t)hole < size ? (uint64_t)hole : size;
		add_extent(map, (uint64_t)data, at);
	}
	return at;
}

void copy_map_fill(struct copy_params *params, int fd)
{
	struct map map = {.extents = params->extents};
	struct stat st;
	uint64_t mapped;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return;
	mapped = seek_extents(&map, fd, (uint64_t)st.st_size);
	if (map.n == 1 && params->extents[0].begin == 0 && params->extents[0].end >= mapped)
		return; /* no hole */
	params->extent_count = map.n;
	params->mapped = mapped;
}

static struct copy_params *copy_params_of(const struct iouctl_ring *ring)
{
	size_t size;
	void *params = iouctl_ring_params(ring, &size);

	return size == sizeof(struct copy_params) ? params : NULL;
}

void copy_map_write(struct iouctl_ring *ring, int fd)
{
	struct copy_params *params = copy_params_of(ring);

	if (params && params->sparse != COPY_SPARSE_NEVER)
		copy_map_fill(params, fd);
}

/* Bytes of data between @begin and @end. */
static uint64_t data_between(int fd, uint64_t begin, uint64_t end)
{
	uint64_t sum = 0;

	while (begin < end) {
		off_t data = lseek(fd, (off_t)begin, SEEK_DATA), hole;

		if (data < 0 || (uint64_t)data < begin || (uint64_t)data >= end)
			break;
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole <= data)
			break;
		begin = (uint64_t)hole < end ? (uint64_t)hole : end;
		sum += begin - (uint64_t)data;
	}
	return sum;
}

uint64_t copy_map_filled_holes(const struct iouctl_ring *ring, int fd)
{
	const struct copy_params *params = copy_params_of(ring);
	uint64_t at = 0, sum = 0;

	/* without holes that were left out, all was read */
	if (!params || !params->holes || !params->mapped || params->extent_count > COPY_EXTENTS_MAX)
		return 0;
	for (uint32_t i = 0; i < params->extent_count; i++) {
		sum += data_between(fd, at, params->extents[i].begin);
		at = params->extents[i].end;
	}
	return sum + data_between(fd, at, params->mapped);
}
