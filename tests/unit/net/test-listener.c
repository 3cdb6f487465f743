/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The listener: who is let in, how many, and what becomes of them at its end. */
#include <errno.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake/parcels_fake.h"
#include "fake/policies_fake.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/timers.h"
#include "wire/socket.h"
#include "common/container-of.h"

#define ALICE 1000u
#define BOB   1001u

/* What a session saw last. The handler answers each message with the message. */
struct house {
	struct parcels_fake parcels;
	struct loop *loop;
	struct listener *listener;
	int fd;
	char directory[64];
	struct sockaddr_un address;
	unsigned int sessions;
	uid_t last_uid;
	gid_t last_gid;
	size_t last_groups;
	struct timer enough;
	struct policies policies;
};

struct session {
	struct house *house;
	struct conn *conn;
};

static int on_opened(void *arg, struct conn *conn, void **ret_session)
{
	struct house *house = arg;
	struct session *session = calloc(1, sizeof(*session));

	assert_non_null(session);
	session->house = house;
	session->conn = conn;
	house->sessions++;
	house->last_uid = conn_peer(conn)->user.uid;
	house->last_gid = conn_peer(conn)->user.gid;
	house->last_groups = conn_peer(conn)->user.n_groups;
	*ret_session = session;
	return 0;
}

static void on_message(void *arg, const char *text, size_t length, struct parcel *parcel)
{
	struct session *session = arg;

	conn_send(session->conn, text, length, NULL);
	conn_replied(session->conn);
}

static void on_ended(void *arg)
{
}

static void on_closed(void *arg)
{
	struct session *session = arg;

	session->house->sessions--;
	free(session);
}

static const struct conn_handler handler = {
	.opened = on_opened,
	.message = on_message,
	.ended = on_ended,
	.drained = on_ended,
	.closed = on_closed,
};

static void house_open(struct house *house, size_t connections, size_t guaranteed, size_t per_user)
{
	const struct listener_limits limits = {
		.connections = connections,
		.guaranteed = guaranteed,
		.policies = &house->policies,
	};
	struct policy_defaults defaults;

	*house = (struct house){.directory = "/tmp/net-test-XXXXXX", .address.sun_family = AF_UNIX};
	policies_fake_defaults(&defaults);
	defaults.values[POLICY_CONNECTIONS] = (int64_t)per_user;
	policies_fake_set(&house->policies, &defaults, NULL);
	assert_non_null(mkdtemp(house->directory));
	assert_int_equal(chmod(house->directory, 0755), 0);
	snprintf(house->address.sun_path, sizeof(house->address.sun_path), "%s/socket",
		 house->directory);
	house->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(house->fd, (struct sockaddr *)&house->address, sizeof(house->address)), 0);
	assert_int_equal(chmod(house->address.sun_path, 0666), 0);
	assert_int_equal(listen(house->fd, 256), 0);
	parcels_fake_init(&house->parcels);
	assert_int_equal(loop_new(&house->loop), 0);
	assert_int_equal(listener_new(house->loop, house->fd, &limits, &house->parcels.port,
				      &handler, house, &house->listener),
			 0);
}

static void house_close(struct house *house)
{
	listener_free(house->listener);
	assert_int_equal(house->sessions, 0);
	loop_free(house->loop);
	policies_fake_done(&house->policies);
	close(house->fd);
	unlink(house->address.sun_path);
	rmdir(house->directory);
}

static void settle(struct house *house)
{
	for (unsigned int i = 0; i < 8; i++)
		loop_run_once(house->loop);
}

static int visit(struct house *house)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&house->address, sizeof(house->address)),
			 0);
	settle(house);
	return fd;
}

/* The kernel takes down who connects at that time. */
static int visit_as(struct house *house, uid_t uid)
{
	const gid_t groups[] = {uid, 44, 45};
	int fd;

	assert_int_equal(setgroups(3, groups), 0);
	assert_int_equal(setegid(uid), 0);
	assert_int_equal(seteuid(uid), 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&house->address, sizeof(house->address)),
			 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_int_equal(setgroups(0, NULL), 0);
	settle(house);
	return fd;
}

static bool is_served_as(struct house *house, uid_t uid, int fd)
{
	char answer[8] = "";
	ssize_t n;

	if (uid != 0)
		assert_int_equal(seteuid(uid), 0);
	n = socket_send(fd, "hello", 6, NULL, 0);
	if (uid != 0)
		assert_int_equal(seteuid(0), 0);
	if (n != 6)
		return false;
	settle(house);
	return recv(fd, answer, sizeof(answer), MSG_DONTWAIT) == 6 && strcmp(answer, "hello") == 0;
}

static bool is_served(struct house *house, int fd)
{
	return is_served_as(house, 0, fd);
}

static void assert_refused(int fd, const char *limit)
{
	char answer[512] = "";
	ssize_t n = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);

	assert_true(n > 0);
	assert_int_equal(answer[n - 1], '\0');
	assert_non_null(strstr(answer, "\"error\":\"org.iouringd.Manager.QuotaExceeded\""));
	if (!strstr(answer, limit))
		fail_msg("%s does not say %s", answer, limit);
	assert_int_equal(recv(fd, answer, sizeof(answer), MSG_DONTWAIT), 0);
	close(fd);
}

