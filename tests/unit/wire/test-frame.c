/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames over a socket pair, cut and joined anywhere; no descriptor is lost or leaked.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../fds.h"
#include "support.h"
#include "wire/frame.h"
#include "wire/manager.h"
#include "wire/socket.h"

struct fixture {
	int ours; /* raw end, written by the test */
	int theirs;
	struct frame_reader reader;
	struct note note;
	size_t fds_before;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];

	f->fds_before = count_fds();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	f->ours = pair[0];
	f->theirs = pair[1];
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	size_t left;

	frame_reader_done(&f->reader);
	note_done(&f->note);
	safe_close(f->ours);
	safe_close(f->theirs);
	left = count_fds() - f->fds_before;
	free(f);
	if (left != 0)
		print_error("%zu descriptors are left\n", left);
	return left == 0 ? 0 : -1;
}

static void put(struct fixture *f, const char *bytes, size_t n)
{
	assert_int_equal(write(f->ours, bytes, n), n);
}

/* Descriptors of memfds whose sizes are @first, @first + 1, ... */
static void put_fds(struct fixture *f, const char *bytes, size_t n, off_t first, size_t n_fds)
{
	int fds[MANAGER_FDS_MAX];

	for (size_t i = 0; i < n_fds; i++) {
		fds[i] = memfd_create("frame", MFD_CLOEXEC);
		assert_true(fds[i] >= 0);
		assert_int_equal(ftruncate(fds[i], first + (off_t)i), 0);
	}
	assert_int_equal(socket_send(f->ours, bytes, n, fds, n_fds), n);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
}

/* Reads until nothing is available; returns the last result. */
static int fill_all(struct fixture *f)
{
	int r;

	do
		r = frame_reader_fill(&f->reader, f->theirs, &f->note);
	while (r == 0 &&
	       !memchr(f->reader.buffer + f->reader.start, 0, f->reader.end - f->reader.start));
	return r;
}

static void expect(struct fixture *f, const char *text, off_t first, size_t n_fds)
{
	struct frame frame;
	struct stat st;

	if (!frame_reader_next(&f->reader, &frame)) {
		assert_int_equal(fill_all(f), 0);
		assert_true(frame_reader_next(&f->reader, &frame));
	}
	assert_string_equal(frame.text, text);
	assert_int_equal(frame.length, strlen(text));
	assert_int_equal(frame.fds.n, n_fds);
	for (size_t i = 0; i < n_fds; i++) {
		assert_int_equal(fstat(frame.fds.fds[i], &st), 0);
		assert_int_equal(st.st_size, first + (off_t)i);
		assert_int_equal(fcntl(frame.fds.fds[i], F_GETFD), FD_CLOEXEC);
	}
	schema_fds_done(&frame.fds);
}

static void expect_nothing(struct fixture *f)
{
	struct frame frame;

	assert_false(frame_reader_next(&f->reader, &frame));
	assert_int_equal(frame_reader_fill(&f->reader, f->theirs, &f->note), -EAGAIN);
	assert_false(frame_reader_next(&f->reader, &frame));
}

static void expect_refused(struct fixture *f, const char *reason)
{
	assert_int_equal(fill_all(f), FAULT_MESSAGE_REFUSED);
	if (!strstr(f->note.texts[0], reason))
		fail_msg("%s", f->note.texts[0]);
}

static void test_one(void **state)
{
	struct fixture *f = *state;

	expect_nothing(f);
	put(f, "{}", 3);
	expect(f, "{}", 0, 0);
	expect_nothing(f);
	assert_null(f->reader.buffer);
	put(f, "", 1);
	expect(f, "", 0, 0);
	expect_nothing(f);
}

static void test_merged(void **state)
{
	struct fixture *f = *state;

	put(f, "one\0two\0\0thr", 12);
	expect(f, "one", 0, 0);
	expect(f, "two", 0, 0);
	expect(f, "", 0, 0);
	assert_true(frame_reader_partial(&f->reader));
	expect_nothing(f);
	assert_true(frame_reader_partial(&f->reader));
	put(f, "ee\0four", 8);
	expect(f, "three", 0, 0);
	expect(f, "four", 0, 0);
	expect_nothing(f);
	assert_false(frame_reader_partial(&f->reader));
}

/* The rest of a read is moved to the front by the next one. */
static void test_left_over(void **state)
{
	struct fixture *f = *state;

	put(f, "one\0tw", 6);
	expect(f, "one", 0, 0);
	put(f, "o\0thr", 5);
	expect(f, "two", 0, 0);
	put(f, "ee", 3);
	expect(f, "three", 0, 0);
	expect_nothing(f);
}

