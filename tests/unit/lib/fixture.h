/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fixture.h - rings that a test makes out of a memfd and a scripted server
 */
#ifndef TESTS_LIB_FIXTURE_H
#define TESTS_LIB_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <pthread.h>
#include <sys/types.h>
#include <cmocka.h>

#include "iouctl.h"
#include "server.h"

#define WORK_JSON "{\"state\":\"idle\",\"done\":0,\"total\":0,\"unit\":\"none\",\"inFlight\":0}"
#define RING_JSON                                                                                  \
	"{\"name\":\"r1\",\"program\":\"copy\",\"programVersion\":1,\"state\":\"created\","        \
	"\"user\":1000,\"generation\":1,\"process\":4711,\"created\":1,\"steps\":0,"               \
	"\"regionBytes\":8192,\"dataBytes\":4096,\"submissionEntries\":64,"                        \
	"\"completionEntries\":128,\"work\":" WORK_JSON "}"
#define CREATED_JSON                                                                               \
	"{\"parameters\":{\"ring\":" RING_JSON                                                     \
	",\"regionFileDescriptor\":0,\"leaseFileDescriptor\":1}}"
#define OPENED_JSON	"{\"parameters\":{\"ring\":" RING_JSON ",\"regionFileDescriptor\":0}}"
#define RING_REPLY_JSON "{\"parameters\":{\"ring\":" RING_JSON "}}"

/* What a daemon writes into a new region's head: @params_size and @data_size bytes behind it. */
struct iourd_identity good_identity(uint32_t params_size, uint64_t data_size);
/* A memfd of @size bytes that starts with @identity and has @seals. */
int make_region(const struct iourd_identity *identity, size_t size, int seals);
/* A region as it should be. */
int make_good_region(uint32_t params_size, uint64_t data_size);

/* A connection to it; fails the test. */
struct iouctl *connect_to(struct server *server);
/* Without parameters and descriptors. */
int call(struct iouctl *c, const char *method, char **ret_reply);

/* A call in a thread of its own. */
struct caller {
	pthread_t thread;
	struct iouctl *c;
	const char *method;
	const char *parameters;
	pid_t tid; /* 0: not there yet */
	int result;
};

/* Returns when the thread is there; the caller joins it. */
void caller_start(struct caller *caller);

/* Returns when the thread @tid of this process sleeps. */
void wait_until_asleep(pid_t tid);

/* A ring that was created over a server which has gone since. */
struct fixture {
	struct iouctl *c;
	struct iouctl_ring *ring;
	struct iourd_head *head; /* a second mapping, as daemon and program have it */
	size_t size;
	int lease; /* the host's end */
};

void fixture_init(struct fixture *fixture, uint32_t params_size);
/* The same with a ring that was opened: without a lease. */
void fixture_init_opened(struct fixture *fixture, uint32_t params_size);
void fixture_done(struct fixture *fixture);

#endif
