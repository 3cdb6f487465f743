/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/ring-probe.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/loop-ring.h"

/* The oldest supported headers lack these. */
#define OPCODE_FUTEX_WAIT 51u
#define OPCODE_FUTEX_WAKE 52u
#define OPCODES		  256u

#define FLAGS_SQARRAY	  (LOOP_RING_FLAGS & ~IORING_SETUP_NO_SQARRAY)

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

static int try_mem_region(int fd)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page;
	int r;

	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -errno;
	r = loop_ring_add_region(fd, page, size);
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
	r = loop_ring_register(fd, IORING_REGISTER_PROBE, probe, OPCODES);
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

	return loop_ring_register(fd, IORING_REGISTER_RESTRICTIONS, &restriction, 1);
}

/*
 * The first ring with an SQ array makes the kernel patch its own code, and the end of the last such
 * ring patches it back. That slows all rings down, and emulated machines crashed from it under
 * load. The probe creates such a ring only if it cannot create one without the array.
 */
void ring_probe(struct ring_probe *ret)
{
	_cleanup_close_ int fd = make_ring(LOOP_RING_FLAGS);
	int no_sqarray = fd < 0 ? fd : 0;

	if (fd < 0)
		fd = make_ring(IORING_SETUP_R_DISABLED);
	*ret = (struct ring_probe){
		.plain = fd < 0 ? fd : 0,
		.defer_taskrun = no_sqarray == 0 ? 0 : try_ring(FLAGS_SQARRAY),
		.no_sqarray = no_sqarray,
		.sq_rewind = try_ring(LOOP_RING_FLAGS | LOOP_RING_SQ_REWIND),
		.mem_region = fd < 0 ? fd : try_mem_region(fd),
		.futex = fd < 0 ? fd : try_futex(fd),
		.restrictions =
			fd < 0 ? fd
			       : try_restrictions(fd), /* last, because it restricts the ring */
	};
}
