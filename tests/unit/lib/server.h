/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * server.h - a scripted daemon
 *
 * It runs in a thread and does not use the library's code. It sends the bytes that the test gives,
 * whether they are valid or not.
 */
#ifndef TESTS_LIB_SERVER_H
#define TESTS_LIB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define STEP_FDS_MAX   4
#define SERVER_BACKLOG 4

/* One request and its reply. */
struct step {
	const char *expect;    /* text in the request; NULL: do not wait for a request */
	const char *expect2;   /* further text in it, or NULL */
	size_t expect_fds;     /* number of descriptors sent with it */
	int gate;	       /* if not 0: read a byte from there before the reply */
	const char *reply;     /* NULL: none */
	size_t length;	       /* of reply in bytes; 0: as a text with its final NUL */
	size_t split;	       /* if not 0: so many bytes in one packet, the rest in another */
	int fds[STEP_FDS_MAX]; /* sent with the first byte; borrowed */
	size_t n_fds;
	bool hang_up; /* wait until the client has closed the connection; alone in its step */
	bool close;   /* close the connection after it; the next step is for the next connection */
};

struct server;

struct server *server_start(const struct step *steps, size_t n);
const char *server_path(const struct server *server);
/* Returns when it has completed @n steps. */
void server_wait_for(struct server *server, size_t n);
/* Ends it; fails the test if a step remains or has failed. */
void server_stop(struct server *server);

#define SERVER_START(steps) server_start(steps, sizeof(steps) / sizeof((steps)[0]))

#endif
