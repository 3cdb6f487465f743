// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <liburing/io_uring.h>

#include "copying.h"

#define MIB (UINT64_C(1) << 20)

static void copy_one(uint64_t size, uint32_t depth, uint32_t block_size)
{
	struct copying copying;

	copying_init(&copying, &copy_program, copying_file("source", size),
		     copying_file("target", 0), depth, block_size, false);
	copying.params->sync = true;
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	assert_int_equal(copying.progress->done, size);
	assert_int_equal(copying.progress->total, size);
	assert_int_equal(copying.progress->error, 0);
	assert_int_equal(copying.params->source, COPY_SOURCE_AS_EXPECTED);
	/*
	 * short_reads may be anything: io_uring returns what it has read of an ordinary file when
	 * the next page is being read for somebody else, by read-ahead for example.
	 */
	copying_done(&copying);
}

static void sizes_depths_and_blocks(void **state)
{
	static const struct {
		uint64_t size;
		uint32_t depth;
		uint32_t block_size;
	} cases[] = {
		{0, 1, 4096},
		{0, 64, COPY_BLOCK_MAX},
		{1, 1, 4096},
		{1, 64, 512},
		{511, 7, 512},
		{512, 7, 512},
		{513, 7, 512},
		{100 * 512, 64, 512},
		{MIB - 1, 64, 512},
		{5 * MIB + 123, 1, 65536},
		{5 * MIB, 7, 65536},
		{20 * MIB + 4097, 64, COPY_BLOCK_MAX},
		{3 * MIB + 77, 7, 1000}, /* buffers that are not aligned */
		{64 * 4096, 64, 4096},
		{65 * 4096, 64, 4096},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		copy_one(cases[i].size, cases[i].depth, cases[i].block_size);
}

static void sparse(void **state)
{
	struct copying copying;
	int source = copying_file("source", 1000);

	assert_int_equal(ftruncate(source, 8 * MIB + 5), 0);
	assert_int_equal(pwrite(source, "end", 3, 6 * MIB), 3);
	copying_init(&copying, &copy_program, source, copying_file("target", 0), 8, 65536, false);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	assert_int_equal(copying.params->source, COPY_SOURCE_AS_EXPECTED);
	assert_true(copying.params->holes > 7 * MIB);
	copying_done(&copying);
}

/* Its size is not known, but its end is found. */
static void block_device(void **state)
{
	struct copying copying;
	int source = open("/dev/vdb", O_RDONLY | O_CLOEXEC);
	uint64_t size;

	if (source < 0)
		skip();
	size = lseek(source, 0, SEEK_END);
	copying_init(&copying, &copy_program, source, copying_file("target", 0), 32, 65536, false);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_int_equal(copying.progress->total, size);
	assert_int_equal(file_size(copying.target), size);
	assert_same(copying.source, copying.target, size);
	assert_int_equal(copying.params->source, COPY_SOURCE_AS_EXPECTED);
	copying_done(&copying);
}

/* What was there before is gone, also behind the end. */
static void longer_target(void **state)
{
	struct copying copying;

	copying_init(&copying, &copy_program, copying_file("source", 100000),
		     copying_file("target", 3 * MIB), 4, 65536, false);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	copying_done(&copying);
}

/* Blocks go to their places, not to the end of a target that was opened with O_APPEND. */
static void append_target(void **state)
{
	struct copying copying;
	int target = copying_file("target", 5000);

	assert_int_equal(fcntl(target, F_SETFL, O_APPEND), 0);
	copying_init(&copying, &copy_program, copying_file("source", 4 * MIB + 9), target, 64, 4096,
		     false);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	copying_done(&copying);
}

/* Longer, or shorter, than when the ring was made: before the first read. */
static void other_size_at_start(void **state)
{
	static const uint64_t sizes[] = {0, 1, 4096, 100000, 2 * MIB, 6 * MIB + 11};
	struct copying copying;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		copying_init(&copying, &copy_program, copying_file("source", sizes[i]),
			     copying_file("target", 0), 16, 16384, false);
		copying.rig.head->slots[COPY_SLOT_SOURCE].size = 2 * MIB;
		copying_run(&copying, IOURD_WORK_DONE);
		assert_same(copying.source, copying.target, UINT64_MAX);
		assert_int_equal(copying.progress->done, sizes[i]);
		assert_int_equal(copying.progress->total, sizes[i]);
		assert_int_equal(copying.params->source, sizes[i] < 2 * MIB ? COPY_SOURCE_SHORTER
							 : sizes[i] == 2 * MIB
								 ? COPY_SOURCE_AS_EXPECTED
								 : COPY_SOURCE_LONGER);
		copying_done(&copying);
	}
}

