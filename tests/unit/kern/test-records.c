/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-records.c - which records of inspected objects count */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#include "../../fds.h"
#include "kern/records.h"

static const uint8_t one[SHA256_SIZE] = {1}, two[SHA256_SIZE] = {2};

struct fixture {
	char directory[32], path[64], loader[64], record[160];
	struct records records;
};

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void begin(struct fixture *fixture)
{
	char text[SHA256_TEXT_SIZE];

	*fixture = (struct fixture){.directory = "/tmp/test-records-XXXXXX"};
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/inspected", fixture->directory);
	snprintf(fixture->loader, sizeof(fixture->loader), "%s/loader", fixture->directory);
	sha256_text(one, text);
	snprintf(fixture->record, sizeof(fixture->record), "%s/%s", fixture->path, text);
	write_file(fixture->loader, "a loader");
	assert_int_equal(records_init(&fixture->records, fixture->path, fixture->loader), 0);
	records_keep(&fixture->records, one, "answer", 6);
}

static void end(struct fixture *fixture)
{
	records_clear(&fixture->records);
	records_done(&fixture->records);
	assert_int_equal(rmdir(fixture->path), 0);
	unlink(fixture->loader);
	assert_int_equal(rmdir(fixture->directory), 0);
}

/* Whether the record of that digest is found; it says what was kept. */
static bool found(const struct fixture *fixture, const uint8_t digest[SHA256_SIZE])
{
	size_t size, before = count_fds();
	void *answer;
	int r = records_find(&fixture->records, digest, &answer, &size);

	assert_int_equal(count_fds(), before);
	if (r != 0) {
		assert_int_equal(r, -ENOENT);
		return false;
	}
	assert_int_equal(size, 6);
	assert_memory_equal(answer, "answer", 6);
	free(answer);
	return true;
}

static void what_is_kept_is_found(void **state)
{
	struct fixture fixture;
	struct stat status;

	begin(&fixture);
	assert_true(found(&fixture, one));
	assert_false(found(&fixture, two));
	assert_int_equal(stat(fixture.path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat(fixture.record, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);

	/* by the next daemon, too */
	records_done(&fixture.records);
	assert_int_equal(records_init(&fixture.records, fixture.path, fixture.loader), 0);
	assert_true(found(&fixture, one));
	records_keep(&fixture.records, one, "answer", 6);
	assert_true(found(&fixture, one));
	records_forget(&fixture.records, one);
	assert_false(found(&fixture, one));
	records_forget(&fixture.records, one);
	end(&fixture);
}

static void another_loader_is_asked_again(void **state)
{
	struct fixture fixture;
	char other[80];

	begin(&fixture);
	snprintf(other, sizeof(other), "%s.new", fixture.loader);
	write_file(other, "a loader");
	assert_int_equal(rename(other, fixture.loader), 0);
	assert_false(found(&fixture, one));
	records_keep(&fixture.records, one, "answer", 6);
	assert_true(found(&fixture, one));
	write_file(fixture.loader, "A loader");
	assert_false(found(&fixture, one));
	unlink(fixture.loader);
	assert_false(found(&fixture, one));
	end(&fixture);
}

static void damaged_records_do_not_count(void **state)
{
	struct fixture fixture;
	struct stat status;
	off_t size;

	begin(&fixture);
	assert_int_equal(stat(fixture.record, &status), 0);
	size = status.st_size;
	for (off_t at = 0; at < size; at++) {
		int fd = open(fixture.record, O_RDWR | O_CLOEXEC);
		char byte, wrong;

		assert_true(fd >= 0);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		wrong = (char)(byte ^ 0x10);
		assert_int_equal(pwrite(fd, &wrong, 1, at), 1);
		if (found(&fixture, one))
			fail_msg("byte %d", (int)at);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
	}
	assert_true(found(&fixture, one));
	while (size > 0) {
		assert_int_equal(truncate(fixture.record, --size), 0);
		assert_false(found(&fixture, one));
	}
	end(&fixture);
}

static void records_of_others_do_not_count(void **state)
{
	struct fixture fixture;
	char elsewhere[80];

	begin(&fixture);
	assert_int_equal(chmod(fixture.record, 0620), 0);
	assert_false(found(&fixture, one));
	assert_int_equal(chmod(fixture.record, 0602), 0);
	assert_false(found(&fixture, one));
	assert_int_equal(chmod(fixture.record, 0644), 0);
	assert_true(found(&fixture, one));
	if (geteuid() == 0) {
		assert_int_equal(chown(fixture.record, 65534, 65534), 0);
		assert_false(found(&fixture, one));
		assert_int_equal(chown(fixture.record, 0, 0), 0);
	}
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", fixture.directory);
	assert_int_equal(rename(fixture.record, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, fixture.record), 0);
	assert_int_not_equal(records_find(&fixture.records, one, &(void *){NULL}, &(size_t){0}), 0);
	unlink(elsewhere);
	unlink(fixture.record);
	assert_int_equal(mkfifo(fixture.record, 0600), 0);
	assert_false(found(&fixture, one));
	end(&fixture);
}

static void there_is_an_end_to_them(void **state)
{
	uint8_t digest[SHA256_SIZE] = {9};
	struct fixture fixture;

	begin(&fixture);
	for (unsigned int i = 1; i < RECORDS_MAX; i++) {
		digest[1] = (uint8_t)i;
		records_keep(&fixture.records, digest, "answer", 6);
	}
	records_done(&fixture.records);
	assert_int_equal(records_init(&fixture.records, fixture.path, fixture.loader), 0);
	assert_true(found(&fixture, one));
	records_keep(&fixture.records, two, "answer", 6);
	records_done(&fixture.records);
	assert_int_equal(records_init(&fixture.records, fixture.path, fixture.loader), 0);
	assert_false(found(&fixture, one));
	assert_int_equal(records_clear(&fixture.records), 0);
	end(&fixture);
}

static void without_a_directory_nothing_is_kept(void **state)
{
	struct fixture fixture = {};

	assert_int_equal(records_init(&fixture.records, NULL, "/nonexistent"), 0);
	records_keep(&fixture.records, one, "answer", 6);
	records_forget(&fixture.records, one);
	assert_false(found(&fixture, one));
	records_done(&fixture.records);
	assert_int_equal(records_init(&fixture.records, "/nonexistent/inspected", "/nonexistent"),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_is_found),
		cmocka_unit_test(another_loader_is_asked_again),
		cmocka_unit_test(damaged_records_do_not_count),
		cmocka_unit_test(records_of_others_do_not_count),
		cmocka_unit_test(there_is_an_end_to_them),
		cmocka_unit_test(without_a_directory_nothing_is_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