/* Every way to cut two messages in three writes. */
static void test_split(void **state)
{
	static const char text[] = "first\0second";
	struct fixture *f = *state;

	for (size_t i = 1; i < sizeof(text); i++) {
		for (size_t j = i; j <= sizeof(text); j++) {
			put(f, text, i);
			if (j > i)
				put(f, text + i, j - i);
			if (sizeof(text) > j)
				put(f, text + j, sizeof(text) - j);
			expect(f, "first", 0, 0);
			expect(f, "second", 0, 0);
			expect_nothing(f);
		}
	}
}

static void test_bytes_one_by_one(void **state)
{
	static const char text[] = "a message that comes byte by byte";
	struct fixture *f = *state;
	struct frame frame;

	for (size_t i = 0; i < sizeof(text); i++) {
		assert_false(frame_reader_next(&f->reader, &frame));
		put(f, text + i, 1);
		assert_int_equal(frame_reader_fill(&f->reader, f->theirs, &f->note), 0);
	}
	expect(f, text, 0, 0);
}

static void test_fds(void **state)
{
	struct fixture *f = *state;

	put_fds(f, "with two", 9, 10, 2);
	expect(f, "with two", 10, 2);
	put_fds(f, "with all", 9, 0, MANAGER_FDS_MAX);
	expect(f, "with all", 0, MANAGER_FDS_MAX);
	expect_nothing(f);
}

/* The kernel joins earlier sends with the one that has descriptors. */
static void test_fds_after_others(void **state)
{
	struct fixture *f = *state;

	put(f, "a", 2);
	put(f, "b", 2);
	put_fds(f, "c\0d", 4, 3, 1);
	put_fds(f, "e", 2, 5, 2);
	put(f, "f", 2);
	put_fds(f, "g", 2, 9, 1);
	expect(f, "a", 0, 0);
	expect(f, "b", 0, 0);
	expect(f, "c", 3, 1);
	expect(f, "d", 0, 0);
	expect(f, "e", 5, 2);
	expect(f, "f", 0, 0);
	expect(f, "g", 9, 1);
	expect_nothing(f);
}

/* The first byte arrives with them, the rest later, followed by another message. */
static void test_fds_with_first_byte(void **state)
{
	struct fixture *f = *state;
	struct frame frame;

	put(f, "x", 2);
	put_fds(f, "l", 1, 1, 3);
	expect(f, "x", 0, 0);
	assert_int_equal(frame_reader_fill(&f->reader, f->theirs, &f->note), 0);
	assert_false(frame_reader_next(&f->reader, &frame));
	expect_nothing(f);
	put(f, "ater\0y", 7);
	expect(f, "later", 1, 3);
	expect(f, "y", 0, 0);
}

static void test_fds_in_the_middle(void **state)
{
	struct fixture *f = *state;

	put(f, "x\0hal", 5);
	put_fds(f, "f", 2, 1, 1);
	expect(f, "x", 0, 0);
	expect_refused(f, "were not sent with its first byte");
}

static void test_fds_on_the_nul(void **state)
{
	struct fixture *f = *state;

	put_fds(f, "begin", 5, 1, 1);
	put_fds(f, "", 1, 1, 1);
	expect_refused(f, "were not sent with its first byte");
}

