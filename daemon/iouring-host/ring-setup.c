/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-host/ring-setup.h"

#include <errno.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/loop-ring.h"

/* Not BUFFER_SELECT, because a host provides no buffers. */
#define SQE_FLAGS_ALLOWED                                                                          \
	(IOSQE_IO_DRAIN | IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_ASYNC | IOSQE_CQE_SKIP_SUCCESS)

static int add_region(int ring_fd, const struct ring_setup *setup)
{
	struct stat st;
	void *address;

	if (fstat(setup->region_fd, &st) < 0)
		return -errno;
	if (st.st_size < 0 || (uint64_t)st.st_size < setup->region_size)
		return -EINVAL;
	address = mmap((void *)CONTROL_REGION_ADDRESS, setup->region_size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED_NOREPLACE, setup->region_fd, 0);
	if (address == MAP_FAILED)
		return -errno;
	return loop_ring_add_region(ring_fd, address, setup->region_size);
}

static int add_files(int ring_fd, const struct ring_setup *setup)
{
	return loop_ring_add_files(ring_fd, setup->files, setup->n_slots);
}

static int add_buffer(int ring_fd, const struct ring_setup *setup)
{
	/* it becomes buffer IOURD_BUFFER_DATA */
	return loop_ring_add_buffer(ring_fd, (void *)(CONTROL_REGION_ADDRESS + setup->data_offset),
				    setup->data_size);
}

static int restrict_ring(int ring_fd, const struct ring_setup *setup)
{
	struct io_uring_restriction restrictions[3 + IOURD_OPCODES_MAX] = {
		/*
		 * Registrations are restricted only if one is listed. An enabled ring refuses this
		 * one, so no registration remains.
		 */
		{.opcode = IORING_RESTRICTION_REGISTER_OP,
		 .register_op = IORING_REGISTER_ENABLE_RINGS},
		{.opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED, .sqe_flags = IOSQE_FIXED_FILE},
		{.opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED, .sqe_flags = SQE_FLAGS_ALLOWED},
	};
	unsigned int n = 3;

	for (unsigned int op = 0; op < IOURD_OPCODES_MAX; op++)
		if (setup->opcodes[op / 64] & (1ull << op % 64))
			restrictions[n++] = (struct io_uring_restriction){
				.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = (uint8_t)op};
	return loop_ring_register(ring_fd, IORING_REGISTER_RESTRICTIONS, restrictions, n);
}

/* For the daemon, which tells by it what a loop submits that waits in the kernel. */
static int map_queues(int ring_fd, const struct ring_setup *setup)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = setup->sq_entries * sizeof(struct io_uring_sqe);
	struct control_queues *queues;
	void *rings, *sqes;

	queues = mmap((void *)CONTROL_QUEUES_ADDRESS, page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	rings = mmap(NULL, page, PROT_READ, MAP_SHARED, ring_fd, IORING_OFF_CQ_RING);
	sqes = mmap(NULL, (size + page - 1) / page * page, PROT_READ, MAP_SHARED, ring_fd,
		    IORING_OFF_SQES);
	if (queues == MAP_FAILED || rings == MAP_FAILED || sqes == MAP_FAILED)
		return -errno;
	queues->rings = (uintptr_t)rings;
	queues->sqes = (uintptr_t)sqes;
	return 0;
}

int ring_make(const struct ring_setup *setup, struct io_uring_params *ret_params)
{
	return loop_ring_make(setup->sq_entries, setup->cq_entries, ret_params);
}

int ring_furnish(int ring_fd, const struct ring_setup *setup, enum control_stage *stage)
{
	static const struct {
		enum control_stage stage;
		int (*add)(int ring_fd, const struct ring_setup *setup);
	} steps[] = {
		{STAGE_REGION, add_region},
		{STAGE_FILES, add_files},
		{STAGE_BUFFERS, add_buffer},
		{STAGE_RESTRICTIONS, restrict_ring},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int r;

		*stage = steps[i].stage;
		r = steps[i].add(ring_fd, setup);
		if (r < 0)
			return r;
	}
	*stage = STAGE_RING;
	return map_queues(ring_fd, setup);
}
