/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/ring-setup.h"

/* Newer than liburing 2.9: each submit takes the first N entries of the queue. */
#ifndef IORING_SETUP_SQ_REWIND
#define IORING_SETUP_SQ_REWIND (1u << 20)
#endif

/* No BUFFER_SELECT: a host registers no provided buffers. */
#define SQE_FLAGS_ALLOWED                                                                          \
	(IOSQE_IO_DRAIN | IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_ASYNC | IOSQE_CQE_SKIP_SUCCESS)

static int ring_register(int ring_fd, unsigned int opcode, const void *arg, unsigned int n)
{
	return syscall(SYS_io_uring_register, ring_fd, opcode, arg, n) < 0 ? -errno : 0;
}

static int make_disabled(const struct ring_setup *setup, struct io_uring_params *params)
{
	long fd;

	*params = (struct io_uring_params){
		.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_NO_SQARRAY |
			 IORING_SETUP_SQ_REWIND | IORING_SETUP_CQSIZE,
		.cq_entries = setup->cq_entries,
	};
	fd = syscall(SYS_io_uring_setup, setup->sq_entries, params);
	return fd < 0 ? -errno : (int)fd;
}

static int add_region(int ring_fd, const struct ring_setup *setup)
{
	struct io_uring_region_desc region = {
		.user_addr = CONTROL_REGION_ADDRESS,
		.size = setup->region_size,
		.flags = IORING_MEM_REGION_TYPE_USER,
	};
	struct io_uring_mem_region_reg registration = {.region_uptr = (uintptr_t)&region};
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
	return ring_register(ring_fd, IORING_REGISTER_MEM_REGION, &registration, 1);
}

static int add_files(int ring_fd, const struct ring_setup *setup)
{
	if (setup->n_slots == 0)
		return 0;
	return ring_register(ring_fd, IORING_REGISTER_FILES, setup->files,
			     (unsigned int)setup->n_slots);
}

static int add_buffer(int ring_fd, const struct ring_setup *setup)
{
	struct iovec data = {
		.iov_base = (void *)(CONTROL_REGION_ADDRESS + setup->data_offset),
		.iov_len = setup->data_size,
	};

	if (setup->data_size == 0)
		return 0;
	return ring_register(ring_fd, IORING_REGISTER_BUFFERS, &data, 1); /* IOURD_BUFFER_DATA */
}

static int restrict_ring(int ring_fd, const struct ring_setup *setup)
{
	struct io_uring_restriction restrictions[3 + IOURD_OPCODES_MAX] = {
		/* Refused on an enabled ring, and so allows nothing; but registrations have to be
		 * mentioned to be restricted. */
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
	return ring_register(ring_fd, IORING_REGISTER_RESTRICTIONS, restrictions, n);
}

int ring_make(const struct ring_setup *setup, enum control_stage *stage,
	      struct io_uring_params *ret_params, int *ret_fd)
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
	struct io_uring_params params;
	int fd, r;

	*stage = STAGE_RING;
	fd = make_disabled(setup, &params);
	if (fd < 0)
		return fd;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		*stage = steps[i].stage;
		r = steps[i].add(fd, setup);
		if (r < 0) {
			close(fd);
			return r;
		}
	}
	if (ret_params)
		*ret_params = params;
	*ret_fd = fd;
	return 0;
}

int ring_enable(int ring_fd)
{
	/*
	 * Linux 7.2 (seen on 7.2.13) runs a ring's program without asking whether the task has io_uring's
	 * own state, and crashes at its first request if it has not: so does a task that did not make
	 * the ring. Having the ring among its registered descriptors for a moment gives it that state.
	 */
	struct io_uring_rsrc_update update = {.offset = UINT32_MAX, .data = (uint32_t)ring_fd};
	int r = ring_register(ring_fd, IORING_REGISTER_RING_FDS, &update, 1);

	if (r < 0)
		return r;
	update.data = 0;
	r = ring_register(ring_fd, IORING_UNREGISTER_RING_FDS, &update, 1);
	if (r < 0)
		return r;
	return ring_register(ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

int ring_enter(int ring_fd)
{
	/* With a dispatcher attached the kernel looks at none of the arguments but the first. */
	long r = syscall(SYS_io_uring_enter, ring_fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);

	return r < 0 ? -errno : (int)r;
}
