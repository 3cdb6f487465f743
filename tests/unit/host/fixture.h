/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fixture.h - a host port with stand-ins for hosts, and a diary of what it calls back
 */
#ifndef TESTS_UNIT_HOST_FIXTURE_H
#define TESTS_UNIT_HOST_FIXTURE_H

#include <stdbool.h>

#include "host/host.h"

struct ev_loop;

/* HOST_PROGRAM in the environment is what it starts. */
struct fixture {
	struct ev_loop *loop;
	struct hosts *hosts;
	char directory[64];
	size_t fds_before;
	char diary[512]; /* "ready(5) running exited(1,0)", ... */
	unsigned int exits;
	bool take_over_first;	       /* of a test that is done with and without it */
	struct host *free_in_callback; /* if set: freed in the next callback but exited */
};

int fixture_new(void **state);
/* Checks that neither a descriptor, nor a child, nor a socket file is left. */
int fixture_free(void **state);
/* The same on libev's default loop. */
int fixture_new_default(void **state);

extern const struct host_callbacks fixture_callbacks;

/* A setup of name @name that a host could be started with; its descriptors are the fixture's. */
struct host_setup fixture_setup(const char *name);
/* Starts the stand-in @name; fails the test if that fails. */
struct host *fixture_start(struct fixture *fixture, const char *name);
/* Runs the loop until the diary is as said, and fails the test if it is not within seconds. */
void fixture_expect(struct fixture *fixture, const char *diary);
/* Starts what @setup says. */
struct host *fixture_start_setup(struct fixture *fixture, const struct host_setup *setup);
void fixture_expect_start(struct fixture *fixture, const char *start);
void fixture_expect_end(struct fixture *fixture, const char *end);
/* Runs the loop until @n hosts have exited. */
void fixture_wait_exits(struct fixture *fixture, unsigned int n);
/* Lets the loop handle what is there, without waiting. */
void fixture_poll(struct fixture *fixture);
/* Waits for a child that the port has forgotten; its status as of waitpid. */
int fixture_reap(pid_t pid);
/* Ends all that earlier ports have left. */
int fixture_end_orphans(struct fixture *fixture);
bool fixture_has_socket(const struct fixture *fixture, const char *name);

#endif
