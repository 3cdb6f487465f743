/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-loader.c - the process that parses objects: how it fails, and what the real one says */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

#include "../../fds.h"
#include "kern/identify.h"
#include "kern/linux.h"
#include "kern/loader.h"
#include "kern/program-file.h"

#define PATIENCE_MS 120000u
#define SHORT_MS    300u

static char *stand_in, *loader;
static const char *object_path, *wrap_path;
static struct records records = RECORDS_NONE; /* of the ports that open_in() makes */

static int make_object(const void *bytes, size_t size)
{
	int fd = memfd_create("object", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	return fd;
}

static void *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "re");
	char *bytes = malloc(1u << 20);

	assert_true(file && bytes);
	*ret_size = fread(bytes, 1, 1u << 20, file);
	assert_true(*ret_size > 0);
	fclose(file);
	return bytes;
}

/* Fails unless @note is of a refusal that says @reason. */
static void assert_refusal(const char *what, int r, struct note *note, const char *reason)
{
	if (r != FAULT_PROGRAM_REJECTED || !note->texts[1] || !strstr(note->texts[1], reason))
		fail_msg("%s: %d, %s", what, r, note->texts[1] ? note->texts[1] : "");
	note_done(note);
}

/* ---- a loader that misbehaves ---- */

static const struct {
	const char *what;
	unsigned int deadline_ms;
	const char *reason; /* NULL: it ends by itself */
} endings[] = {
	{"silent", PATIENCE_MS, NULL},
	{"garbage", PATIENCE_MS, NULL},
	{"inherits", PATIENCE_MS, NULL},
	{"many-files", PATIENCE_MS, NULL},
	{"crash", PATIENCE_MS, "its object file crashed the parser (SIGSEGV)"},
	{"abort", PATIENCE_MS, "its object file crashed the parser (SIGABRT)"},
	{"spin", PATIENCE_MS, "took more than 10 s of processor time"},
	{"killed", PATIENCE_MS, "had its parser killed (SIGKILL)"},
	{"status", PATIENCE_MS, "without an answer (status 3)"},
	{"endless", PATIENCE_MS, "answer without end"},
	{"hang", SHORT_MS, "took longer than 300 ms"},
	{"hang-mute", SHORT_MS, "took longer than 300 ms"},
	{"hang-half", SHORT_MS, "took longer than 300 ms"},
};

static void every_end_is_named(void **state)
{
	size_t before = count_fds();

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const char *what = endings[i].what;
		struct loader_result result;
		struct note note = {};
		int r = loader_run(stand_in, LOADER_INSPECT, "odd", what, strlen(what),
				   endings[i].deadline_ms, &note, &result);

		if (endings[i].reason) {
			assert_refusal(what, r, &note, endings[i].reason);
			continue;
		}
		if (r != 0)
			fail_msg("%s: %d, %s", what, r, note.texts[1] ? note.texts[1] : "");
		loader_result_done(&result);
	}
	assert_int_equal(count_fds(), before);
}

static void a_missing_loader_is_an_error(void **state)
{
	struct loader_result result;
	struct note note = {};
	size_t before = count_fds();

	assert_int_equal(loader_run("/nonexistent", LOADER_INSPECT, NULL, "x", 1, PATIENCE_MS,
				    &note, &result),
			 -ENOENT);
	assert_int_equal(count_fds(), before);
}

static int open_in(const char *path, const void *bytes, size_t size, struct note *note,
		   struct kern_program **ret)
{
	static struct kern_linux port;
	int fd = make_object(bytes, size), r;

	port = (struct kern_linux){
		.missing = CAPABILITIES_COMPLETE, .records = records, .loader_path = (char *)path};
	*ret = NULL;
	r = linux_program_open(&port.kern, fd, note, ret);
	close(fd);
	return r;
}

static void its_answers_are_not_believed(void **state)
{
	static const char *const answers[] = {"silent", "garbage", "half", "nothing-loaded"};
	struct kern_program *program;
	struct note note = {};
	size_t before = count_fds();

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		assert_refusal(answers[i],
			       open_in(stand_in, answers[i], strlen(answers[i]), &note, &program),
			       &note, "gave a damaged answer");
	assert_int_equal(open_in(stand_in, "old", 3, &note, &program), -EPROTONOSUPPORT);
	assert_int_equal(count_fds(), before);
}

