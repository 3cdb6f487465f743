/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a CreateRing may ask for: files, parameters, sizes, and how much of it all. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"
#include "wire/fault.h"

/* ---- files ---- */

static void expect_file(const char *slot, int fd, const char *source_slot, int expected,
			const char *about, const char *reason)
{
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct sample sample;
	struct note note = {};
	int r;

	fixture_start(&fixture);
	sample_init(&sample, "r1");
	sample.files[0].slot = source_slot;
	for (size_t i = 0; i < 2; i++)
		if (fd >= 0 && strcmp(sample.files[i].slot, slot) == 0) {
			close(sample.files[i].fd);
			sample.files[i].fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		}
	r = create_sample(&fixture, ALICE, &sample, &answer, &note);
	if (r != expected || (r > 0 && (strcmp(note.texts[0], about) != 0 ||
					(reason && !strstr(note.texts[1], reason)))))
		fail_msg("%s: %d \"%s\" \"%s\", not %d \"%s\"", slot, r, r > 0 ? note.texts[0] : "",
			 r > 0 ? note.texts[1] : "", expected, about);
	note_done(&note);
	sample_done(&sample);
	fixture_run(&fixture);
	fixture_done(&fixture);
	if (fd >= 0)
		close(fd);
}

static void test_files_that_do_not_fit(void **state)
{
	int pair[2], pipes[2];

	expect_file("source", open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "source",
		    FAULT_FILE_REFUSED, "source", "a directory");
	expect_file("source", open("/dev/null", O_RDONLY | O_CLOEXEC), "source", FAULT_FILE_REFUSED,
		    "source", "a character device; the slot takes a regular");
	expect_file("source", epoll_create1(EPOLL_CLOEXEC), "source", FAULT_FILE_REFUSED, "source",
		    "without a file");
	expect_file("source", open("/etc/passwd", O_PATH | O_CLOEXEC), "source", FAULT_FILE_REFUSED,
		    "source", "O_PATH");
	expect_file("target", open("/etc/passwd", O_RDONLY | O_CLOEXEC), "source",
		    FAULT_FILE_REFUSED, "target", "writing");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	close(pair[0]);
	expect_file("target", pair[1], "source", FAULT_FILE_REFUSED, "target", "a socket");
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	close(pipes[0]);
	expect_file("target", pipes[1], "source", FAULT_FILE_REFUSED, "target", "a pipe");
	expect_file("source", -1, "origin", FAULT_FILE_REFUSED, "origin", "no slot of that name");
	expect_file("source", -1, "target", FAULT_FILE_REFUSED, "target", "twice");
}

static int scratch(int flags)
{
	char path[] = "/tmp/ring-test-file-XXXXXX";
	int made = mkostemp(path, O_CLOEXEC);
	int fd;

	assert_true(made >= 0);
	fd = open(path, flags | O_CLOEXEC);
	unlink(path);
	close(made);
	assert_true(fd >= 0);
	return fd;
}

static void test_access_modes(void **state)
{
	expect_file("source", scratch(O_RDONLY), "source", 0, "", NULL);
	expect_file("target", scratch(O_WRONLY), "source", 0, "", NULL);
	expect_file("source", scratch(O_WRONLY), "source", FAULT_FILE_REFUSED, "source", "reading");
	expect_file("target", scratch(O_RDWR | O_APPEND), "source", FAULT_FILE_REFUSED, "target",
		    "O_APPEND");
}

static void test_slots_missing_and_equal(void **state)
{
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct sample sample;
	struct note note = {};

	fixture_start(&fixture);
	sample_init(&sample, "r1");
	sample.request.n_files = 1;
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, &note),
			 FAULT_SLOT_MISSING);
	assert_string_equal(note.texts[0], "target");
	note_done(&note);
	sample.request.n_files = 0;
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, &note),
			 FAULT_SLOT_MISSING);
	assert_string_equal(note.texts[0], "source");
	note_done(&note);
	/* Another descriptor of the same file is the same file. */
	close(sample.files[1].fd);
	sample.files[1].fd = fcntl(sample.files[0].fd, F_DUPFD_CLOEXEC, 3);
	sample.request.n_files = 2;
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, &note),
			 FAULT_FILE_REFUSED);
	assert_string_equal(note.texts[0], "target");
	assert_non_null(strstr(note.texts[1], "\"source\""));
	note_done(&note);
	sample_done(&sample);
	fixture_done(&fixture);
}

/* ---- parameters and sizes ---- */

static void expect_sizes(const char *parameters, bool set, uint64_t wanted, int expected,
			 const char *about, uint64_t data_size)
{
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct sample sample;
	struct note note = {};
	int r;

	fixture_start(&fixture);
	sample_init(&sample, "r1");
	if (parameters)
		sample_parameters(&sample, parameters);
	sample.request.data_bytes_set = set;
	sample.request.data_bytes = wanted;
	r = create_sample(&fixture, ALICE, &sample, &answer, &note);
	if (r != expected || (r > 0 && strcmp(note.texts[0], about) != 0))
		fail_msg("%s %" PRIu64 ": %d \"%s\", not %d \"%s\"", parameters ? parameters : "",
			 wanted, r, r > 0 ? note.texts[0] : "", expected, about);
	if (r == 0)
		assert_int_equal(hosts_fake_setup(host_of(&fixture, "r1"))->data_size, data_size);
	note_done(&note);
	sample_done(&sample);
	fixture_run(&fixture);
	fixture_done(&fixture);
}

