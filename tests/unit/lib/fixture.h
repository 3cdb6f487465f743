/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fixture.h - rings made of a memfd and a scripted server
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

/* The identity that a daemon writes for a region with these sizes of parameters and data area. */
struct iourd_identity good_identity(uint32_t params_size, uint64_t data_size);
/* A memfd of @size bytes that starts with @identity and has @seals. */
int make_region(const struct iourd_identity *identity, size_t size, int seals);
/* A valid region. */
int make_good_region(uint32_t params_size, uint64_t data_size);

/* Connects to it, or fails the test. */
struct iouctl *connect_to(struct server *server);
/* Calls a method without parameters and descriptors. */
int call(struct iouctl *c, const char *method, char **ret_reply);

/* A call in a separate thread. */
struct caller {
	pthread_t thread;
	struct iouctl *c;
	const char *method;
	const char *parameters;
	pid_t tid; /* 0: not started yet */
	int result;
};

/* Returns when the thread runs; the caller joins it. */
void caller_start(struct caller *caller);

/* Returns when the thread @tid of this process sleeps. */
void wait_until_asleep(pid_t tid);

/* A ring created by a server that has ended since. */
struct fixture {
	struct iouctl *c;
	struct iouctl_ring *ring;
	struct iourd_head *head; /* a second mapping, for what daemon and program write */
	size_t size;
	int lease; /* the host's end */
};

void fixture_init(struct fixture *fixture, uint32_t params_size);
/* The same with an opened ring, which has no lease. */
void fixture_init_opened(struct fixture *fixture, uint32_t params_size);
void fixture_done(struct fixture *fixture);

#endif
