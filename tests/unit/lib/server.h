/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * server.h - a daemon that says what a test tells it to, byte for byte
 *
 * It runs in a thread and knows nothing of the library's code: what it sends is written in the
 * test, right or wrong.
 */
#ifndef TESTS_LIB_SERVER_H
#define TESTS_LIB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define STEP_FDS_MAX   4
#define SERVER_BACKLOG 4

/* One request and its answer. */
struct step {
	const char *expect;    /* text that the request holds; NULL: do not wait for a request */
	const char *expect2;   /* further text in it, or NULL */
	size_t expect_fds;     /* how many descriptors come with it */
	int gate;	       /* if not 0: read a byte from there before the reply */
	const char *reply;     /* NULL: none */
	size_t length;	       /* of reply in bytes; 0: as a text with its final NUL */
	size_t split;	       /* if not 0: so many bytes in one packet, the rest in another */
	int fds[STEP_FDS_MAX]; /* sent along with the first byte; borrowed */
	size_t n_fds;
	bool hang_up; /* wait until the client has closed the connection; alone in its step */
	bool close;   /* close the connection after it; the next step is for the next connection */
};

struct server;

struct server *server_start(const struct step *steps, size_t n);
const char *server_path(const struct server *server);
/* Returns when it has gone through @n steps. */
void server_wait_for(struct server *server, size_t n);
/* Ends it; fails the test if not every step has been gone through as it should. */
void server_stop(struct server *server);

#define SERVER_START(steps) server_start(steps, sizeof(steps) / sizeof((steps)[0]))

#endif