static void test_sizes_and_parameters(void **state)
{
	const int invalid = FAULT_INVALID_PARAMETER;

	expect_sizes(NULL, false, 0, 0, "", 65536);
	expect_sizes("{\"depth\":3,\"block_size\":512}", false, 0, 0, "", 4096);
	expect_sizes(NULL, true, 65536, 0, "", 65536);
	expect_sizes(NULL, true, 65537, 0, "", 65536 + 4096);
	expect_sizes(NULL, true, 16 << 20, 0, "", 16 << 20);
	expect_sizes("{\"depth\":64,\"block_size\":262144}", false, 0, 0, "", 16 << 20);
	expect_sizes(NULL, true, 65535, invalid, "dataBytes", 0);
	expect_sizes(NULL, true, (16 << 20) + 1, invalid, "dataBytes", 0);
	expect_sizes(NULL, true, UINT64_MAX, invalid, "dataBytes", 0);
	expect_sizes("{\"depth\":65}", false, 0, invalid, "parameters.depth", 0);
	expect_sizes("{\"depth\":\"many\"}", false, 0, invalid, "parameters.depth", 0);
	expect_sizes("{\"short_reads\":1}", false, 0, invalid, "parameters.short_reads", 0);
	expect_sizes("{\"secret\":1}", false, 0, invalid, "parameters.secret", 0);
	expect_sizes("{\"nonsense\":1}", false, 0, invalid, "parameters.nonsense", 0);
}

/* ---- quotas ---- */

static void expect_quota(struct fixture *fixture, const char *limit, uint64_t allowed)
{
	struct answer answer = ANSWER_NONE;
	struct sample sample;
	struct note note = {};

	sample_init(&sample, NULL);
	assert_int_equal(create_sample(fixture, ALICE, &sample, &answer, &note),
			 FAULT_QUOTA_EXCEEDED);
	assert_string_equal(note.texts[0], limit);
	assert_int_equal(note.numbers[1], allowed);
	note_done(&note);
	/* Another user has a quota of their own. */
	assert_int_equal(create_sample(fixture, BOB, &sample, &answer, NULL), 0);
	sample_done(&sample);
	fixture_run(fixture);
	assert_int_equal(answer.r, 0);
	fixture_run(fixture); /* its lease was not kept: it is gone again */
}

static void test_quotas(void **state)
{
	const struct manager_limits enough = {
		.rings = 8, .region_bytes = 64 << 20, .entries = 1024};
	static const char *const names[] = {"ringsPerUser", "regionBytesPerUser",
					    "submissionEntriesPerUser"};

	for (int i = 0; i < 3; i++) {
		struct manager_limits limits = enough;
		struct fixture fixture;
		struct answer answers[2];
		uint64_t *limit = i == 0   ? &limits.rings
				  : i == 1 ? &limits.region_bytes
					   : &limits.entries;

		/* Room for exactly two. */
		*limit = i == 0 ? 2 : i == 1 ? 2 * (65536 + 4096) : 2 * 64;
		fixture_start_limited(&fixture, limits);
		make_ring(&fixture, "one", &answers[0]);
		make_ring(&fixture, "two", &answers[1]);
		expect_quota(&fixture, names[i], *limit);
		/* What ended counts no more. */
		destroy_ring(&fixture, "one");
		answer_done(&answers[0]);
		make_ring(&fixture, "three", &answers[0]);
		expect_quota(&fixture, names[i], *limit);
		answer_done(&answers[0]);
		answer_done(&answers[1]);
		fixture_done(&fixture);
	}
}

/* ---- the kernel lacks something ---- */

static void test_kernel_lacks(void **state)
{
	const struct peer alice = peer_of(ALICE), root = peer_of(0);
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct sample sample;
	struct note note = {};
	struct ring_view view;

	fixture_start(&fixture);
	make_ring(&fixture, "r0", &answer);
	answer_done(&answer);
	kern_fake_lack(fixture.kern, "struct_ops.io_uring_bpf_ops");
	sample_init(&sample, "r1");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, &note),
			 FAULT_KERNEL_LACKS);
	assert_string_equal(note.texts[0], "struct_ops.io_uring_bpf_ops");
	assert_string_equal(note.texts[1], "Linux 7.1");
	note_done(&note);
	assert_int_equal(
		manager_ring_start(fixture.manager, &alice, "r1", answer_ring, &answer, NULL),
		FAULT_RING_NOT_FOUND);
	assert_int_equal(manager_program_load(fixture.manager, &root, sample.files[0].fd, true,
					      answer_program, &answer, NULL),
			 FAULT_KERNEL_LACKS);
	/* Lists still work. */
	assert_int_equal(manager_program_count(fixture.manager), 3);
	assert_int_equal(manager_ring_count(fixture.manager, &alice), 1);
	/* A ring that exists can be ended. */
	assert_int_equal(manager_ring_find(fixture.manager, &alice, "r0", NULL, &view), 0);
	assert_int_equal(
		manager_ring_destroy(fixture.manager, &alice, "r0", answer_ring, &answer, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.r, 0);
	answer_done(&answer);
	sample_done(&sample);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_that_do_not_fit),
		cmocka_unit_test(test_access_modes),
		cmocka_unit_test(test_slots_missing_and_equal),
		cmocka_unit_test(test_sizes_and_parameters),
		cmocka_unit_test(test_quotas),
		cmocka_unit_test(test_kernel_lacks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/request", tests, NULL, NULL);
}
