/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-image.c - reading an object out of a descriptor that somebody else chose */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

#include "kern/image.h"
#include "kern/kern.h"
#include "wire/fault.h"

static int make_file(const void *bytes, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	return fd;
}

static void assert_refused(int fd, const char *reason)
{
	void *image = (void *)-1;
	struct note note = {};
	size_t size = 77;

	assert_true(fd >= 0);
	assert_int_equal(image_read(fd, &note, &image, &size), FAULT_PROGRAM_REJECTED);
	assert_non_null(strstr(note.texts[1], reason));
	assert_true(image == (void *)-1 && size == 77);
	note_done(&note);
	close(fd);
}

static void assert_read(int fd, const char *expected)
{
	struct note note = {};
	void *image;
	size_t size;

	assert_int_equal(image_read(fd, &note, &image, &size), 0);
	assert_int_equal(size, strlen(expected));
	assert_memory_equal(image, expected, size);
	free(image);
}

static void file_is_read_at_any_offset(void **state)
{
	int fd = make_file("content", 7);

	assert_read(fd, "content");
	assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
	assert_read(fd, "content");
	assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
	assert_read(fd, "content");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 1000);
	close(fd);
}

static void sealed_file_is_read(void **state)
{
	int fd = make_file("sealed", 6);

	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK), 0);
	assert_read(fd, "sealed");
	close(fd);
}

static void copy_does_not_follow_the_file(void **state)
{
	int fd = make_file("before", 6);
	void *image;
	size_t size;

	assert_int_equal(image_read(fd, NULL, &image, &size), 0);
	assert_int_equal(pwrite(fd, "after!", 6, 0), 6);
	assert_memory_equal(image, "before", 6);
	free(image);
	close(fd);
}

static void what_is_no_file_is_refused(void **state)
{
	int pipes[2], sockets[2];

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	assert_refused(pipes[0], "a pipe");
	assert_refused(sockets[0], "a socket");
	assert_refused(open("/", O_RDONLY | O_DIRECTORY), "a directory");
	assert_refused(open("/dev/zero", O_RDONLY), "a character device");
	assert_refused(eventfd(0, 0), "expected a regular file");
	close(pipes[1]);
	close(sockets[1]);
}

static void closed_descriptor_is_an_error(void **state)
{
	void *image;
	size_t size;

	assert_int_equal(image_read(-1, NULL, &image, &size), -EBADF);
}

static void unreadable_descriptors_are_refused(void **state)
{
	char path[] = "/tmp/iouringd-image-XXXXXX";
	int fd = mkstemp(path);

	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_refused(open(path, O_WRONLY), "not open for reading");
	assert_refused(open(path, O_PATH), "not open for reading");
	unlink(path);
}

static void size_has_bounds(void **state)
{
	int fd = make_file("", 0);
	void *image;
	size_t size;

	assert_refused(dup(fd), "empty");
	assert_int_equal(ftruncate(fd, KERN_OBJECT_MAX), 0);
	assert_int_equal(image_read(fd, NULL, &image, &size), 0);
	assert_int_equal(size, KERN_OBJECT_MAX);
	free(image);
	assert_int_equal(ftruncate(fd, KERN_OBJECT_MAX + 1), 0);
	assert_refused(dup(fd), "at most");
	assert_int_equal(ftruncate(fd, INT64_MAX), 0);
	assert_refused(fd, "at most");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_read_at_any_offset),
		cmocka_unit_test(sealed_file_is_read),
		cmocka_unit_test(copy_does_not_follow_the_file),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(closed_descriptor_is_an_error),
		cmocka_unit_test(unreadable_descriptors_are_refused),
		cmocka_unit_test(size_has_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
