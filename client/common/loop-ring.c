/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/loop-ring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "iourd/abi.h"

/* Missing from the kernel headers of the oldest supported build machine. */
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

int loop_ring_make(uint32_t sq_entries, uint32_t cq_entries, struct io_uring_params *ret_params)
{
	struct io_uring_params params = {
		.flags = LOOP_RING_FLAGS | LOOP_RING_SQ_REWIND | IORING_SETUP_CQSIZE,
		.cq_entries = cq_entries,
	};
	int fd = (int)syscall(SYS_io_uring_setup, sq_entries, &params);

	if (fd < 0)
		return -errno;
	if (ret_params)
		*ret_params = params;
	return fd; /* close-on-exec by default */
}

int loop_ring_register(int ring_fd, unsigned int opcode, const void *argument, unsigned int n)
{
	return syscall(SYS_io_uring_register, ring_fd, opcode, argument, n) < 0 ? -errno : 0;
}

int loop_ring_add_region(int ring_fd, void *memory, size_t size)
{
	const struct mem_region region = {
		.address = (uintptr_t)memory,
		.size = size,
		.flags = REGION_TYPE_USER,
	};
	const struct mem_region_registration registration = {.region = (uintptr_t)&region};

	return loop_ring_register(ring_fd, REGISTER_MEM_REGION, &registration, 1);
}

int loop_ring_add_files(int ring_fd, const int *files, size_t n)
{
	if (n == 0)
		return 0;
	return loop_ring_register(ring_fd, IORING_REGISTER_FILES, files, (unsigned int)n);
}

int loop_ring_add_buffer(int ring_fd, void *memory, size_t size)
{
	const struct iovec buffer = {.iov_base = memory, .iov_len = size};

	if (size == 0)
		return 0;
	return loop_ring_register(ring_fd, IORING_REGISTER_BUFFERS, &buffer, 1);
}

int loop_ring_enable(int ring_fd)
{
	/*
	 * Linux 7.2 (seen on 7.2.13) runs a ring's program without checking that the task has
	 * io_uring state, and crashes at the first request of a task without it. A task that did
	 * not make the ring has none. Registering and unregistering the ring's descriptor creates
	 * it.
	 */
	struct io_uring_rsrc_update update = {.offset = UINT32_MAX, .data = (uint32_t)ring_fd};
	int r = loop_ring_register(ring_fd, IORING_REGISTER_RING_FDS, &update, 1);

	if (r < 0)
		return r;
	update.data = 0;
	r = loop_ring_register(ring_fd, IORING_UNREGISTER_RING_FDS, &update, 1);
	if (r < 0)
		return r;
	return loop_ring_register(ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

int loop_ring_enter(int ring_fd)
{
	/* With a dispatcher attached, the kernel ignores all arguments but the first. */
	long r = syscall(SYS_io_uring_enter, ring_fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);

	return r < 0 ? -errno : (int)r;
}

int loop_ring_enter_once(int ring_fd, const struct iourd_head *region, bool *ret_yield)
{
	uint32_t before = __atomic_load_n(&region->progress.yields, __ATOMIC_RELAXED);
	int r = loop_ring_enter(ring_fd);

	*ret_yield =
		r == 0 && __atomic_load_n(&region->progress.yields, __ATOMIC_RELAXED) != before;
	return r;
}
