/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * app.h - an application that makes and runs a ring, over a kernel that answers as it is told
 *
 * A seccomp filter, for the application's thread, answers io_uring's system calls. A ring that is
 * made so is descriptor 0, which is a copy of /dev/null here: that it is closed again can be seen.
 */
#ifndef TESTS_LIB_APP_H
#define TESTS_LIB_APP_H

#include <stdbool.h>

#include "fixture.h"

#define STATE_JSON(state) "{\"parameters\":{\"ring\":{\"name\":\"r1\",\"state\":\"" state "\"}}}"
#define ERROR_JSON(name)                                                                           \
	"{\"error\":\"org.iouringd.Manager." name "\",\"parameters\":{\"ring\":\"r1\"}}"

/* What the kernel answers: 0, or an errno. */
struct answers {
	unsigned int setup;
	unsigned int region;
	unsigned int files;
	unsigned int buffers;
	unsigned int enable;
	unsigned int enter;
};

/* An application: a thread that has a ring adopted and runs it, over a server of @steps. */
struct app {
	struct answers answers;
	struct iourd_head *head; /* as the daemon has it mapped */
	size_t size;
	int region, lease;
	struct step steps[8];
	size_t n_steps;
	struct server *server;
	struct iouctl *c;
	struct iouctl_ring *ring;
	bool twice;	/* it is run again */
	bool no_daemon; /* once the ring is adopted */
	int adopted;	/* result */
	int results[2];
	pid_t tid;
	pthread_t thread;
};

/* With a daemon that has answered PrepareRing; what is expected after that is added. */
void app_init(struct app *app);
void expect(struct app *app, const char *method, const char *part, const char *reply);
/* As far as that the ring is adopted, and has @state, with work in @work. */
void expect_adoption(struct app *app, uint32_t state, uint32_t work);
void app_start(struct app *app);
void app_join(struct app *app);
void app_done(struct app *app);
/* All of these: the first result of iouctl_ring_run(). */
int app_run(struct app *app);

void make_fd_0(void);

#endif
