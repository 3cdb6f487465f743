/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A ring's parameters, read and written while it is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"
#include "wire/json.h"

static int write_params(struct fixture *fixture, const char *json, struct note *note)
{
	const struct peer peer = peer_of(ALICE);
	struct json_object *object;
	int r;

	assert_int_equal(json_parse(json, strlen(json), NULL, &object), 0);
	r = manager_parameters_write(fixture->manager, &peer, "r1", object, note);
	json_put(object);
	return r;
}

static void expect_params(struct fixture *fixture, const char *const *fields, size_t n_fields,
			  const char *json)
{
	const struct peer peer = peer_of(ALICE);
	struct json_object *object;
	uint64_t generation;
	char *text;

	assert_int_equal(manager_parameters_read(fixture->manager, &peer, "r1", fields, n_fields,
						 NULL, &object, &generation),
			 0);
	assert_int_equal(json_print(object, false, &text), 0);
	assert_string_equal(text, json);
	free(text);
	json_put(object);
}

static void expect_refused(struct fixture *fixture, const char *json, const char *parameter)
{
	struct note note = {};

	assert_int_equal(write_params(fixture, json, &note), FAULT_INVALID_PARAMETER);
	assert_string_equal(note.texts[0], parameter);
	note_done(&note);
}

static void test_parameters(void **state)
{
	static const char *const two[] = {"depth", "block_size"};
	struct fixture fixture;
	struct answer answer;
	uint64_t secret = 42;
	uint32_t *params;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	params = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, answer.region, 0);
	assert_true(params != MAP_FAILED);
	params += sizeof(struct iourd_head) / sizeof(*params);
	memcpy(params + 6, &secret, sizeof(secret)); /* the program's own, at offset 24 */

	expect_params(&fixture, two, 2, "{\"depth\":16,\"block_size\":4096}");
	assert_int_equal(write_params(&fixture, "{\"depth\":4,\"sync\":true}", NULL), 0);
	assert_int_equal(params[0], 4);
	expect_params(&fixture, two, 1, "{\"depth\":4}");
	expect_refused(&fixture, "{\"depth\":0}", "parameters.depth");
	expect_refused(&fixture, "{\"short_reads\":1}", "parameters.short_reads");
	expect_refused(&fixture, "{\"secret\":1}", "parameters.secret");
	/* More than the data area holds: it was sized for 16 x 4096 bytes. */
	expect_refused(&fixture, "{\"depth\":17,\"block_size\":4096}", "parameters.depth");
	/* All or nothing. */
	expect_refused(&fixture, "{\"depth\":5,\"block_size\":1}", "parameters.block_size");
	expect_params(&fixture, two, 2, "{\"depth\":4,\"block_size\":4096}");

	start_ring(&fixture, "r1");
	expect_refused(&fixture, "{\"sync\":false}", "parameters.sync");
	assert_int_equal(write_params(&fixture, "{\"depth\":6}", NULL), 0);
	assert_int_equal(params[0], 6);
	memcpy(&secret, params + 6, sizeof(secret));
	assert_int_equal(secret, 42);
	munmap(params - sizeof(struct iourd_head) / sizeof(*params), 4096);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_parameters_outlive_a_swap(void **state)
{
	static const char *const fields[] = {"depth"};
	const struct peer peer = peer_of(ALICE);
	struct answer answer, swapped = ANSWER_NONE;
	struct fixture fixture;

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &answer);
	assert_int_equal(write_params(&fixture, "{\"depth\":7}", NULL), 0);
	assert_int_equal(manager_ring_swap(fixture.manager, &peer, "r1", "paced", 0, answer_ring,
					   &swapped, NULL),
			 0);
	fixture_run(&fixture);
	expect_params(&fixture, fields, 1, "{\"depth\":7}");
	answer_done(&answer);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_parameters_outlive_a_swap),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/params", tests, NULL, NULL);
}
