/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/own-ring.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire/cleanup.h"

/* Newer than the C library's headers of the oldest machine that builds this. */
#define SETUP_SQ_REWIND	    (1u << 20)
#define REGISTER_MEM_REGION 34u
#define REGION_TYPE_USER    1u

struct mem_region {
	uint64_t address;
	uint64_t size;
	uint32_t flags;
	uint32_t id;
	uint64_t mmap_offset;
	uint64_t reserved[4];
};

struct mem_region_registration {
	uint64_t region; /* address of a struct mem_region */
	uint64_t flags;
	uint64_t reserved[2];
};

static int call_register(int fd, unsigned int opcode, const void *argument, unsigned int n)
{
	return syscall(SYS_io_uring_register, fd, opcode, argument, n) < 0 ? -errno : 0;
}

static int make_disabled(const struct own_ring_setup *setup)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_NO_SQARRAY | SETUP_SQ_REWIND |
			 IORING_SETUP_CQSIZE,
		.cq_entries = setup->cq_entries,
	};
	int fd = (int)syscall(SYS_io_uring_setup, setup->sq_entries, &params);

	return fd < 0 ? -errno : fd; /* the kernel makes it close-on-exec */
}

static int add_region(int fd, const struct own_ring_setup *setup)
{
	const struct mem_region region = {
		.address = (uintptr_t)setup->region->head,
		.size = setup->region->size,
		.flags = REGION_TYPE_USER,
	};
	const struct mem_region_registration registration = {.region = (uintptr_t)&region};

	return call_register(fd, REGISTER_MEM_REGION, &registration, 1);
}

static int add_files(int fd, const struct own_ring_setup *setup)
{
	if (setup->n_files == 0)
		return 0;
	return call_register(fd, IORING_REGISTER_FILES, setup->files, setup->n_files);
}

static int add_buffer(int fd, const struct own_ring_setup *setup)
{
	const struct iovec data = {
		.iov_base = region_data(setup->region),
		.iov_len = setup->region->identity.data_size,
	};

	return data.iov_len == 0 ? 0 : call_register(fd, IORING_REGISTER_BUFFERS, &data, 1);
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
	_cleanup_close_ int fd = make_disabled(setup);

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

int own_ring_enable(int fd)
{
	/*
	 * Linux 7.2 (seen on 7.2.13) runs a ring's program without asking whether the task has io_uring's
	 * own state, and crashes at its first request if it has not: so does a task that did not make
	 * the ring. Having the ring among its registered descriptors for a moment gives it that state.
	 */
	struct io_uring_rsrc_update update = {.offset = UINT32_MAX, .data = (uint32_t)fd};
	int r = call_register(fd, IORING_REGISTER_RING_FDS, &update, 1);

	if (r < 0)
		return r;
	update.data = 0;
	r = call_register(fd, IORING_UNREGISTER_RING_FDS, &update, 1);
	if (r < 0)
		return r;
	return call_register(fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

int own_ring_enter(int fd)
{
	/* With a dispatcher attached the kernel looks at none of the arguments but the first. */
	long r = syscall(SYS_io_uring_enter, fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);

	return r < 0 ? -errno : (int)r;
}
