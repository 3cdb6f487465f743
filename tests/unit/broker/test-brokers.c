/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The port with the real program: what it receives, tells, passes on and loses. */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/broker.h"
#include "common/container-of.h"
#include "common/fd-passing.h"
#include "util/parcel.h"
#include "util/user.h"
#include "wire/fault.h"

struct fixture {
	struct ev_loop *loop;
	struct parcels *parcels;
	struct user user;
	int client; /* its end of a connection, and the daemon's */
	int conn;
	struct arrival arrival;
	bool came;
	int r;
	char bytes[64];
	size_t n;
	struct parcel *parcel;
	struct parcel_copy copy;
	bool copied;
	int copy_r;
};

static void on_came(struct arrival *arrival, struct arrived *arrived)
{
	struct fixture *f = container_of(arrival, struct fixture, arrival);

	f->came = true;
	f->r = arrived->r;
	f->n = arrived->n;
	f->parcel = arrived->parcel;
	assert_true(arrived->n < sizeof(f->bytes));
	if (arrived->n > 0)
		memcpy(f->bytes, arrived->bytes, arrived->n);
}

static void on_copied(struct parcel_copy *copy, int r)
{
	struct fixture *f = container_of(copy, struct fixture, copy);

	f->copied = true;
	f->copy_r = r;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];

	f->loop = ev_loop_new(EVFLAG_AUTO);
	f->user = (struct user){.uid = geteuid() ? geteuid() : 1000, .gid = getegid()};
	assert_int_equal(brokers_new(f->loop, getenv("BROKER_PROGRAM"), &f->parcels), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			 0);
	f->client = pair[0];
	f->conn = pair[1];
	f->arrival.came = on_came;
	f->copy.copied = on_copied;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	parcel_free(f->parcel);
	brokers_free(f->parcels);
	ev_loop_destroy(f->loop);
	close(f->client);
	if (f->conn >= 0)
		close(f->conn);
	free(f);
	return 0;
}

static int receive(struct fixture *f, size_t n)
{
	struct note note = {};
	int r = f->parcels->receive(f->parcels, &f->user, f->conn, n, &f->arrival, &note);

	note_done(&note);
	return r;
}

static int make_file(const char *content)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	return fd;
}

/* The client passes files "one" and "two" with a byte, which arrives as f->parcel. */
static void pass_two(struct fixture *f)
{
	int fds[] = {make_file("one"), make_file("two and more")};

	assert_int_equal(send_with_fds(f->client, "x", 1, fds, 2, 0), 1);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(receive(f, 1), 0);
	while (!f->came)
		ev_run(f->loop, EVRUN_ONCE);
	assert_int_equal(f->r, 0);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->bytes[0], 'x');
	assert_non_null(f->parcel);
	assert_int_equal(f->parcel->n, 2);
}

static void test_tells_what_files_are(void **state)
{
	struct fixture *f = *state;

	pass_two(f);
	assert_int_equal(f->parcel->facts[0].error, 0);
	assert_int_equal(f->parcel->facts[0].size, 3);
	assert_int_equal(f->parcel->facts[1].size, 12);
	assert_true(S_ISREG(f->parcel->facts[1].mode));
	assert_int_equal(f->parcel->facts[1].flags & O_ACCMODE, O_RDWR);
	assert_true(f->parcel->facts[0].inode != f->parcel->facts[1].inode);
}

static void test_sends_them_on(void **state)
{
	struct fixture *f = *state;
	const uint32_t numbers[] = {1, 0}, wrong = 2;
	int pair[2], fds[4];
	struct stat st;
	size_t n = 0;
	char byte;

	pass_two(f);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(f->parcel->ops->send(f->parcel, &wrong, 1, pair[1]), 0);
	assert_int_equal(f->parcel->ops->send(f->parcel, numbers, 2, pair[1]), 0);
	close(pair[1]);
	assert_int_equal(receive_with_fds(pair[0], &byte, 1, fds, 4, &n), 1);
	assert_int_equal(n, 2);
	assert_int_equal(fstat(fds[0], &st), 0);
	assert_int_equal(st.st_size, 12);
	/* the order with a wrong number sent nothing */
	assert_int_equal(receive_with_fds(pair[0], &byte, 1, fds + 2, 2, &n), 0);
	close(fds[0]);
	close(fds[1]);
	close(pair[0]);
}