/* The object is good, and the process that is to load it is another. */
static void what_it_passes_is_not_believed(void **state)
{
	static const struct {
		const char *what, *reason;
	} passed[] = {
		{"nothing-loaded", "passed no BPF program"},
		{"other-file", "passed no BPF program"},
		{"many-files", "passed no BPF program"},
		{"half", "gave a damaged answer"},
	};

	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		struct kern_linux port = {.missing = CAPABILITIES_COMPLETE,
					  .records = RECORDS_NONE,
					  .loader_path = loader};
		struct kern_program *program = NULL;
		struct note note = {};
		size_t size, before = count_fds();
		char *bytes = read_file(object_path, &size);
		int fd = make_object(bytes, size);

		assert_int_equal(linux_program_open(&port.kern, fd, &note, &program), 0);
		close(fd);
		/* the stand-in reads what to do from the object */
		port.loader_path = stand_in;
		strcpy((char *)linux_program_image(program, &size), passed[i].what);
		assert_refusal(passed[i].what, linux_program_load(program, &note), &note,
			       passed[i].reason);
		assert_int_equal(linux_program_fd(program), -1);
		linux_program_free(program);
		free(bytes);
		assert_int_equal(count_fds(), before);
	}
}

/* ---- the real one ---- */

static void assert_same_field(const struct layout_field *a, const struct layout_field *b)
{
	assert_int_equal(a->access, b->access);
	assert_int_equal(a->unit, b->unit);
	assert_int_equal(a->bounded, b->bounded);
	assert_true(a->minimum == b->minimum && a->maximum == b->maximum);
	assert_true(a->initial == b->initial);
	assert_string_equal(a->help ? a->help : "", b->help ? b->help : "");
	assert_int_equal(a->n_fields, b->n_fields);
	for (size_t i = 0; i < a->n_fields; i++)
		assert_same_field(&a->fields[i], &b->fields[i]);
}

static void a_good_object_is_understood_as_here(void **state)
{
	struct kern_program_info here = {};
	const struct kern_program_info *there;
	struct kern_program *program = NULL;
	struct note note = {};
	void *image = NULL;
	size_t size, n;
	char *bytes = read_file(object_path, &size);
	int fd = make_object(bytes, size);

	assert_int_equal(program_file_read(fd, &note, &here, &image, &n), 0);
	close(fd);
	if (open_in(loader, bytes, size, &note, &program) != 0)
		fail_msg("refused: %s", note.texts[1] ? note.texts[1] : "");
	there = linux_program_info(program);
	assert_memory_equal(&there->descriptor, &here.descriptor, sizeof(here.descriptor));
	assert_memory_equal(there->digest, here.digest, sizeof(here.digest));
	assert_true(there->id == here.id);
	assert_int_equal(layout_compare(&here.layout, &there->layout, &note), 0);
	assert_int_equal(there->layout.n_fields, here.layout.n_fields);
	for (size_t i = 0; i < here.layout.n_fields; i++)
		assert_same_field(&here.layout.fields[i], &there->layout.fields[i]);
	linux_program_free(program);
	layout_done(&here.layout);
	free(image);
	free(bytes);
}

static void refusals_come_through(void **state)
{
	struct kern_program *program;
	struct note note = {};
	size_t size;
	char *bytes = read_file(object_path, &size);

	assert_refusal("text", open_in(loader, "root:x:0:0\n", 11, &note, &program), &note,
		       "not an ELF file");
	assert_refusal("empty", open_in(loader, "", 0, &note, &program), &note, "empty");
	bytes[18] ^= 1; /* its machine */
	assert_refusal("machine", open_in(loader, bytes, size, &note, &program), &note, "(BPF)");
	free(bytes);
}

/* libbpf 1.5 reads outside of it; later ones may refuse it themselves. */
static void a_crash_is_a_refusal(void **state)
{
	struct kern_program *program;
	struct note note = {};
	size_t size;
	char *bytes = read_file(wrap_path, &size);
	int r = open_in(loader, bytes, size, &note, &program);

	if (note.texts[1])
		print_message("%s\n", note.texts[1]);
	assert_int_equal(r, FAULT_PROGRAM_REJECTED);
	assert_null(program);
	note_done(&note);
	free(bytes);
}

/* Whatever the object, the outcome is a program or a refusal. */
static void damaged_objects_are_refused(void **state)
{
	uint32_t random = 2463534242u;
	size_t size, before = count_fds();
	char *good = read_file(object_path, &size);

	for (unsigned int i = 0; i < 60; i++) {
		char *bytes = malloc(size);
		struct kern_program *program;
		struct note note = {};
		int r;

		assert_non_null(bytes);
		memcpy(bytes, good, size);
		for (unsigned int j = 0; j < 1 + i % 8; j++) {
			random ^= random << 13, random ^= random >> 17, random ^= random << 5;
			bytes[random % size] = (char)(random >> 24);
		}
		r = open_in(loader, bytes, i % 3 ? size : random % size + 1, &note, &program);
		if (r != 0 && r != FAULT_PROGRAM_REJECTED)
			fail_msg("damage %u: %d", i, r);
		linux_program_free(program);
		note_done(&note);
		free(bytes);
	}
	free(good);
	assert_int_equal(count_fds(), before);
}

