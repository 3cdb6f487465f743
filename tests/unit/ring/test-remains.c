/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions of ended rings that others still hold: their memory, and what stays charged. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/asking.h"

#define DATA_SIZE 65536u /* depth 16, blocks of 4096 bytes */
#define KEPT_SIZE 4096u	 /* head and parameters */

static uint64_t memory_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

/* Asks for a ring, which is refused because of @limit. */
static void expect_refused(struct fixture *fixture, const char *limit)
{
	struct answer answer = ANSWER_NONE;
	struct sample sample;
	struct note note = {};

	sample_init(&sample, NULL);
	assert_int_equal(create_sample(fixture, ALICE, &sample, &answer, &note),
			 FAULT_QUOTA_EXCEEDED);
	assert_string_equal(note.texts[0], limit);
	note_done(&note);
	sample_done(&sample);
	fixture_run(fixture);
}

static unsigned char *map_region(const struct answer *answer)
{
	unsigned char *region = mmap(NULL, KEPT_SIZE + DATA_SIZE, PROT_READ | PROT_WRITE,
				     MAP_SHARED, answer->region, 0);

	assert_true(region != MAP_FAILED);
	return region;
}

static void test_emptied(void **state)
{
	const struct iourd_head *head;
	struct fixture fixture;
	unsigned char *region;
	struct answer answer;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	region = map_region(&answer);
	memset(region + sizeof(*head) + 128, 0x55, KEPT_SIZE - sizeof(*head) - 128);
	memset(region + KEPT_SIZE, 0xaa, DATA_SIZE);
	assert_int_equal(memory_of(answer.region), KEPT_SIZE + DATA_SIZE);
	destroy_ring(&fixture, "r1");
	assert_int_equal(memory_of(answer.region), KEPT_SIZE);
	head = (const struct iourd_head *)(const void *)region;
	assert_int_equal(head->life.state, IOURD_RING_ENDED);
	assert_int_equal(head->identity.magic, IOURD_REGION_MAGIC);
	assert_int_equal(region[KEPT_SIZE - 1], 0x55);
	assert_int_equal(region[KEPT_SIZE], 0);
	assert_int_equal(region[KEPT_SIZE + DATA_SIZE - 1], 0);
	munmap(region, KEPT_SIZE + DATA_SIZE);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* Its host died, and it was never destroyed by request. */
static void test_emptied_after_death(void **state)
{
	struct fixture fixture;
	unsigned char *region;
	struct answer answer;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	region = map_region(&answer);
	memset(region + KEPT_SIZE, 0xaa, DATA_SIZE);
	hosts_fake_exited(host_of(&fixture, "r1"), CLD_KILLED, SIGKILL);
	fixture_run(&fixture);
	assert_int_equal(memory_of(answer.region), KEPT_SIZE);
	munmap(region, KEPT_SIZE + DATA_SIZE);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* The next daemon has the region from the ring's host. */
static void test_emptied_by_next_daemon(void **state)
{
	struct fixture fixture;
	unsigned char *region;
	struct answer answer;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	region = map_region(&answer);
	memset(region + KEPT_SIZE, 0xaa, DATA_SIZE);
	fixture_restart(&fixture);
	assert_int_equal(memory_of(answer.region), KEPT_SIZE + DATA_SIZE);
	destroy_ring(&fixture, "r1");
	assert_int_equal(memory_of(answer.region), KEPT_SIZE);
	munmap(region, KEPT_SIZE + DATA_SIZE);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* A ring counts while its region is held. */
static void test_ring_counts(void **state)
{
	const struct manager_limits two = {.rings = 2, .region_bytes = 64u << 20, .entries = 1024};
	struct fixture fixture;
	struct answer answer;

	fixture_start_limited(&fixture, two);
	fixture.last_use.held = true;
	for (int i = 0; i < 2; i++)
		make_and_destroy_ring(&fixture, "r1");
	assert_int_equal(last_use_fake_count(&fixture.last_use), 2);
	expect_refused(&fixture, "ringsPerUser");
	fixture.last_use.held = false;
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(last_use_fake_count(&fixture.last_use), 0);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* What is left of a region counts, and no entries. */
static void test_rest_counts(void **state)
{
	/* room for a region and the rest of another one, but not for two */
	const struct manager_limits limits = {
		.rings = 8,
		.region_bytes = DATA_SIZE + 2 * KEPT_SIZE,
		.entries = 64,
	};
	struct fixture fixture;
	struct answer answer;

	fixture_start_limited(&fixture, limits);
	fixture.last_use.held = true;
	make_ring(&fixture, "r1", &answer);
	expect_refused(&fixture, "regionBytesPerUser");
	destroy_ring(&fixture, "r1");
	answer_done(&answer);
	make_and_destroy_ring(&fixture, "r2");
	expect_refused(&fixture, "regionBytesPerUser");
	fixture.last_use.held = false;
	fixture_done(&fixture);
}

/* Memory that the client fetches back meanwhile stays charged. */
static void test_refilled(void **state)
{
	const struct manager_limits limits = {
		.rings = 8,
		.region_bytes = DATA_SIZE + 2 * KEPT_SIZE,
		.entries = 1024,
	};
	const struct peer root = peer_of(0);
	struct answer answer, destroyed = ANSWER_NONE;
	struct fixture fixture;
	unsigned char *region;

	fixture_start_limited(&fixture, limits);
	fixture.last_use.held = true;
	make_ring(&fixture, "r1", &answer);
	region = map_region(&answer);
	assert_int_equal(manager_ring_destroy(fixture.manager, &root, "1000/r1", answer_ring,
					      &destroyed, NULL),
			 0);
	while (!destroyed.calls) { /* after each step, so also after the one that empties it */
		memset(region + KEPT_SIZE, 0xaa, DATA_SIZE);
		assert_true(fixture_step_youngest(&fixture));
	}
	assert_int_equal(memory_of(answer.region), KEPT_SIZE + DATA_SIZE);
	expect_refused(&fixture, "regionBytesPerUser");
	munmap(region, KEPT_SIZE + DATA_SIZE);
	answer_done(&answer);
	fixture.last_use.held = false;
	fixture_done(&fixture);
}

/* The io_uring of its application may pin all of the region: all of it stays charged. */
static void test_adopted(void **state)
{
	const struct manager_limits limits = {
		.rings = 8,
		.region_bytes = DATA_SIZE + 2 * KEPT_SIZE,
		.entries = 1024,
	};
	const struct peer alice = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	struct fixture fixture;
	struct sample sample;

	fixture_start_limited(&fixture, limits);
	fixture.last_use.held = true;
	sample_init(&sample, "r1");
	assert_int_equal(manager_ring_prepare(fixture.manager, &alice, &sample.request, answer_ring,
					      &answer, NULL),
			 0);
	fixture_run(&fixture);
	assert_int_equal(answer.r, 0);
	sample_done(&sample);
	clock_fake_advance(&fixture.clock, 60000); /* it is never adopted */
	fixture_run(&fixture);
	assert_nothing_left(&fixture);
	assert_int_equal(last_use_fake_count(&fixture.last_use), 1);
	expect_refused(&fixture, "regionBytesPerUser");
	fixture.last_use.held = false;
	make_ring(&fixture, "r2", &answer);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* Nobody would report the end of the region, so nothing may stay charged for ever. */
static void test_cannot_wait(void **state)
{
	const struct manager_limits one = {.rings = 1, .region_bytes = 64u << 20, .entries = 1024};
	struct fixture fixture;

	fixture_start_limited(&fixture, one);
	fixture.last_use.held = true;
	fixture.last_use.error = -ENOSPC;
	for (int i = 0; i < 2; i++)
		make_and_destroy_ring(&fixture, "r1");
	fixture_done(&fixture);
}

/* The daemon ends while regions are held. */
static void test_stop(void **state)
{
	struct fixture fixture;

	fixture_start(&fixture);
	fixture.last_use.held = true;
	make_and_destroy_ring(&fixture, "r1");
	fixture_restart(&fixture);
	assert_int_equal(last_use_fake_count(&fixture.last_use), 0);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_emptied),
		cmocka_unit_test(test_emptied_after_death),
		cmocka_unit_test(test_emptied_by_next_daemon),
		cmocka_unit_test(test_ring_counts),
		cmocka_unit_test(test_rest_counts),
		cmocka_unit_test(test_refilled),
		cmocka_unit_test(test_adopted),
		cmocka_unit_test(test_cannot_wait),
		cmocka_unit_test(test_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