static void grows_while_copied(void **state)
{
	struct copying copying;
	char noise[10000];

	copying_init(&copying, &paced_program, copying_file("source", 2 * MIB),
		     copying_file("target", 0), 4, 65536, false);
	/* slow enough that it is not done before the last of these writes */
	copying.params->bytes_per_second = MIB / 2;
	rig_start(&copying.rig);
	for (unsigned int i = 0; i < 40; i++) {
		copying_await(&copying, i * 10000);
		memset(noise, i, sizeof(noise));
		assert_int_equal(
			pwrite(copying.source, noise, sizeof(noise), file_size(copying.source)),
			sizeof(noise));
	}
	copying_set_rate(&copying, 0);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	assert_int_equal(copying.params->source, COPY_SOURCE_LONGER);
	assert_int_equal(copying.progress->total, 2 * MIB + 400000);
	copying_done(&copying);
}

/* Cut far before what was copied already: the target is cut, too, to the very byte. */
static void shrinks_while_copied(void **state)
{
	static const uint64_t ends[] = {0, 1, 333333, MIB};
	struct copying copying;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		copying_init(&copying, &paced_program, copying_file("source", 8 * MIB),
			     copying_file("target", 0), 8, 32768, false);
		copying.params->bytes_per_second = 2 * MIB;
		rig_start(&copying.rig);
		copying_await(&copying, 2 * MIB);
		assert_int_equal(ftruncate(copying.source, ends[i]), 0);
		copying_set_rate(&copying, 0);
		copying_run(&copying, IOURD_WORK_DONE);
		assert_same(copying.source, copying.target, UINT64_MAX);
		assert_int_equal(copying.params->source, COPY_SOURCE_SHORTER);
		assert_int_equal(copying.progress->done, ends[i]);
		copying_done(&copying);
	}
}

/* A source of 4 MiB, for a target of 1. */
static void copy_to_full(uint32_t depth, uint32_t block_size, struct copying *copying)
{
	copying_init(copying, &copy_program, copying_file("source", 4 * MIB),
		     copying_small_target(), depth, block_size, false);
	copying_run(copying, IOURD_WORK_FAILED);
	assert_int_equal(copying->progress->error, ENOSPC);
	assert_int_equal(copying->progress->error_op, IORING_OP_WRITE_FIXED);
	assert_int_equal(copying->progress->error_slot, COPY_SLOT_TARGET);
	assert_true(copying->progress->done <= copying->progress->error_offset);
	assert_same(copying->source, copying->target, copying->progress->done);
	assert_true(copying->progress->contiguous <= copying->progress->error_offset);
	assert_true(copying->progress->contiguous > 0);
	assert_same(copying->source, copying->target, copying->progress->contiguous);
}

static void target_is_full(void **state)
{
	struct copying copying;

	copy_to_full(8, 16384, &copying);
	assert_true(copying.progress->error_offset >= MIB / 2);
	assert_true(copying.progress->error_offset <= MIB);
	copying_done(&copying);
}

/* The last block that finds room finds it for a part: that is written, then the rest is tried. */
static void short_write(void **state)
{
	struct copying copying;

	copy_to_full(1, 12 * 4096, &copying);
	assert_int_equal(copying.params->short_writes, 1);
	assert_int_equal(copying.progress->error_offset, MIB);
	assert_int_equal(copying.progress->done, MIB);
	copying_done(&copying);
}

