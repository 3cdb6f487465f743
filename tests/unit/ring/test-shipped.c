/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that are shipped, on the fake kernel: what their descriptors say goes together. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "iourd/prog/chase.h"
#include "iourd/prog/copy.h"
#include "iourd/prog/nop.h"
#include "unit/ring/fixture.h"
#include "wire/json.h"

static const char *objects; /* the build's folder of them: the only argument */

static void install(const struct fixture *fixture, const char *name)
{
	char path[512], bytes[4096];
	ssize_t n;
	int from, to;

	snprintf(path, sizeof(path), "%s/%s.bpf.o", objects, name);
	from = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(from >= 0);
	snprintf(path, sizeof(path), "%s/%s.bpf.o", fixture->directory, name);
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(to >= 0);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(to, bytes, (size_t)n), n);
	assert_int_equal(n, 0);
	close(from);
	close(to);
}

static void start(struct fixture *fixture)
{
	fixture_init(fixture);
	install(fixture, "nop");
	install(fixture, "copy");
	install(fixture, "copy-paced");
	install(fixture, "chase");
	assert_int_equal(fixture_manage(fixture), 0);
	fixture_run(fixture);
}

static void make(struct fixture *fixture, const char *program, const char *const *slots,
		 const char *parameters, struct answer *answer)
{
	struct note note = {};
	struct sample sample;
	int r;

	sample_init(&sample, "r1");
	sample.request.program = program;
	sample.request.n_files = 0;
	for (size_t i = 0; i < 2 && slots[i]; i++) {
		sample.files[i].slot = slots[i];
		sample.request.n_files++;
	}
	if (parameters)
		sample_parameters(&sample, parameters);
	*answer = ANSWER_NONE;
	answer->keep = true;
	r = create_sample(fixture, ALICE, &sample, answer, &note);
	if (r != 0)
		fail_msg("%s: %d %s %s", program, r, note.texts[0] ? note.texts[0] : "",
			 note.texts[1] ? note.texts[1] : "");
	sample_done(&sample);
	fixture_run(fixture);
	assert_int_equal(answer->calls, 1);
	assert_int_equal(answer->r, 0);
}

static void test_each_makes_a_ring(void **state)
{
	static const struct {
		const char *program;
		const char *slots[2];
		size_t params_size;
	} cases[] = {
		{"nop", {NULL, NULL}, sizeof(struct nop_params)},
		{"copy", {"source", "target"}, sizeof(struct copy_params)},
		{"copy-paced", {"source", "target"}, sizeof(struct copy_params)},
		{"chase", {"file", NULL}, sizeof(struct chase_params)},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct peer peer = peer_of(ALICE);
		struct json_object *object;
		struct iourd_head head;
		struct fixture fixture;
		struct answer answer;
		uint64_t generation;

		start(&fixture);
		make(&fixture, cases[i].program, cases[i].slots, NULL, &answer);
		assert_int_equal(pread(answer.region, &head, sizeof(head), 0), sizeof(head));
		assert_int_equal(head.identity.params_size, cases[i].params_size);
		assert_int_equal(manager_parameters_read(fixture.manager, &peer, "r1", NULL, 0,
							 NULL, &object, &generation),
				 0);
		json_put(object);
		start_ring(&fixture, "r1");
		answer_done(&answer);
		fixture_done(&fixture);
	}
}

static void test_copy_has_room_for_its_requests(void **state)
{
	static const char *const slots[] = {"source", "target"};
	const struct copy_params *params;
	struct {
		struct iourd_head head;
		struct copy_params params;
	} start_of;
	struct fixture fixture;
	struct answer answer;

	start(&fixture);
	make(&fixture, "copy", slots, "{\"depth\":64,\"block_size\":262144}", &answer);
	assert_int_equal(pread(answer.region, &start_of, sizeof(start_of), 0), sizeof(start_of));
	params = &start_of.params;
	assert_int_equal(params->depth, COPY_DEPTH_MAX);
	assert_int_equal(params->block_size, COPY_BLOCK_MAX);
	assert_int_equal(start_of.head.identity.data_size, COPY_DEPTH_MAX * COPY_BLOCK_MAX);
	answer_done(&answer);
	fixture_done(&fixture);
}

static void test_copy_and_copy_paced_swap(void **state)
{
	static const char *const slots[] = {"source", "target"};
	static const char *const back_and_forth[] = {"copy-paced", "copy"};
	const struct peer peer = peer_of(ALICE);
	struct fixture fixture;
	struct answer answer;

	for (int first = 0; first < 2; first++) {
		start(&fixture);
		make(&fixture, back_and_forth[!first], slots, NULL, &answer);
		for (int i = 0; i < 2; i++) {
			struct answer swapped = ANSWER_NONE;
			struct note note = {};
			int r = manager_ring_swap(fixture.manager, &peer, "r1",
						  back_and_forth[first ^ i], 0, answer_ring,
						  &swapped, &note);

			if (r != 0)
				fail_msg("%s: %s", note.texts[0], note.texts[1]);
			fixture_run(&fixture);
			assert_int_equal(swapped.r, 0);
			assert_int_equal(swapped.generation, i + 2);
		}
		answer_done(&answer);
		fixture_done(&fixture);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_makes_a_ring),
		cmocka_unit_test(test_copy_has_room_for_its_requests),
		cmocka_unit_test(test_copy_and_copy_paced_swap),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY-OF-OBJECTS\n", argv[0]);
		return 2;
	}
	objects = argv[1];
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/shipped", tests, NULL, NULL);
}
