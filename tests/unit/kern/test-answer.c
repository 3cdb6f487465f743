/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-answer.c - the loader's answer, true, cut and forged */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#include "kern/answer.h"
#include "kern/kern.h"
#include "kern/layout-btf.h"
#include "kern/program-file.h"

static const char *object_path;

struct bytes {
	char *at;
	size_t size;
	FILE *stream; /* while it is being written */
};

static void begin(struct bytes *bytes)
{
	*bytes = (struct bytes){};
	bytes->stream = open_memstream(&bytes->at, &bytes->size);
	assert_non_null(bytes->stream);
}

static void number(struct bytes *bytes, uint32_t value)
{
	fwrite(&value, sizeof(value), 1, bytes->stream);
}

static void text(struct bytes *bytes, const char *value)
{
	fwrite(value, strlen(value) + 1, 1, bytes->stream);
}

static void head(struct bytes *bytes, enum answer_kind kind)
{
	const struct answer_head value = {ANSWER_MAGIC, ANSWER_VERSION, (uint16_t)kind};

	fwrite(&value, sizeof(value), 1, bytes->stream);
}

static void field(struct bytes *bytes, uint32_t kind, uint32_t offset, uint32_t size,
		  uint32_t count, const char *name)
{
	number(bytes, kind);
	number(bytes, offset);
	number(bytes, size);
	number(bytes, count);
	text(bytes, name);
}

/* Reads it, with nothing of it after its end. */
static int finish(struct bytes *bytes, enum answer_kind expected, struct note *note,
		  struct kern_program_info *info)
{
	int r;

	fclose(bytes->stream);
	r = answer_read(bytes->at, bytes->size, expected, note, info);
	free(bytes->at);
	return r;
}

static void read_good(struct kern_program_info *ret)
{
	int fd = open(object_path, O_RDONLY | O_CLOEXEC);
	void *image = NULL;
	size_t size;

	assert_true(fd >= 0);
	assert_int_equal(program_file_read(fd, NULL, ret, &image, &size), 0);
	close(fd);
	free(image);
}

static void write_good(struct bytes *bytes)
{
	struct kern_program_info info = {};

	read_good(&info);
	begin(bytes);
	answer_write_inspected(bytes->stream, &info);
	fclose(bytes->stream);
	layout_done(&info.layout);
}

/* Of a program with one private field, whose list of fields follows. */
static void forge(struct bytes *bytes)
{
	struct kern_program_info info = {};

	read_good(&info);
	info.descriptor.field_count = 0;
	memset(info.descriptor.data_fields, 0, sizeof(info.descriptor.data_fields));
	info.descriptor.params_size = 64;
	begin(bytes);
	head(bytes, ANSWER_INSPECTED);
	fwrite(&info.descriptor, sizeof(info.descriptor), 1, bytes->stream);
	number(bytes, 64);
	layout_done(&info.layout);
}

static void assert_damaged(const char *what, int r, struct note *note)
{
	if (r != FAULT_PROGRAM_REJECTED || !note->texts[1] || !strstr(note->texts[1], "damaged"))
		fail_msg("%s: %d, %s", what, r, note->texts[1] ? note->texts[1] : "");
	note_done(note);
}

static void every_cut_is_seen(void **state)
{
	struct kern_program_info info = {};
	struct bytes good;
	struct note note = {};

	write_good(&good);
	assert_int_equal(answer_read(good.at, good.size, ANSWER_INSPECTED, &note, &info), 0);
	layout_done(&info.layout);
	for (size_t n = 0; n < good.size; n++) {
		char *cut = malloc(n ? n : 1); /* so that a sanitizer sees what is read past it */

		memcpy(cut, good.at, n);
		assert_damaged("cut", answer_read(cut, n, ANSWER_INSPECTED, &note, &info), &note);
		free(cut);
	}
	good.at = realloc(good.at, good.size + 1);
	good.at[good.size] = 0;
	assert_damaged("longer",
		       answer_read(good.at, good.size + 1, ANSWER_INSPECTED, &note, &info), &note);
	assert_damaged("another kind", answer_read(good.at, good.size, ANSWER_LOADED, &note, &info),
		       &note);
	free(good.at);
}

static void every_changed_byte_is_harmless(void **state)
{
	static const char values[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
	struct bytes good;

	write_good(&good);
	for (size_t i = 0; i < good.size; i++)
		for (size_t j = 0; j < sizeof(values); j++) {
			struct kern_program_info info = {};
			struct note note = {};
			char kept = good.at[i];
			int r;

			good.at[i] = values[j];
			r = answer_read(good.at, good.size, ANSWER_INSPECTED, &note, &info);
			good.at[i] = kept;
			if (r == 0)
				assert_int_equal(layout_check(&info.layout), 0);
			else if (r != FAULT_PROGRAM_REJECTED && r != -EPROTONOSUPPORT)
				fail_msg("byte %zu, value %d: %d", i, values[j], r);
			layout_done(&info.layout);
			note_done(&note);
		}
	free(good.at);
}

static void forge_depth(struct bytes *b)
{
	for (unsigned int i = 0; i < 100; i++) {
		number(b, 1);
		field(b, LAYOUT_STRUCT, 0, 8, 0, "deeper");
	}
	number(b, 1);
	field(b, LAYOUT_UNSIGNED, 0, 8, 0, "bottom");
}

static void forge_many(struct bytes *b)
{
	number(b, LAYOUT_NODES_MAX + 1);
	for (unsigned int i = 0; i <= LAYOUT_NODES_MAX; i++)
		field(b, LAYOUT_UNSIGNED, 0, 8, 0, "one_of_many");
}

static void forge_count(struct bytes *b)
{
	number(b, UINT32_MAX);
	field(b, LAYOUT_UNSIGNED, 0, 8, 0, "alone");
}

static void forge_values(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_ENUM, 0, 4, 0, "mood");
	number(b, 0x20000000);
}