/* The slots' files as given may be good for nothing: the program says which, and where. */
static void unfit_files(void **state)
{
	struct copying copying;
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/target", rig_directory());
	copying_file("target", 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	copying_init(&copying, &copy_program, copying_file("source", 100000), fd, 4, 4096, false);
	copying_run(&copying, IOURD_WORK_FAILED);
	assert_int_equal(copying.progress->error, EBADF);
	assert_int_equal(copying.progress->error_slot, COPY_SLOT_TARGET);
	assert_int_equal(copying.progress->done, 0);
	copying_done(&copying);

	fd = open(path, O_WRONLY | O_CLOEXEC);
	copying_init(&copying, &copy_program, fd, copying_file("other", 0), 4, 4096, false);
	copying_run(&copying, IOURD_WORK_FAILED);
	assert_int_equal(copying.progress->error, EBADF);
	assert_int_equal(copying.progress->error_slot, COPY_SLOT_SOURCE);
	copying_done(&copying);

	/* O_NONBLOCK must not make it try for ever */
	copying_init(&copying, &copy_program, copying_file("source", 100000),
		     copying_file("target", 0), 4, 4096, false);
	fcntl(copying.source, F_SETFL, O_NONBLOCK);
	fcntl(copying.target, F_SETFL, O_NONBLOCK);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	copying_done(&copying);
}

/*
 * A request that the kernel does not even start ends the submission there and then: what was
 * prepared behind it is submitted later, and all is answered.
 */
static void refused_requests(void **state)
{
	static const struct {
		uint32_t opcode;
		uint32_t slot;
	} cases[] = {
		{IORING_OP_READ_FIXED, COPY_SLOT_SOURCE}, {IORING_OP_WRITE_FIXED, COPY_SLOT_TARGET},
		{IORING_OP_FTRUNCATE, COPY_SLOT_TARGET},  {IORING_OP_FSYNC, COPY_SLOT_TARGET},
		{IORING_OP_TIMEOUT, IOURD_SLOTS_MAX},
	};
	struct copying copying;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		copying_init_forbidden(&copying, &paced_program, UINT64_C(1) << cases[i].opcode);
		copying.params->sync = true;
		if (cases[i].opcode == IORING_OP_TIMEOUT)
			copying.params->bytes_per_second = 100000;
		copying_run(&copying, IOURD_WORK_FAILED);
		assert_int_equal(copying.progress->error, EACCES);
		assert_int_equal(copying.progress->error_op, cases[i].opcode);
		assert_int_equal(copying.progress->error_slot, cases[i].slot);
		copying_done(&copying);
	}
}

static void stops(void **state)
{
	struct copying copying;
	uint64_t done;

	copying_init(&copying, &paced_program, copying_file("source", 64 * MIB),
		     copying_file("target", 0), 32, 65536, false);
	copying.params->bytes_per_second = 16 * MIB;
	rig_start(&copying.rig);
	copying_await(&copying, 3 * MIB);
	rig_stop(&copying.rig);
	copying_run(&copying, IOURD_WORK_STOPPED);
	done = copying.progress->done;
	assert_true(done >= 3 * MIB && done < 64 * MIB);
	assert_int_equal(file_size(copying.target), done);
	assert_same(copying.source, copying.target, done);
	copying_done(&copying);
}

/* Settings of any value, at any time. */
static void settings_change_while_it_runs(void **state)
{
	struct copying copying;
	uint32_t x = 1;

	copying_init(&copying, &copy_program, copying_file("source", 48 * MIB + 3),
		     copying_file("target", 0), 32, 16384, false);
	rig_start(&copying.rig);
	while (__atomic_load_n(&copying.progress->state, __ATOMIC_RELAXED) <= IOURD_WORK_RUNNING) {
		x = x * 1103515245 + 12345;
		__atomic_store_n(&copying.params->block_size, x >> 8 & 0xffff, __ATOMIC_RELAXED);
		__atomic_store_n(&copying.params->depth, x >> 24 & 127, __ATOMIC_RELAXED);
		usleep(500);
	}
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	copying_done(&copying);
}

/* A data area that is smaller than depth and block size ask for, down to nothing. */
static void small_data_area(void **state)
{
	struct copying copying;

	copying_init(&copying, &copy_program, copying_file("source", MIB + 1),
		     copying_file("target", 0), 1, 4096, false);
	copying.params->depth = 64;
	copying.params->block_size = COPY_BLOCK_MAX;
	copying_run(&copying, IOURD_WORK_DONE);
	assert_same(copying.source, copying.target, UINT64_MAX);
	copying_done(&copying);

	copying_init(&copying, &copy_program, copying_file("source", MIB + 1),
		     copying_file("target", 0), 1, 4096, false);
	copying.rig.head->identity.data_size = 100;
	copying_run(&copying, IOURD_WORK_FAILED);
	assert_int_equal(copying.progress->error, ENOBUFS);
	copying_done(&copying);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_depths_and_blocks),
		cmocka_unit_test(sparse),
		cmocka_unit_test(block_device),
		cmocka_unit_test(longer_target),
		cmocka_unit_test(append_target),
		cmocka_unit_test(other_size_at_start),
		cmocka_unit_test(grows_while_copied),
		cmocka_unit_test(shrinks_while_copied),
		cmocka_unit_test(target_is_full),
		cmocka_unit_test(short_write),
		cmocka_unit_test(unfit_files),
		cmocka_unit_test(refused_requests),
		cmocka_unit_test(stops),
		cmocka_unit_test(settings_change_while_it_runs),
		cmocka_unit_test(small_data_area),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("programs-copy", tests, copying_load, copying_unload);
}