static void test_copies(void **state)
{
	struct fixture *f = *state;
	int memfd = memfd_create("copy", MFD_CLOEXEC);
	char text[32] = "";

	pass_two(f);
	assert_int_equal(f->parcel->ops->copy(f->parcel, 1, 7, memfd, &f->copy), 0);
	while (!f->copied)
		ev_run(f->loop, EVRUN_ONCE);
	assert_int_equal(f->copy_r, 0);
	assert_int_equal(pread(memfd, text, sizeof(text), 0), 7);
	assert_string_equal(text, "two and");
	close(memfd);
}

/* Nobody waits for a copy of a parcel that was freed. */
static void test_cancels_copies(void **state)
{
	struct fixture *f = *state;
	int memfd = memfd_create("copy", MFD_CLOEXEC);

	pass_two(f);
	assert_int_equal(f->parcel->ops->copy(f->parcel, 0, 7, memfd, &f->copy), 0);
	parcel_free(f->parcel);
	f->parcel = NULL;
	f->came = false;
	assert_int_equal(send(f->client, "y", 1, MSG_NOSIGNAL), 1);
	assert_int_equal(receive(f, 1), 0); /* which is answered after the copy */
	while (!f->came)
		ev_run(f->loop, EVRUN_ONCE);
	assert_false(f->copied);
	close(memfd);
}

static void test_end_of_the_connection(void **state)
{
	struct fixture *f = *state;

	shutdown(f->client, SHUT_WR);
	assert_int_equal(receive(f, 10), 0);
	while (!f->came)
		ev_run(f->loop, EVRUN_ONCE);
	assert_int_equal(f->r, -ECONNRESET);
	assert_null(f->parcel);
}

/* The newest child of this process; others belong to ports that were freed. */
static pid_t find_broker(void)
{
	char path[64];
	FILE *file;
	int pid = 0, child;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "r");
	assert_non_null(file);
	while (fscanf(file, "%d", &child) == 1)
		pid = child;
	assert_true(pid > 0);
	fclose(file);
	return pid;
}

static void test_is_killed(void **state)
{
	struct fixture *f = *state;
	const uint32_t number = 0;
	struct parcel *lost;
	siginfo_t info;
	pid_t broker;
	int pair[2];

	pass_two(f);
	lost = f->parcel;
	broker = find_broker();
	kill(broker, SIGSTOP);
	assert_int_equal(waitid(P_PID, (id_t)broker, &info, WSTOPPED), 0);
	f->came = false;
	assert_int_equal(receive(f, 1), 0);
	kill(broker, SIGKILL);
	while (!f->came)
		ev_run(f->loop, EVRUN_ONCE);
	assert_int_equal(f->r, FAULT_MESSAGE_REFUSED);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(lost->ops->send(lost, &number, 1, pair[1]), -ECONNRESET);
	close(pair[0]);
	close(pair[1]);
	parcel_free(lost);
	f->came = false;
	pass_two(f); /* to the next one */
}

/* The connection, and with it the file in its queue, is closed by the other process. */
static void test_closes(void **state)
{
	struct fixture *f = *state;
	int pipe_fds[2];
	char byte;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(send_with_fds(f->client, "x", 1, &pipe_fds[1], 1, 0), 1);
	close(pipe_fds[1]);
	f->parcels->close_take_fd(f->parcels, &f->user, f->conn);
	f->conn = -1;
	assert_int_equal(recv(f->client, &byte, 1, 0), 0); /* at once: it is shut down */
	assert_int_equal(read(pipe_fds[0], &byte, 1), 0);  /* waits for the last writer's end */
	close(pipe_fds[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tells_what_files_are),
		TEST(test_sends_them_on),
		TEST(test_copies),
		TEST(test_cancels_copies),
		TEST(test_end_of_the_connection),
		TEST(test_is_killed),
		TEST(test_closes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("brokers", tests, NULL, NULL);
}