static void test_per_user(void **state)
{
	struct house house;
	int fds[3];

	house_open(&house, 100, 0, 3);
	for (size_t i = 0; i < 3; i++)
		fds[i] = visit(&house);
	assert_refused(visit(&house), "\"limit\":\"connectionsPerUser\",\"allowed\":3");
	for (size_t i = 0; i < 3; i++)
		assert_true(is_served(&house, fds[i]));
	/* who goes makes room */
	close(fds[1]);
	settle(&house);
	fds[1] = visit(&house);
	assert_true(is_served(&house, fds[1]));
	for (size_t i = 0; i < 3; i++)
		close(fds[i]);
	settle(&house);
	assert_int_equal(house.sessions, 0);
	house_close(&house);
}

static void test_users(void **state)
{
	struct house house;
	int alice[2], bob, root;

	if (geteuid() != 0)
		skip();
	house_open(&house, 3, 0, 2);
	alice[0] = visit_as(&house, ALICE);
	assert_int_equal(house.last_uid, ALICE);
	assert_int_equal(house.last_gid, ALICE);
	assert_int_equal(house.last_groups, 3);
	alice[1] = visit_as(&house, ALICE);
	assert_refused(visit_as(&house, ALICE), "connectionsPerUser");
	bob = visit_as(&house, BOB);
	assert_true(is_served_as(&house, BOB, bob));
	assert_refused(visit_as(&house, BOB), "\"limit\":\"connections\",\"allowed\":3");
	root = visit(&house);
	assert_true(is_served(&house, root));
	close(alice[0]);
	close(alice[1]);
	close(bob);
	close(root);
	house_close(&house);
}

/* Sent before the connection is accepted, or after: it is another user's. */
static void test_sender(void **state)
{
	struct house house;
	int early, late;

	if (geteuid() != 0)
		skip();
	house_open(&house, 10, 0, 10);
	early = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(early, (struct sockaddr *)&house.address, sizeof(house.address)),
			 0);
	late = visit_as(&house, BOB);
	assert_false(is_served(&house, late));
	assert_true(is_served(&house, early));
	close(early);
	close(late);
	early = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(early, (struct sockaddr *)&house.address, sizeof(house.address)),
			 0);
	assert_false(is_served_as(&house, BOB, early)); /* nobody has accepted it yet */
	close(early);
	settle(&house);
	house_close(&house);
}

/* A user with many connections leaves room for one with few, and for root. */
static void test_guaranteed(void **state)
{
	struct house house;
	int alice[3], bob, root;

	if (geteuid() != 0)
		skip();
	house_open(&house, 4, 1, 10);
	for (size_t i = 0; i < 3; i++)
		alice[i] = visit_as(&house, ALICE);
	assert_refused(visit_as(&house, ALICE), "\"limit\":\"connections\",\"allowed\":4");
	bob = visit_as(&house, BOB);
	assert_true(is_served_as(&house, BOB, bob));
	assert_refused(visit_as(&house, BOB), "\"limit\":\"connections\",\"allowed\":4");
	root = visit(&house);
	assert_true(is_served(&house, root));
	for (size_t i = 0; i < 3; i++)
		close(alice[i]);
	close(bob);
	close(root);
	house_close(&house);
}

static void test_stop(void **state)
{
	struct house house;
	int before, after;

	house_open(&house, 10, 0, 10);
	before = visit(&house);
	listener_stop(house.listener);
	after = visit(&house); /* stays in the queue */
	assert_true(is_served(&house, before));
	assert_int_equal(house.sessions, 1);
	house_close(&house);
	assert_int_equal(recv(before, &(char){0}, 1, MSG_DONTWAIT), 0);
	close(before);
	close(after);
}

static void break_loop(struct timer *timer)
{
	loop_break(container_of(timer, struct house, enough)->loop);
}

static double cpu_time(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* No descriptors are left: clients wait, and are served when there are some again. */
static void test_no_descriptors(void **state)
{
	struct rlimit limit, none;
	struct loop_clock loop_clock;
	struct house house;
	double before;
	int fd, next;

	house_open(&house, 10, 0, 10);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	next = dup(fd);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = limit.rlim_max};
	assert_int_equal(connect(fd, (struct sockaddr *)&house.address, sizeof(house.address)), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	settle(&house);
	assert_int_equal(house.sessions, 0);
	/* it waits, and does not try again and again meanwhile */
	loop_clock_init(&loop_clock, house.loop);
	house.enough.fire = break_loop;
	loop_clock.port.start(&loop_clock.port, &house.enough, 100);
	before = cpu_time();
	loop_run(house.loop);
	assert_true(cpu_time() - before < 0.05);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (house.sessions == 0)
		loop_run_once(house.loop);
	assert_true(is_served(&house, fd));
	close(fd);
	house_close(&house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_per_user), cmocka_unit_test(test_users),
		cmocka_unit_test(test_sender),	 cmocka_unit_test(test_guaranteed),
		cmocka_unit_test(test_stop),	 cmocka_unit_test(test_no_descriptors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("net-listener", tests, NULL, NULL);
}
