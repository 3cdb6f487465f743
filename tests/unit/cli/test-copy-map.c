/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map of a source's holes, and the short names of enum values. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "copy-map.h"
#include "enum-name.h"
#include "iourd/prog/copy.h"

#define PAGE 4096u

/* A file on tmpfs, where each page that was not written is a hole. */
static int new_file(uint64_t size)
{
	int fd = memfd_create("source", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void put(int fd, uint64_t page, uint64_t n)
{
	static const char data[PAGE] = "data";

	for (uint64_t i = page; i < page + n; i++)
		assert_int_equal(pwrite(fd, data, PAGE, (off_t)(i * PAGE)), PAGE);
}

static void assert_extent(const struct copy_params *params, uint32_t i, uint64_t page, uint64_t n)
{
	assert_true(i < params->extent_count);
	assert_int_equal(params->extents[i].begin, page * PAGE);
	assert_int_equal(params->extents[i].end, (page + n) * PAGE);
}

static void test_a_file_without_holes_has_no_map(void **state)
{
	static struct copy_params params;
	int fd = new_file(10 * PAGE - 5);

	(void)state;
	copy_map_fill(&params, fd); /* a hole only */
	assert_int_equal(params.mapped, 10 * PAGE - 5);
	assert_int_equal(params.extent_count, 0);
	memset(&params, 0, sizeof(params));
	put(fd, 0, 9);
	assert_int_equal(pwrite(fd, "end", 3, 10 * PAGE - 8), 3);
	copy_map_fill(&params, fd);
	assert_int_equal(params.mapped, 0);
	close(fd);
	fd = new_file(0);
	copy_map_fill(&params, fd);
	assert_int_equal(params.mapped, 0);
	close(fd);
	/* the other end of a pipe has neither size nor holes */
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	copy_map_fill(&params, ends[0]);
	assert_int_equal(params.mapped, 0);
	close(ends[0]);
	close(ends[1]);
}

static void test_holes_are_between_the_extents(void **state)
{
	static struct copy_params params;
	int fd = new_file((UINT64_C(1) << 40) + 1);

	(void)state;
	put(fd, 3, 2);
	put(fd, 100, 1);
	put(fd, 1000000, 300);
	copy_map_fill(&params, fd);
	assert_int_equal(params.mapped, (UINT64_C(1) << 40) + 1);
	assert_int_equal(params.extent_count, 3);
	assert_extent(&params, 0, 3, 2);
	assert_extent(&params, 1, 100, 1);
	assert_extent(&params, 2, 1000000, 300);
	close(fd);
}

/* With more extents than the map has room for, the large holes remain, and no data is left out. */
static void test_small_holes_are_joined(void **state)
{
	static struct copy_params params;
	uint64_t page = 0, large = 0, kept = 0;
	int fd = new_file(UINT64_C(1) << 40);

	(void)state;
	for (unsigned int i = 0; i < 3 * COPY_EXTENTS_MAX; i++) {
		put(fd, page, 1);
		large += i % 10 == 0;
		page += i % 10 == 0 ? 5000 : 2;
	}
	copy_map_fill(&params, fd);
	assert_int_equal(params.mapped, UINT64_C(1) << 40);
	assert_in_range(params.extent_count, large, COPY_EXTENTS_MAX);
	page = 0;
	for (unsigned int i = 0, extent = 0; i < 3 * COPY_EXTENTS_MAX; i++) {
		while (extent < params.extent_count && params.extents[extent].end <= page * PAGE) {
			uint64_t begin = params.extents[extent].end;

			extent++;
			kept += extent < params.extent_count &&
				params.extents[extent].begin - begin >= 4000 * PAGE;
		}
		assert_true(extent < params.extent_count);
		assert_true(params.extents[extent].begin <= page * PAGE);
		assert_true(params.extents[extent].end >= (page + 1) * PAGE);
		page += i % 10 == 0 ? 5000 : 2;
	}
	assert_in_range(kept, large - 1, large); /* the last one may be behind the last extent */
	close(fd);
}

static void test_short_names_of_enums(void **state)
{
	struct json_object *values =
		json_tokener_parse("[{\"name\":\"COPY_SPARSE_AUTO\",\"number\":0},"
				   "{\"name\":\"COPY_SPARSE_ALWAYS\",\"number\":1}]");
	struct json_object *alone = json_tokener_parse("[{\"name\":\"ONLY_ONE\",\"number\":0}]");

	(void)state;
	assert_string_equal(enum_short_name(values, "COPY_SPARSE_ALWAYS"), "ALWAYS");
	assert_string_equal(enum_long_name(values, "auto"), "COPY_SPARSE_AUTO");
	assert_string_equal(enum_long_name(values, "Always"), "COPY_SPARSE_ALWAYS");
	assert_string_equal(enum_long_name(values, "COPY_SPARSE_ALWAYS"), "COPY_SPARSE_ALWAYS");
	assert_null(enum_long_name(values, "sparse_auto"));
	assert_null(enum_long_name(values, ""));
	assert_null(enum_long_name(NULL, "auto"));
	assert_string_equal(enum_long_name(alone, "ONLY_ONE"), "ONLY_ONE");
	json_object_put(values);
	json_object_put(alone);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_without_holes_has_no_map),
		cmocka_unit_test(test_holes_are_between_the_extents),
		cmocka_unit_test(test_small_holes_are_joined),
		cmocka_unit_test(test_short_names_of_enums),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli-copy-map", tests, NULL, NULL);
}
