/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a run: opened by their slot, truncated late, removed if the run was refused. */
#include <fcntl.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli.h"
#include "files.h"

static char directory[] = "/tmp/test-files-XXXXXX";

static struct json_object *slots(void)
{
	return json_tokener_parse("[{\"name\":\"source\",\"read\":true,\"write\":false},"
				  "{\"name\":\"target\",\"read\":false,\"write\":true},"
				  "{\"name\":\"both\",\"read\":true,\"write\":true}]");
}

static char *word(const char *slot, const char *name)
{
	char *text;

	assert_true(asprintf(&text, "%s=%s/%s", slot, directory, name) > 0);
	return text;
}

static void write_file(const char *name, const char *content)
{
	char *path = word("", name);
	int fd = open(path + 1, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	free(path);
}

static long size_of(const char *name)
{
	char *path = word("", name);
	struct stat st;
	long size = stat(path + 1, &st) < 0 ? -1 : (long)st.st_size;

	free(path);
	return size;
}

static int open_word(struct run_files *files, const char *slot, const char *name)
{
	struct json_object *all = slots();
	char *text = word(slot, name);
	int r = files_open(files, all, text);

	/* files_open() borrows the path; close_files() frees it */
	json_object_put(all);
	if (r != 0)
		free(text);
	return r;
}

static void close_files(struct run_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free((char *)strchr(files->files[i].path, '/') - strlen(files->files[i].slot) - 1);
	files_done(files);
}

static void access_follows_the_slot(void **state)
{
	struct run_files files = {0};

	write_file("a", "12345");
	write_file("b", "1234567");
	assert_int_equal(open_word(&files, "source", "a"), 0);
	assert_int_equal(open_word(&files, "target", "new"), 0);
	assert_int_equal(open_word(&files, "both", "b"), 0);
	assert_int_equal(fcntl(files.files[0].fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(files.files[1].fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	assert_int_equal(fcntl(files.files[2].fd, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_int_equal(files_truncate(&files), 0);
	assert_int_equal(size_of("a"), 5);
	assert_int_equal(size_of("b"), 7); /* is also read: not truncated */
	close_files(&files);
}

static void truncation_waits_for_the_ring(void **state)
{
	struct run_files files = {0};

	write_file("old", "precious");
	assert_int_equal(open_word(&files, "target", "old"), 0);
	assert_int_equal(size_of("old"), 8);
	assert_int_equal(files_truncate(&files), 0);
	assert_int_equal(size_of("old"), 0);
	close_files(&files);
}

static void fifos_do_not_block(void **state)
{
	struct run_files files = {0};
	char *path = word("", "fifo");

	assert_int_equal(mkfifo(path + 1, 0600), 0);
	assert_int_equal(open_word(&files, "target", "fifo"), STATUS_FAILED); /* no reader */
	assert_int_equal(open_word(&files, "source", "fifo"), 0);
	assert_int_equal(fcntl(files.files[0].fd, F_GETFL) & O_NONBLOCK, 0);
	close_files(&files);
	free(path);
}

/* Prints the message of files_open() into @ret. */
static void open_failing(const char *slot, const char *name, char *ret, size_t size)
{
	struct run_files files = {0};
	int saved = dup(STDERR_FILENO), into = memfd_create("stderr", 0);

	assert_true(saved >= 0 && into >= 0);
	dup2(into, STDERR_FILENO);
	assert_int_equal(open_word(&files, slot, name), STATUS_FAILED);
	dup2(saved, STDERR_FILENO);
	memset(ret, 0, size);
	assert_true(pread(into, ret, size - 1, 0) > 0);
	close(saved);
	close(into);
}

static void the_reason_is_that_of_the_creation(void **state)
{
	char text[512], name[300];

	open_failing("target", "missing/x", text, sizeof(text));
	assert_non_null(strstr(text, "cannot create"));
	assert_non_null(strstr(text, "No such file or directory"));
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	open_failing("target", name, text, sizeof(text)); /* as with any error but EEXIST */
	assert_non_null(strstr(text, "File name too long"));
	open_failing("target", "", text, sizeof(text));
	assert_non_null(strstr(text, "cannot open"));
	assert_non_null(strstr(text, "Is a directory"));
	open_failing("source", "absent", text, sizeof(text));
	assert_non_null(strstr(text, "No such file or directory"));
}

static void closing_reports_errors(void **state)
{
	struct run_files files = {0};

	assert_int_equal(open_word(&files, "target", "closed"), 0);
	assert_int_equal(files_close(&files), 0);
	assert_int_equal(files.files[0].fd, -1);
	close_files(&files);
	assert_int_equal(open_word(&files, "target", "closed"), 0);
	close(files.files[0].fd); /* stands for a file system that reports at close */
	assert_int_equal(files_close(&files), STATUS_WORK_FAILED);
	close_files(&files);
}

static void only_created_files_are_removed(void **state)
{
	struct run_files files = {0};

	write_file("kept", "precious");
	assert_int_equal(open_word(&files, "target", "created"), 0);
	assert_int_equal(open_word(&files, "both", "kept"), 0);
	assert_int_equal(size_of("created"), 0);
	files_unlink_created(&files);
	assert_int_equal(size_of("created"), -1);
	assert_int_equal(size_of("kept"), 8);
	close_files(&files);
}

static void unknown_slots_and_missing_files_are_refused(void **state)
{
	struct run_files files = {0};

	assert_int_equal(open_word(&files, "nonsense", "a"), STATUS_USAGE);
	assert_int_equal(open_word(&files, "source", "not-there"), STATUS_FAILED);
	assert_int_equal(files.n, 0);
	files_done(&files);
}

static int setup(void **state)
{
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = {"a", "b", "new", "old", "kept", "fifo", "closed"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = word("", names[i]);

		unlink(path + 1);
		free(path);
	}
	return rmdir(directory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(access_follows_the_slot),
		cmocka_unit_test(truncation_waits_for_the_ring),
		cmocka_unit_test(only_created_files_are_removed),
		cmocka_unit_test(fifos_do_not_block),
		cmocka_unit_test(the_reason_is_that_of_the_creation),
		cmocka_unit_test(closing_reports_errors),
		cmocka_unit_test(unknown_slots_and_missing_files_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
