/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fixture.h - a host port with stand-ins for hosts, and a diary of its callbacks
 */
#ifndef TESTS_UNIT_HOST_FIXTURE_H
#define TESTS_UNIT_HOST_FIXTURE_H

#include <stdbool.h>

#include "host/host.h"

struct ev_loop;

/* It starts the program that HOST_PROGRAM in the environment names. */
struct fixture {
	struct ev_loop *loop;
	struct hosts *hosts;
	char directory[64];
	size_t fds_before;
	char diary[512]; /* "ready(5) running exited(1,0)", ... */
	unsigned int exits;
	bool take_over_first;	       /* selects a variant of a test */
	struct host *free_in_callback; /* if set: freed in the next callback */
};

int fixture_new(void **state);
/* Checks that no descriptor, child or socket file is left. */
int fixture_free(void **state);
/* Like fixture_new(), with libev's default loop. */
int fixture_new_default(void **state);

extern const struct host_callbacks fixture_callbacks;

/* A valid setup named @name; its descriptors belong to the fixture. */
struct host_setup fixture_setup(const char *name);
/* Start a host; the test fails if that fails. */
struct host *fixture_start(struct fixture *fixture, const char *name);
struct host *fixture_start_setup(struct fixture *fixture, const struct host_setup *setup);
/* Run the loop until the diary is, starts or ends as given; the test fails after 10 seconds. */
void fixture_expect(struct fixture *fixture, const char *diary);
void fixture_expect_start(struct fixture *fixture, const char *start);
void fixture_expect_end(struct fixture *fixture, const char *end);
/* Runs the loop until @n hosts have exited. */
void fixture_wait_exits(struct fixture *fixture, unsigned int n);
/* Runs the loop once, without waiting. */
void fixture_poll(struct fixture *fixture);
/* Reaps a child that the port no longer watches. Returns its status, as from waitpid(). */
int fixture_reap(pid_t pid);
/* Ends all orphans and, if that succeeds, removes their sockets. */
int fixture_end_orphans(struct fixture *fixture);
bool fixture_has_socket(const struct fixture *fixture, const char *name);

#endif