/* ---- records of it ---- */

static void an_inspected_object_is_not_inspected_again(void **state)
{
	char directory[] = "/tmp/test-loader-XXXXXX";
	struct kern_program *program, *again;
	struct note note = {};
	size_t size, before = count_fds();
	char *bytes = read_file(object_path, &size);

	assert_non_null(mkdtemp(directory));
	assert_int_equal(records_init(&records, directory, loader), 0);
	assert_int_equal(open_in("/nonexistent", bytes, size, &note, &program), -ENOENT);
	assert_int_equal(open_in(loader, bytes, size, &note, &program), 0);
	if (open_in("/nonexistent", bytes, size, &note, &again) != 0)
		fail_msg("refused: %s", note.texts[1] ? note.texts[1] : "");
	assert_memory_equal(linux_program_info(again)->digest, linux_program_info(program)->digest,
			    SHA256_SIZE);
	assert_true(linux_program_info(again)->id == linux_program_info(program)->id);
	assert_memory_equal(&linux_program_info(again)->descriptor,
			    &linux_program_info(program)->descriptor,
			    sizeof(struct iourd_descriptor));
	assert_int_equal(layout_compare(&linux_program_info(program)->layout,
					&linux_program_info(again)->layout, &note),
			 0);
	linux_program_free(program);
	linux_program_free(again);

	/* one byte makes another object */
	bytes[size - 1] ^= 1;
	assert_int_equal(open_in("/nonexistent", bytes, size, &note, &program), -ENOENT);
	free(bytes);
	assert_int_equal(records_clear(&records), 1);
	records_done(&records);
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(count_fds(), before);
}

static void refused_objects_are_inspected_again(void **state)
{
	char directory[] = "/tmp/test-loader-XXXXXX";
	struct kern_program *program;
	struct note note = {};
	size_t size;
	char *bytes = read_file(wrap_path, &size);

	assert_non_null(mkdtemp(directory));
	assert_int_equal(records_init(&records, directory, loader), 0);
	for (int i = 0; i < 2; i++)
		assert_refusal("wrap", open_in(loader, bytes, size, &note, &program), &note, "");
	assert_refusal("text", open_in(loader, "root:x:0:0\n", 11, &note, &program), &note, "ELF");
	assert_int_equal(records_clear(&records), 0);
	free(bytes);
	records_done(&records);
	assert_int_equal(rmdir(directory), 0);
}

/* Bytes that somebody with root's rights has put there are read as a loader's are. */
static void its_records_are_not_believed(void **state)
{
	char directory[] = "/tmp/test-loader-XXXXXX";
	struct kern_program_info info = {};
	struct kern_program *program;
	struct note note = {};
	size_t size;
	char *bytes = read_file(object_path, &size);

	assert_non_null(mkdtemp(directory));
	assert_int_equal(records_init(&records, directory, loader), 0);
	program_identify(bytes, size, &info);
	records_keep(&records, info.digest, "garbage", 7);
	assert_int_equal(open_in("/nonexistent", bytes, size, &note, &program), -ENOENT);
	assert_int_equal(records_clear(&records), 0); /* it is forgotten */
	records_keep(&records, info.digest, "garbage", 7);
	assert_int_equal(open_in(loader, bytes, size, &note, &program), 0);
	linux_program_free(program);
	assert_int_equal(open_in("/nonexistent", bytes, size, &note, &program), 0);
	linux_program_free(program);
	free(bytes);
	assert_int_equal(records_clear(&records), 1);
	records_done(&records);
	assert_int_equal(rmdir(directory), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end_is_named),
		cmocka_unit_test(a_missing_loader_is_an_error),
		cmocka_unit_test(its_answers_are_not_believed),
		cmocka_unit_test(what_it_passes_is_not_believed),
		cmocka_unit_test(a_good_object_is_understood_as_here),
		cmocka_unit_test(refusals_come_through),
		cmocka_unit_test(a_crash_is_a_refusal),
		cmocka_unit_test(damaged_objects_are_refused),
		cmocka_unit_test(an_inspected_object_is_not_inspected_again),
		cmocka_unit_test(refused_objects_are_inspected_again),
		cmocka_unit_test(its_records_are_not_believed),
	};

	if (argc != 5) {
		fprintf(stderr, "usage: %s STAND-IN LOADER OBJECT CRASHER\n", argv[0]);
		return 2;
	}
	stand_in = argv[1];
	loader = argv[2];
	object_path = argv[3];
	wrap_path = argv[4];
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
