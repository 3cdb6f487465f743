/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * app.h - an application that makes and runs a ring, with simulated io_uring system calls
 *
 * A seccomp filter on the application's thread returns the results of io_uring's system calls. The
 * descriptor of a ring is 0, a copy of /dev/null, so that a test can see whether it is closed.
 */
#ifndef TESTS_LIB_APP_H
#define TESTS_LIB_APP_H

#include <stdbool.h>

#include "fixture.h"

#define STATE_JSON(state) "{\"parameters\":{\"ring\":{\"name\":\"r1\",\"state\":\"" state "\"}}}"
#define ERROR_JSON(name)                                                                           \
	"{\"error\":\"org.iouringd.Manager." name "\",\"parameters\":{\"ring\":\"r1\"}}"

/* The results of the system calls: 0 or an errno. */
struct answers {
	unsigned int setup;
	unsigned int region;
	unsigned int files;
	unsigned int buffers;
	unsigned int enable;
	unsigned int enter;
};

/* A thread that adopts a ring and runs it, with a server of @steps as the daemon. */
struct app {
	struct answers answers;
	struct iourd_head *head; /* the daemon's mapping */
	size_t size;
	int region, lease;
	struct step steps[8];
	size_t n_steps;
	struct server *server;
	struct iouctl *c;
	struct iouctl_ring *ring;
	bool twice;	/* run the ring again */
	bool no_daemon; /* after the ring is adopted */
	int adopted;	/* result */
	int results[2];
	pid_t tid;
	pthread_t thread;
};

/* Starts with a daemon that replies to PrepareRing; the test adds the steps that follow. */
void app_init(struct app *app);
void expect(struct app *app, const char *method, const char *part, const char *reply);
/* Starts with a ring that is adopted and in @state, its work in @work. */
void expect_adoption(struct app *app, uint32_t state, uint32_t work);
void app_start(struct app *app);
void app_join(struct app *app);
void app_done(struct app *app);
/* Runs all of it; returns the first result of iouctl_ring_run(). */
int app_run(struct app *app);

void make_fd_0(void);

#endif
