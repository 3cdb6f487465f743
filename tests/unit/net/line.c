/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/net/line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"

static int on_opened(void *arg, struct conn *conn, void **ret_session)
{
	*ret_session = arg;
	return 0;
}

void answer(struct line *line)
{
	assert_true(line->waiting);
	line->waiting = false;
	conn_send(line->conn, line->text, strlen(line->text), NULL);
	conn_replied(line->conn);
}

static void on_message(void *arg, const char *text, size_t length, struct parcel *parcel)
{
	struct line *line = arg;

	line->n_fds = parcel ? parcel->n : 0;
	parcel_free(parcel);
	assert_false(line->waiting);
	assert_int_equal(strlen(text), length);
	line->messages++;
	line->waiting = true;
	snprintf(line->text, sizeof(line->text), "%.60s", text);
	if (line->give_up)
		conn_give_up(line->conn);
	if (line->answer_at_once)
		answer(line);
}

static void on_ended(void *arg)
{
	struct line *line = arg;

	assert_true(line->waiting);
	line->ended++;
}

static void on_drained(void *arg)
{
	struct line *line = arg;

	assert_int_equal(conn_queued(line->conn), 0);
	line->drained++;
}

static void on_closed(void *arg)
{
	struct line *line = arg;

	line->conn = NULL;
}

static const struct conn_handler handler = {
	.opened = on_opened,
	.message = on_message,
	.ended = on_ended,
	.drained = on_drained,
	.closed = on_closed,
};

void line_open_with(struct line *line, const char *rules)
{
	struct policy_defaults defaults;
	struct peer peer = {.user = {.uid = 1000}, .payer = 1000};
	int pair[2];

	*line = (struct line){0};
	policies_fake_defaults(&defaults);
	policies_fake_set(&line->policies, &defaults, rules);
	parcels_fake_init(&line->parcels);
	assert_int_equal(loop_new(&line->loop), 0);
	assert_int_equal(conns_init(&line->conns, line->loop, &line->parcels.port, &line->policies,
				    &handler, line),
			 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			 0);
	assert_int_equal(conn_new_take_fd(&line->conns, pair[1], &peer, &line->conn), 0);
	line->fd = pair[0];
}

void line_open(struct line *line)
{
	line_open_with(line, NULL);
}

void settle(struct line *line)
{
	for (unsigned int i = 0; i < 12; i++) {
		loop_run_once(line->loop);
		parcels_fake_step(&line->parcels);
	}
}

void line_close(struct line *line)
{
	if (line->fd >= 0)
		close(line->fd);
	settle(line);
	conn_free(line->conn);
	assert_null(line->conn);
	assert_int_equal(line->conns.n, 0);
	conns_done(&line->conns);
	parcels_fake_done(&line->parcels);
	policies_fake_done(&line->policies);
	loop_free(line->loop);
}

void say(struct line *line, const char *bytes, size_t n)
{
	assert_int_equal(send(line->fd, bytes, n, MSG_NOSIGNAL), n);
	settle(line);
}

void assert_hears(struct line *line, const char *bytes, size_t n)
{
	char heard[256];

	settle(line);
	assert_int_equal(recv(line->fd, heard, sizeof(heard), MSG_DONTWAIT), n);
	assert_memory_equal(heard, bytes, n);
}

void assert_hears_nothing(struct line *line)
{
	char heard;

	settle(line);
	assert_int_equal(recv(line->fd, &heard, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

void assert_hung_up(struct line *line)
{
	char heard;

	settle(line);
	assert_int_equal(recv(line->fd, &heard, 1, MSG_DONTWAIT), 0);
}
