/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * service.h - the whole service but for kernel and hosts, which are fake, and its clients, each at
 * the other end of a socketpair
 */
#ifndef TESTS_UNIT_API_SERVICE_H
#define TESTS_UNIT_API_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "api/api.h"
#include "fake/clock_fake.h"
#include "fake/executor_fake.h"
#include "fake/fail.h"
#include "fake/hosts_fake.h"
#include "fake/kern_fake.h"
#include "fake/last_use_fake.h"
#include "fake/parcels_fake.h"
#include "fake/policies_fake.h"
#include "declared/declared.h"
#include "manager/manager.h"
#include "net/conn.h"
#include "net/loop.h"
#include "wire/frame.h"

#define ALICE		    1000u
#define BOB		    1001u

#define METHOD(name)	    "org.iouringd.Manager." name
#define ERROR(name)	    "\"error\":\"org.iouringd.Manager." name "\""
#define SERVICE_ERROR(name) "\"error\":\"org.varlink.service." name "\""

struct service {
	struct fail_plan plan;
	struct kern *kern;
	struct hosts *hosts;
	struct executor_fake executor;
	struct clock_fake clock;
	struct last_use_fake last_use;
	struct parcels_fake parcels;
	struct policies policies;
	struct loop *loop;
	struct manager *manager;
	struct declared *declared;
	struct api *api;
	struct conns conns;
	char directory[64]; /* of programs: copy, paced (the same parameters) and nop */
	size_t fds;	    /* open before the first client came */
};

void service_start(struct service *service);
/* With one more program. */
void service_start_with(struct service *service, const struct fake_object *more);
/* Ends it, and asserts that no ring, host, pin or descriptor is left. */
void service_end(struct service *service);
/* One thing that happens: input, output, a job, a host's answer. False: nothing does. */
bool service_step(struct service *service);
/* Until nothing happens any more. */
void service_settle(struct service *service);
/* Asserts that there is no ring, host, dispatcher or pin, and no descriptor but the clients'. */
void assert_nothing_left(struct service *service, size_t n_clients);

struct client {
	struct service *service;
	int fd;
	struct frame_reader reader;
	struct frame frame; /* the last that was heard */
};

void client_connect(struct service *service, uid_t uid, struct client *client);
void client_close(struct client *client);

/* Sends bytes as they are; with a NUL, and descriptors, as a message. */
void say_bytes(struct client *client, const char *bytes, size_t n);
void say(struct client *client, const char *text);
void say_with_fds(struct client *client, const char *text, const int *fds, size_t n_fds);
/* The next message that came, or NULL; good until the next. Lets nothing happen. */
const char *hear(struct client *client);
/* True if the service has hung up, and nothing is left to hear. */
bool is_hung_up(struct client *client);

/* Calls METHOD(@name) with @parameters (JSON), settles, and returns the only answer. */
const char *ask(struct client *client, const char *name, const char *parameters);
const char *ask_with_fds(struct client *client, const char *name, const char *parameters,
			 const int *fds, size_t n_fds);
void assert_says(const char *message, const char *part);
void assert_not_says(const char *message, const char *part);
/* Asks, and the answer says @part. */
void assert_answer(struct client *client, const char *name, const char *parameters,
		   const char *part);

/* An unnamed regular file of 4096 bytes, open for reading and writing. */
int make_file(void);
/* A ring of program copy; its lease and region (NULL: not wanted). */
void make_ring(struct client *client, const char *name, int *ret_lease, int *ret_region);

#endif
