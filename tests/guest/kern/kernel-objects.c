/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-objects.h"

#include <bpf/bpf.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "../../fds.h"
#include "tap.h"

#define PATIENCE_S 300

static size_t count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	size_t n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		n++;
	fclose(file);
	return n;
}

static size_t count_ids(int (*next)(__u32 start, __u32 *ret_next))
{
	__u32 id = 0;
	size_t n = 0;

	while (next(id, &id) == 0)
		n++;
	return n;
}

void kernel_objects_count(struct kernel_objects *ret)
{
	*ret = (struct kernel_objects){
		.descriptors = count_fds(),
		.mappings = count_mappings(),
		.maps = count_ids(bpf_map_get_next_id),
		.programs = count_ids(bpf_prog_get_next_id),
		.links = count_ids(bpf_link_get_next_id),
		.types = count_ids(bpf_btf_get_next_id),
	};
}

static bool is_back(const struct kernel_objects *before, const struct kernel_objects *now)
{
	return now->maps <= before->maps && now->programs <= before->programs &&
	       now->links <= before->links && now->types <= before->types;
}

void kernel_objects_assert_back(const struct kernel_objects *before)
{
	struct kernel_objects now;
	struct timespec start, at;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		kernel_objects_count(&now);
		clock_gettime(CLOCK_MONOTONIC, &at);
	} while (!is_back(before, &now) && at.tv_sec - start.tv_sec < PATIENCE_S &&
		 poll(NULL, 0, 20) == 0);
	assert_int_equal(now.descriptors, before->descriptors);
	/* the C library may keep a few more pages of its own */
	assert_true(now.mappings <= before->mappings + 4);
	/* fewer is fine: something from before was still on its way out */
	assert_true(now.links <= before->links);
	assert_true(now.maps <= before->maps);
	assert_true(now.programs <= before->programs);
	assert_true(now.types <= before->types);
}
