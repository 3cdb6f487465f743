/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/own-ring.h"

#include "common/cleanup.h"
#include "common/loop-ring.h"

static int add_region(int fd, const struct own_ring_setup *setup)
{
	return loop_ring_add_region(fd, setup->region->head, setup->region->size);
}

static int add_files(int fd, const struct own_ring_setup *setup)
{
	return loop_ring_add_files(fd, setup->files, setup->n_files);
}

static int add_buffer(int fd, const struct own_ring_setup *setup)
{
	return loop_ring_add_buffer(fd, region_data(setup->region),
				    setup->region->identity.data_size);
}

int own_ring_make(const struct own_ring_setup *setup, int *ret_fd, const char **ret_step)
{
	static const struct {
		const char *step;
		int (*add)(int fd, const struct own_ring_setup *setup);
	} steps[] = {
		{"registering the param region", add_region},
		{"registering the files", add_files},
		{"registering the data area", add_buffer},
	};
	_cleanup_close_ int fd = loop_ring_make(setup->sq_entries, setup->cq_entries, NULL);

	if (fd < 0) {
		*ret_step = "io_uring_setup";
		return fd;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int r = steps[i].add(fd, setup);

		if (r < 0) {
			*ret_step = steps[i].step;
			return r;
		}
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