static void test_too_many_fds(void **state)
{
	struct fixture *f = *state;
	union {
		char bytes[CMSG_SPACE((MANAGER_FDS_MAX + 1) * sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec vector = {.iov_base = (void *)"many", .iov_len = 5};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	*header = (struct cmsghdr){
		.cmsg_len = CMSG_LEN((MANAGER_FDS_MAX + 1) * sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	for (size_t i = 0; i <= MANAGER_FDS_MAX; i++)
		memcpy(CMSG_DATA(header) + i * sizeof(int), &f->ours, sizeof(int));
	assert_int_equal(sendmsg(f->ours, &message, 0), 5);
	expect_refused(f, "more than 8 file descriptors");
}

/* Sends @n bytes without a NUL while it reads them. */
static int stream(struct fixture *f, size_t n, size_t piece)
{
	_cleanup_free_ char *bytes = malloc(piece);
	int r = 0;

	memset(bytes, 'x', piece);
	while (n > 0 && r == 0) {
		size_t now = n < piece ? n : piece;

		put(f, bytes, now);
		n -= now;
		do
			r = frame_reader_fill(&f->reader, f->theirs, &f->note);
		while (r == 0);
		if (r == -EAGAIN)
			r = 0;
	}
	return r;
}

static void test_largest(void **state)
{
	struct fixture *f = *state;
	struct frame frame;

	assert_int_equal(stream(f, MANAGER_MESSAGE_MAX, 60000), 0);
	assert_true(f->reader.allocated <= 2 * MANAGER_MESSAGE_MAX);
	put(f, "\0next", 6);
	assert_int_equal(fill_all(f), 0);
	assert_true(frame_reader_next(&f->reader, &frame));
	assert_int_equal(frame.length, MANAGER_MESSAGE_MAX);
	expect(f, "next", 0, 0);
	expect_nothing(f);
	assert_null(f->reader.buffer);
}

static void test_too_large(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(stream(f, MANAGER_MESSAGE_MAX + 1, 60000), FAULT_MESSAGE_REFUSED);
	assert_non_null(strstr(f->note.texts[0], "exceeds 1048576 bytes"));
}

static void test_too_large_and_whole(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(stream(f, MANAGER_MESSAGE_MAX, 60000), 0);
	put(f, "x", 2);
	expect_refused(f, "exceeds");
}

/* Apart from the number of calls, the cost of reading does not depend on the size of the pieces. */
static void test_many_small_reads(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(stream(f, 200000, 2), 0);
	put(f, "", 1);
	assert_int_equal(fill_all(f), 0);
}

static void test_closed(void **state)
{
	struct fixture *f = *state;
	struct frame frame;

	put(f, "last\0hal", 8);
	f->ours = safe_close(f->ours);
	expect(f, "last", 0, 0);
	assert_int_equal(frame_reader_fill(&f->reader, f->theirs, &f->note), -ECONNRESET);
	assert_false(frame_reader_next(&f->reader, &frame));
	assert_true(frame_reader_partial(&f->reader));
}

/* Descriptors of messages that are incomplete or not taken: tear_down counts. */
static void test_forgotten_fds(void **state)
{
	struct fixture *f = *state;

	put_fds(f, "never", 5, 1, 7);
	put_fds(f, "unread", 7, 1, 2);
	assert_int_equal(frame_reader_fill(&f->reader, f->theirs, &f->note), 0);
	f->ours = safe_close(f->ours);
}

/* ---- writing ---- */

static struct schema_fds own_fds(off_t first, size_t n)
{
	struct schema_fds fds = {.fds = calloc(n, sizeof(int)), .n = n, .allocated = n};

	for (size_t i = 0; i < n; i++) {
		fds.fds[i] = memfd_create("frame", MFD_CLOEXEC);
		assert_int_equal(ftruncate(fds.fds[i], first + (off_t)i), 0);
	}
	return fds;
}

static void test_write(void **state)
{
	struct fixture *f = *state;
	struct frame_writer writer = {};
	struct schema_fds two = own_fds(5, 2), one = own_fds(9, 1);

	assert_true(frame_writer_empty(&writer));
	assert_int_equal(frame_writer_flush(&writer, f->ours), 0);
	assert_int_equal(frame_writer_push(&writer, "first", 5, NULL), 0);
	assert_int_equal(frame_writer_push(&writer, "second", 6, &two), 0);
	assert_int_equal(frame_writer_push(&writer, "third", 5, NULL), 0);
	assert_int_equal(frame_writer_push(&writer, "fourth", 6, &one), 0);
	assert_int_equal(two.n, 0);
	assert_null(two.fds);
	assert_int_equal(frame_writer_flush(&writer, f->ours), 0);
	assert_true(frame_writer_empty(&writer));
	assert_int_equal(writer.queued, 0);
	expect(f, "first", 0, 0);
	expect(f, "second", 5, 2);
	expect(f, "third", 0, 0);
	expect(f, "fourth", 9, 1);
	/* the queue works again after it was empty */
	assert_int_equal(frame_writer_push(&writer, "fifth", 5, NULL), 0);
	assert_int_equal(frame_writer_flush(&writer, f->ours), 0);
	expect(f, "fifth", 0, 0);
	frame_writer_done(&writer);
}

/* Messages larger than the socket's buffer, each with descriptors. */
static void test_partial_writes(void **state)
{
	struct fixture *f = *state;
	struct frame_writer writer = {};
	size_t length = 600000, taken = 0, again = 0;
	_cleanup_free_ char *text = malloc(length);
	struct frame frame;
	struct stat st;

	memset(text, 'y', length);
	for (off_t i = 0; i < 5; i++) {
		struct schema_fds fds = own_fds(i, 1);

		assert_int_equal(frame_writer_push(&writer, text, length, &fds), 0);
	}
	while (taken < 5) {
		int r = frame_writer_flush(&writer, f->ours);

		assert_true(r == 0 || r == -EAGAIN);
		again += r == -EAGAIN;
		r = frame_reader_fill(&f->reader, f->theirs, &f->note);
		assert_true(r == 0 || r == -EAGAIN);
		while (frame_reader_next(&f->reader, &frame)) {
			assert_int_equal(frame.length, length);
			assert_int_equal(frame.fds.n, 1);
			assert_int_equal(fstat(frame.fds.fds[0], &st), 0);
			assert_int_equal(st.st_size, taken);
			schema_fds_done(&frame.fds);
			taken++;
		}
	}
	assert_true(again > 0);
	assert_true(frame_writer_empty(&writer));
	frame_writer_done(&writer);
}

static void test_limit(void **state)
{
	struct fixture *f = *state;
	struct frame_writer writer = {.limit = 1000};
	struct schema_fds fds = own_fds(1, 2);
	char text[600] = {};

	memset(text, 'z', sizeof(text));
	/* an empty queue takes any message; then the limit applies */
	writer.limit = 100;
	assert_int_equal(frame_writer_push(&writer, text, 600, NULL), 0);
	assert_int_equal(frame_writer_push(&writer, text, 1, NULL), -ENOBUFS);
	writer.limit = 1000;
	assert_int_equal(frame_writer_push(&writer, text, 600, &fds), -ENOBUFS);
	assert_int_equal(fds.n, 2);
	assert_int_equal(frame_writer_push(&writer, text, 100, &fds), 0);
	assert_true(writer.queued <= 1000);
	assert_int_equal(frame_writer_flush(&writer, f->ours), 0);
	assert_int_equal(frame_writer_push(&writer, text, 600, NULL), 0);
	/* never sent: tear_down counts the descriptors */
	fds = own_fds(1, 2);
	assert_int_equal(frame_writer_push(&writer, text, 10, &fds), 0);
	frame_writer_done(&writer);
	assert_true(frame_writer_empty(&writer));
}

static void test_unsendable(void **state)
{
	struct frame_writer writer = {};
	_cleanup_free_ char *text = calloc(1, MANAGER_MESSAGE_MAX + 1);
	struct schema_fds fds = own_fds(1, MANAGER_FDS_MAX + 1);

	assert_int_equal(frame_writer_push(&writer, text, MANAGER_MESSAGE_MAX + 1, NULL),
			 -EMSGSIZE);
	assert_int_equal(frame_writer_push(&writer, text, 1, &fds), -EMSGSIZE);
	schema_fds_done(&fds);
	frame_writer_done(&writer);
}

static void test_broken_pipe(void **state)
{
	struct fixture *f = *state;
	struct frame_writer writer = {};
	struct schema_fds fds = own_fds(1, 1);

	f->theirs = safe_close(f->theirs);
	assert_int_equal(frame_writer_push(&writer, "x", 1, &fds), 0);
	assert_int_equal(frame_writer_flush(&writer, f->ours), -EPIPE);
	frame_writer_done(&writer);
}

/* ---- sockets ---- */

static void test_connect(void **state)
{
	char directory[] = P_tmpdir "/wire-test-XXXXXX", path[64], long_path[200];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener, fd = -1;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/s", directory);
	assert_int_equal(socket_connect_unix(path, -1, &fd), -ENOENT);
	strcpy(address.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(socket_connect_unix(path, -1, &fd), -ECONNREFUSED);
	assert_int_equal(fd, -1);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(socket_connect_unix(path, -1, &fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(socket_wait(fd, POLLIN, 0), -ETIMEDOUT);
	assert_int_equal(socket_wait(fd, POLLOUT, -1), 0);
	close(listener);
	assert_int_equal(socket_wait(fd, POLLIN, -1), 0);
	close(fd);
	memset(long_path, 'p', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(socket_connect_unix(long_path, -1, &fd), -ENAMETOOLONG);
	assert_int_equal(socket_connect_unix("", -1, &fd), -EINVAL);
	unlink(path);
	rmdir(directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one),
		TEST(test_merged),
		TEST(test_left_over),
		TEST(test_split),
		TEST(test_bytes_one_by_one),
		TEST(test_fds),
		TEST(test_fds_after_others),
		TEST(test_fds_with_first_byte),
		TEST(test_fds_in_the_middle),
		TEST(test_fds_on_the_nul),
		TEST(test_too_many_fds),
		TEST(test_largest),
		TEST(test_too_large),
		TEST(test_too_large_and_whole),
		TEST(test_many_small_reads),
		TEST(test_closed),
		TEST(test_forgotten_fds),
		TEST(test_write),
		TEST(test_partial_writes),
		TEST(test_limit),
		TEST(test_unsendable),
		TEST(test_broken_pipe),
		TEST(test_connect),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
