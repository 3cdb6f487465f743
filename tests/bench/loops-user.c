/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same work as our programs, by user-space loops written as well as we can. */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <unistd.h>

#include "iourd/prog/chase.h"
#include "loops.h"
#include "measure.h"

static void user_ring(struct io_uring *ring, unsigned int entries)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
			 IORING_SETUP_NO_SQARRAY,
	};

	measure_check(io_uring_queue_init_params(entries, ring, &params), "io_uring_queue_init");
	measure_check(io_uring_register_ring_fd(ring), "io_uring_register_ring_fd");
}

uint64_t loop_user_nop(unsigned int depth, uint64_t operations)
{
	struct io_uring ring;
	uint64_t begin, end, done = 0;

	user_ring(&ring, depth);
	begin = measure_now();
	while (done < operations) {
		struct io_uring_cqe *cqe;
		unsigned int head, n = 0;

		for (unsigned int i = 0; i < depth; i++) {
			struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

			io_uring_prep_nop(sqe);
			sqe->user_data = i;
		}
		measure_check(io_uring_submit_and_wait(&ring, depth), "io_uring_submit_and_wait");
		io_uring_for_each_cqe(&ring, head, cqe) {
			measure_check(cqe->res, "NOP");
			n++;
		}
		io_uring_cq_advance(&ring, n);
		done += n;
	}
	end = measure_now();
	io_uring_queue_exit(&ring);
	return end - begin;
}

static uint64_t follow(struct io_uring *ring, int fd, bool fixed, struct chase_block *data,
		       unsigned int block, uint64_t hops)
{
	uint64_t begin = measure_now(), offset = 0;

	for (uint64_t hop = 0; hop < hops; hop++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
		struct io_uring_cqe *cqe;

		if (fixed) {
			io_uring_prep_read_fixed(sqe, 0, data, block, offset, 0);
			sqe->flags |= IOSQE_FIXED_FILE;
		} else {
			io_uring_prep_read(sqe, fd, data, block, offset);
		}
		measure_check(io_uring_submit_and_wait(ring, 1), "io_uring_submit_and_wait");
		measure_check(io_uring_peek_cqe(ring, &cqe), "io_uring_peek_cqe");
		measure_check(cqe->res == (int)block ? 0 : -EIO, "reading a block");
		io_uring_cqe_seen(ring, cqe);
		offset = data->next;
	}
	return measure_now() - begin;
}

static void *block_buffer(unsigned int block)
{
	void *buffer = NULL;

	if (posix_memalign(&buffer, 4096, block) != 0)
		measure_check(-ENOMEM, "buffer");
	return buffer;
}

uint64_t loop_plain_chase(int fd, unsigned int block, uint64_t hops)
{
	void *buffer = block_buffer(block);
	struct io_uring ring;
	uint64_t time;

	measure_check(io_uring_queue_init(1, &ring, 0), "io_uring_queue_init");
	time = follow(&ring, fd, false, buffer, block, hops);
	io_uring_queue_exit(&ring);
	free(buffer);
	return time;
}

uint64_t loop_fixed_chase(int fd, unsigned int block, uint64_t hops)
{
	struct iovec iov = {.iov_base = block_buffer(block), .iov_len = block};
	struct io_uring ring;
	uint64_t time;

	user_ring(&ring, 1);
	measure_check(io_uring_register_files(&ring, &fd, 1), "io_uring_register_files");
	measure_check(io_uring_register_buffers(&ring, &iov, 1), "io_uring_register_buffers");
	time = follow(&ring, fd, true, iov.iov_base, block, hops);
	io_uring_queue_exit(&ring);
	free(iov.iov_base);
	return time;
}

uint64_t loop_pread_chase(int fd, unsigned int block, uint64_t hops)
{
	struct chase_block *data;
	uint64_t begin, end, offset = 0;
	void *buffer = block_buffer(block);

	data = buffer;
	begin = measure_now();
	for (uint64_t hop = 0; hop < hops; hop++) {
		measure_check(pread(fd, buffer, block, (off_t)offset) == (ssize_t)block ? 0 : -EIO,
			      "pread");
		offset = data->next;
	}
	end = measure_now();
	free(buffer);
	return end - begin;
}
