// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-sparse.c - what copy and copy-paced pass over: holes that are mapped, and zeros */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "copying.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define TIB (UINT64_C(1) << 40)

/* With what the file system needs to find them, which depends on when it stored what. */
static uint64_t bytes_stored(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

/* Random bytes, never four zeros in a row. */
static void put(int fd, uint64_t begin, uint64_t end)
{
	static uint32_t noise[16384];
	uint64_t n;

	if (!noise[0])
		for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
			noise[i] = (uint32_t)random() | 1;
	for (; begin < end; begin += n) {
		n = end - begin < sizeof(noise) ? end - begin : sizeof(noise);
		assert_int_equal(pwrite(fd, noise, n, (off_t)begin), n);
	}
}

static int file_with_hole(uint64_t size)
{
	int fd = copying_file("source", 0);

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

/* As iouctl does it, without its limit. */
static void map_holes(struct copying *copying)
{
	off_t size = (off_t)file_size(copying->source), at = 0, data;
	struct copy_params *params = copying->params;

	while ((data = lseek(copying->source, at, SEEK_DATA)) >= 0) {
		at = lseek(copying->source, data, SEEK_HOLE);
		assert_true(at > data && params->extent_count < COPY_EXTENTS_MAX);
		params->extents[params->extent_count++] =
			(struct copy_extent){(uint64_t)data, (uint64_t)at};
	}
	params->mapped = (uint64_t)size;
}

static void assert_same_holes(int a, int b)
{
	off_t at = 0;

	while (at >= 0) {
		assert_int_equal(lseek(a, at, SEEK_HOLE), lseek(b, at, SEEK_HOLE));
		at = lseek(a, at, SEEK_HOLE);
		assert_int_equal(lseek(a, at, SEEK_DATA), lseek(b, at, SEEK_DATA));
		at = lseek(a, at, SEEK_DATA);
	}
}

static void assert_copied(const struct copying *copying, uint64_t size)
{
	assert_same(copying->source, copying->target, UINT64_MAX);
	assert_int_equal(copying->progress->done, size);
	assert_int_equal(copying->progress->total, size);
	assert_int_equal(copying->progress->contiguous, size);
}

/* Most of the file is not read at all, or this would take days. */
static void tebibyte(void **state)
{
	static const struct {
		uint64_t begin;
		uint64_t end;
	} data[] = {{0, 0}, {0, 5}, {5 * MIB, 6 * MIB}, {TIB / 3, TIB / 3 + 70000}, {TIB - 7, TIB}};
	const struct rig_program *programs[] = {&copy_program, &paced_program};
	static char from_source[1 << 16], from_target[1 << 16];
	struct copying copying;

	for (size_t i = 0; i < 2 * sizeof(data) / sizeof(data[0]); i++) {
		copying_init(&copying, programs[i % 2], file_with_hole(TIB),
			     copying_file("target", 3 * MIB), 8, 65536, false);
		for (size_t j = 0; j <= i / 2; j++)
			put(copying.source, data[j].begin, data[j].end);
		map_holes(&copying);
		/* a hole costs nothing of the rate */
		copying_set_rate(&copying, 64 * MIB);
		copying_run(&copying, IOURD_WORK_DONE);
		assert_int_equal(file_size(copying.target), TIB);
		assert_int_equal(copying.progress->done, TIB);
		assert_int_equal(copying.progress->contiguous, TIB);
		assert_same_holes(copying.source, copying.target);
		assert_true(copying.params->holes >= TIB - 2 * MIB);
		assert_int_equal(copying.params->source, COPY_SOURCE_AS_EXPECTED);
		for (size_t j = 0; j < sizeof(data) / sizeof(data[0]); j++) {
			off_t at = (off_t)(data[j].begin > 100 ? data[j].begin - 100 : 0);
			ssize_t n = pread(copying.source, from_source, sizeof(from_source), at);

			assert_true(n > 0);
			assert_int_equal(
				pread(copying.target, from_target, sizeof(from_target), at), n);
			assert_memory_equal(from_source, from_target, (size_t)n);
		}
		copying_done(&copying);
	}
}

/* More extents than a block has room for, of any size, and a map that is full. */
static void many_extents(void **state)
{
	struct copying copying;
	uint64_t at = 0, length;

	copying_init(&copying, &copy_program, file_with_hole(48 * MIB), copying_file("target", 0),
		     16, 16384, false);
	for (unsigned int i = 0; i < COPY_EXTENTS_MAX; i++) {
		length = 4096 * (1 + i % 5);
		put(copying.source, at, at + length);
		at += length + 4096 * (1 + i % 7);
	}
	assert_true(at < 48 * MIB);
	map_holes(&copying);
	assert_int_equal(copying.params->extent_count, COPY_EXTENTS_MAX);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_copied(&copying, 48 * MIB);
	assert_same_holes(copying.source, copying.target);
	copying_done(&copying);
}

/* What lies behind the mapped part is read: the rest of the file, and what was added since. */
static void map_of_a_part(void **state)
{
	struct copying copying;

	copying_init(&copying, &copy_program, file_with_hole(8 * MIB), copying_file("target", 0), 8,
		     65536, false);
	put(copying.source, MIB, MIB + 4096);
	map_holes(&copying);
	copying.params->mapped = 4 * MIB;
	put(copying.source, 5 * MIB, 5 * MIB + 99999);
	put(copying.source, 8 * MIB, 10 * MIB + 1);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_copied(&copying, 10 * MIB + 1);
	assert_int_equal(copying.params->holes, 4 * MIB - 4096);
	assert_int_equal(copying.params->source, COPY_SOURCE_LONGER);
	copying_done(&copying);
}

static void source_shrinks_into_a_hole(void **state)
{
	struct copying copying;

	copying_init(&copying, &copy_program, file_with_hole(TIB), copying_file("target", 0), 8,
		     65536, false);
	put(copying.source, 0, 10000);
	put(copying.source, TIB - 4096, TIB);
	map_holes(&copying);
	assert_int_equal(ftruncate(copying.source, 5 * MIB + 3), 0);
	copying_run(&copying, IOURD_WORK_DONE);
	assert_copied(&copying, 5 * MIB + 3);
	assert_int_equal(copying.params->source, COPY_SOURCE_SHORTER);
	copying_done(&copying);
}

/* A target that had other content: the holes do not show it, whatever becomes of them. */
static void old_content_is_gone(void **state)
{
	static const enum copy_sparse ways[] = {COPY_SPARSE_AUTO, COPY_SPARSE_ALWAYS,
						COPY_SPARSE_NEVER};
	struct copying copying;

	for (size_t i = 0; i < 6; i++) {
		copying_init(&copying, i < 3 ? &copy_program : &paced_program,
			     file_with_hole(6 * MIB + 5), copying_file("target", 9 * MIB), 8, 65536,
			     false);
		put(copying.source, 2 * MIB, 2 * MIB + 30000);
		map_holes(&copying);
		copying.params->sparse = ways[i % 3];
		copying_run(&copying, IOURD_WORK_DONE);
		assert_copied(&copying, 6 * MIB + 5);
		if (ways[i % 3] == COPY_SPARSE_NEVER) {
			assert_true(bytes_stored(copying.target) >= 6 * MIB);
			assert_int_equal(copying.params->holes, 0);
			assert_int_equal(copying.params->source, COPY_SOURCE_SPARSE);
		} else {
			assert_true(bytes_stored(copying.target) <= 128 * KIB);
			assert_int_equal(copying.params->source, COPY_SOURCE_AS_EXPECTED);
		}
		copying_done(&copying);
	}
}

/*
 * Zeros become holes in units of 4096 bytes, in blocks of any size, with and without a map; auto
 * looks for them only if nobody knows where a sparse source has its holes.
 */
static void zeros(void **state)
{
	static const struct {
		uint32_t depth;
		uint32_t block_size;
		enum copy_sparse sparse;
		bool sparse_source;
		bool found;
	} cases[] = {
		{8, 65536, COPY_SPARSE_ALWAYS, false, true},
		{1, 4096, COPY_SPARSE_ALWAYS, false, true},
		{3, 12288, COPY_SPARSE_ALWAYS, false, true},
		{64, 512, COPY_SPARSE_ALWAYS, false, true},
		{5, 3000, COPY_SPARSE_ALWAYS, false, false}, /* no multiple of the unit */
		{64, COPY_BLOCK_MAX, COPY_SPARSE_ALWAYS, true, true},
		{8, 65536, COPY_SPARSE_AUTO, true, true},
		{8, 65536, COPY_SPARSE_AUTO, false, false},
		{8, 65536, COPY_SPARSE_NEVER, true, false},
	};
	static const char none[64 << 10];
	struct copying copying;
	uint64_t size = 4 * MIB + 4096 + 1;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		copying_init(&copying, &copy_program, file_with_hole(size),
			     copying_file("target", MIB), cases[i].depth, cases[i].block_size,
			     false);
		for (uint64_t at = 0; at < size; at += sizeof(none))
			assert_true(pwrite(copying.source, none,
					   size - at < sizeof(none) ? size - at : sizeof(none),
					   (off_t)at) > 0);
		/* within a block, at its borders, alone; one byte is enough */
		put(copying.source, 0, 4096);
		put(copying.source, 3 * 4096, 4 * 4096);
		put(copying.source, MIB - 1, MIB + 1);
		put(copying.source, 2 * MIB + 3 * 4096 + 63, 2 * MIB + 3 * 4096 + 64);
		put(copying.source, 3 * MIB, 3 * MIB + 256 * KIB);
		put(copying.source, size - 1, size);
		copying.rig.head->slots[COPY_SLOT_SOURCE].flags =
			cases[i].sparse_source ? IOURD_SLOT_FILE_SPARSE : 0;
		copying.params->sparse = cases[i].sparse;
		copying_run(&copying, IOURD_WORK_DONE);
		assert_copied(&copying, size);
		if (cases[i].found) {
			assert_true(bytes_stored(copying.target) <= 512 * KIB);
			assert_true(copying.params->holes >= size - 256 * KIB - 7 * 4096);
		} else if (cases[i].sparse != COPY_SPARSE_ALWAYS) {
			assert_true(bytes_stored(copying.target) >= 4 * MIB);
			assert_int_equal(copying.params->holes, 0);
		}
		copying_done(&copying);
	}
}

/* A hole behind the last write is not there yet, so it is no part of what is known to be good. */
static void contiguous_ends_with_the_target(void **state)
{
	struct copying copying;

	copying_init(&copying, &copy_program, file_with_hole(TIB), copying_small_target(), 1, 65536,
		     false);
	put(copying.source, 0, MIB);
	put(copying.source, TIB - MIB, TIB);
	map_holes(&copying);
	copying_run(&copying, IOURD_WORK_FAILED);
	assert_int_equal(copying.progress->error, ENOSPC);
	assert_int_equal(copying.progress->error_offset, TIB - MIB);
	assert_int_equal(copying.progress->contiguous, MIB);
	assert_same(copying.source, copying.target, MIB);
	copying_done(&copying);
}

/* Whatever the map says, a copy ends, and its own files are all that suffers. */
static void hostile_maps(void **state)
{
	struct copying copying;

	for (unsigned int i = 0; i < 12; i++) {
		copying_init(&copying, i % 2 ? &copy_program : &paced_program,
			     copying_file("source", 3 * MIB), copying_file("target", 0), 8, 16384,
			     false);
		for (unsigned int j = 0; j < COPY_EXTENTS_MAX; j++)
			copying.params->extents[j] = (struct copy_extent){
				i < 4 ? 0 : (uint64_t)random() % (4 * MIB),
				i < 2	? 0
				: i < 4 ? UINT64_MAX
					: (uint64_t)random() % (4 * MIB),
			};
		copying.params->mapped = i % 3 ? UINT64_MAX : 2 * MIB;
		copying.params->extent_count = i % 4 ? UINT32_MAX : 1000;
		copying.params->sparse = i % 5;
		copying_run(&copying, IOURD_WORK_DONE);
		copying_done(&copying);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tebibyte),
		cmocka_unit_test(many_extents),
		cmocka_unit_test(map_of_a_part),
		cmocka_unit_test(source_shrinks_into_a_hole),
		cmocka_unit_test(old_content_is_gone),
		cmocka_unit_test(zeros),
		cmocka_unit_test(contiguous_ends_with_the_target),
		cmocka_unit_test(hostile_maps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("programs-sparse", tests, copying_load, copying_unload);
}
