/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/ring-probe.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire/cleanup.h"

/* Newer than the C library's headers of the oldest machine that builds this. */
#define SETUP_SQ_REWIND	    (1u << 20)
#define REGISTER_MEM_REGION 34u
#define REGION_TYPE_USER    1u
#define OPCODE_FUTEX_WAIT   51u
#define OPCODE_FUTEX_WAKE   52u
#define OPCODES		    256u

#define FLAGS_DEFER                                                                                \
	(IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN)
#define FLAGS_NO_SQARRAY (FLAGS_DEFER | IORING_SETUP_NO_SQARRAY)

struct region {
	uint64_t address;
	uint64_t size;
	uint32_t flags;
	uint32_t id;
	uint64_t mmap_offset;
	uint64_t reserved[4];
};

struct region_registration {
	uint64_t region; /* address of a struct region */
	uint64_t flags;
	uint64_t reserved[2];
};

static int make_ring(uint32_t flags)
{
	struct io_uring_params params = {.flags = flags};
	int fd = (int)syscall(SYS_io_uring_setup, 4, &params);

	return fd < 0 ? -errno : fd;
}

static int try_ring(uint32_t flags)
{
	_cleanup_close_ int fd = make_ring(flags);

	return fd < 0 ? fd : 0;
}

static int call_register(int fd, unsigned int opcode, void *argument, unsigned int n)
{
	return syscall(SYS_io_uring_register, fd, opcode, argument, n) < 0 ? -errno : 0;
}

static int try_mem_region(int fd)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	struct region region = {.size = size, .flags = REGION_TYPE_USER};
	struct region_registration registration = {.region = (uintptr_t)&region};
	void *page;
	int r;

	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -errno;
	region.address = (uintptr_t)page;
	r = call_register(fd, REGISTER_MEM_REGION, &registration, 1);
	munmap(page, size);
	return r;
}

static int try_futex(int fd)
{
	_cleanup_free_ struct io_uring_probe *probe = NULL;
	int r;

	probe = calloc(1, sizeof(*probe) + OPCODES * sizeof(probe->ops[0]));
	if (!probe)
		return -ENOMEM;
	r = call_register(fd, IORING_REGISTER_PROBE, probe, OPCODES);
	if (r < 0)
		return r;
	if (!(probe->ops[OPCODE_FUTEX_WAIT].flags & IO_URING_OP_SUPPORTED) ||
	    !(probe->ops[OPCODE_FUTEX_WAKE].flags & IO_URING_OP_SUPPORTED))
		return -EOPNOTSUPP;
	return 0;
}

static int try_restrictions(int fd)
{
	struct io_uring_restriction restriction = {.opcode = IORING_RESTRICTION_SQE_OP,
						   .sqe_op = IORING_OP_NOP};

	return call_register(fd, IORING_REGISTER_RESTRICTIONS, &restriction, 1);
}

/*
 * The first ring with an SQ array has the kernel rewrite its own code, and the end of the last one
 * rewrites it back, which everybody's rings pay for (and emulated machines have crashed of, under
 * load). So there is one only on a kernel that has nothing else.
 */
void ring_probe(struct ring_probe *ret)
{
	_cleanup_close_ int fd = make_ring(FLAGS_NO_SQARRAY);
	int no_sqarray = fd < 0 ? fd : 0;

	if (fd < 0)
		fd = make_ring(IORING_SETUP_R_DISABLED);
	*ret = (struct ring_probe){
		.plain = fd < 0 ? fd : 0,
		.defer_taskrun = no_sqarray == 0 ? 0 : try_ring(FLAGS_DEFER),
		.no_sqarray = no_sqarray,
		.sq_rewind = try_ring(FLAGS_NO_SQARRAY | SETUP_SQ_REWIND),
		.mem_region = fd < 0 ? fd : try_mem_region(fd),
		.futex = fd < 0 ? fd : try_futex(fd),
		.restrictions = fd < 0 ? fd : try_restrictions(fd), /* the last: it restricts */
	};
}