static void forge_no_value(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_ENUM, 0, 4, 0, "mood");
	number(b, 0);
}

static void forge_kind(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_STRUCT + 1, 0, 8, 0, "strange");
}

static void forge_outside(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_UNSIGNED, 60, 8, 0, "outside");
}

static void forge_wrapped(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_UNSIGNED, UINT32_MAX - 7, 8, 2, "wrapped");
}

static void forge_name(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_UNSIGNED, 0, 8, 0, "a\x1b[2J");
}

static void forge_no_name(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_UNSIGNED, 0, 8, 0, "");
}

static void forge_no_end(struct bytes *b)
{
	number(b, 1);
	number(b, LAYOUT_UNSIGNED);
	number(b, 0);
	number(b, 8);
	number(b, 0);
	fputs("abcdefgh", b->stream);
}

static void forge_inner_anonymous(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_STRUCT, 0, 8, 0, "outer");
	number(b, 1);
	field(b, LAYOUT_UNSIGNED, 0, 8, 0, ANSWER_ANONYMOUS);
}

static void forge_texts(struct bytes *b)
{
	number(b, 1);
	field(b, LAYOUT_TEXT, 0, 8, 8, "texts");
}

static void forgeries_are_seen(void **state)
{
	static const struct {
		const char *what;
		void (*write)(struct bytes *bytes);
	} forgeries[] = {
		{"depth", forge_depth},	      {"many fields", forge_many},
		{"count", forge_count},	      {"values", forge_values},
		{"no value", forge_no_value}, {"kind", forge_kind},
		{"outside", forge_outside},   {"wrapped", forge_wrapped},
		{"name", forge_name},	      {"no name", forge_no_name},
		{"no end", forge_no_end},     {"anonymous", forge_inner_anonymous},
		{"texts", forge_texts},
	};
	struct kern_program_info info = {};
	struct note note = {};
	struct bytes bytes;

	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		forge(&bytes);
		forgeries[i].write(&bytes);
		assert_damaged(forgeries[i].what, finish(&bytes, ANSWER_INSPECTED, &note, &info),
			       &note);
	}
	/* what is forged so far is one number away from this */
	forge(&bytes);
	number(&bytes, 1);
	field(&bytes, LAYOUT_UNSIGNED, 0, 8, 8, ANSWER_ANONYMOUS);
	assert_int_equal(finish(&bytes, ANSWER_INSPECTED, &note, &info), 0);
	assert_int_equal(info.layout.fields[0].access, LAYOUT_PRIVATE);
	layout_done(&info.layout);
}

static void a_forged_descriptor_is_seen(void **state)
{
	struct kern_program_info lie = {}, info = {};
	struct note note = {};
	struct bytes bytes;

	read_good(&lie);
	memset(lie.descriptor.name, 'a', sizeof(lie.descriptor.name));
	begin(&bytes);
	answer_write_inspected(bytes.stream, &lie);
	assert_int_equal(finish(&bytes, ANSWER_INSPECTED, &note, &info), FAULT_PROGRAM_REJECTED);
	assert_non_null(strstr(note.texts[1], "descriptor.name"));
	note_done(&note);
	layout_done(&lie.layout);
}

static void failures_come_through(void **state)
{
	static const int32_t errors[] = {0, -1, 4096, INT32_MIN, INT32_MAX};
	struct note note = {}, refusal = {};
	struct bytes bytes;

	begin(&bytes);
	answer_write_failure(bytes.stream, -ENOMEM, NULL);
	assert_int_equal(finish(&bytes, ANSWER_LOADED, &note, NULL), -ENOMEM);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		begin(&bytes);
		head(&bytes, ANSWER_FAILED);
		number(&bytes, (uint32_t)errors[i]);
		assert_damaged("errno", finish(&bytes, ANSWER_LOADED, &note, NULL), &note);
	}

	fault_program_rejected(&refusal, "../x", "it says \x1b[2J", "line 1\nline \x07");
	begin(&bytes);
	answer_write_failure(bytes.stream, FAULT_PROGRAM_REJECTED, &refusal);
	assert_int_equal(finish(&bytes, ANSWER_LOADED, &note, NULL), FAULT_PROGRAM_REJECTED);
	assert_string_equal(note.texts[0], "(object)");
	assert_string_equal(note.texts[1], "it says ?[2J");
	assert_string_equal(note.texts[2], "line 1\nline ?");
	note_done(&note);
	note_done(&refusal);

	begin(&bytes);
	head(&bytes, ANSWER_REFUSED);
	text(&bytes, "name");
	text(&bytes, "reason");
	assert_damaged("no log", finish(&bytes, ANSWER_LOADED, &note, NULL), &note);
	begin(&bytes);
	answer_write_loaded(bytes.stream);
	number(&bytes, 0);
	assert_damaged("more", finish(&bytes, ANSWER_LOADED, &note, NULL), &note);
	begin(&bytes);
	answer_write_loaded(bytes.stream);
	assert_int_equal(finish(&bytes, ANSWER_LOADED, &note, NULL), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_is_seen),
		cmocka_unit_test(every_changed_byte_is_harmless),
		cmocka_unit_test(forgeries_are_seen),
		cmocka_unit_test(a_forged_descriptor_is_seen),
		cmocka_unit_test(failures_come_through),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s OBJECT\n", argv[0]);
		return 2;
	}
	object_path = argv[1];
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
