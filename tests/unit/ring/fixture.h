/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fixture.h - a manager on fake ports, and what its callers and listeners were told */
#ifndef TESTS_UNIT_RING_FIXTURE_H
#define TESTS_UNIT_RING_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake/clock_fake.h"
#include "fake/executor_fake.h"
#include "fake/fail.h"
#include "fake/hosts_fake.h"
#include "fake/kern_fake.h"
#include "fake/last_use_fake.h"
#include "fake/policies_fake.h"
#include "fake/users_fake.h"
#include "declared/declared.h"
#include "domain.h"
#include "manager/manager.h"

#define ALICE	   1000u
#define BOB	   1001u

#define EVENTS_MAX 64

struct seen_event {
	enum event_kind kind;
	uint64_t number;
	char ring[64];
	char program[IOURD_NAME_MAX];
	char reason[256];
	uid_t uid;
	uint64_t generation;
};

struct fixture {
	struct fail_plan plan;
	struct kern *kern;
	struct hosts *hosts;
	struct executor_fake executor;
	struct clock_fake clock;
	struct last_use_fake last_use;
	struct users_fake users;
	struct domain domain;
	struct manager *manager; /* the domain's, as is the next; NULL: no daemon runs */
	struct declared *declared;
	bool ready; /* the takeover has ended */
	void (*on_ready)(void *arg);
	void *on_ready_arg;
	struct manager_limits limits;
	struct {
		enum policy_who persistent, adopted;
		unsigned int probation_ms;
	} policy;
	const char *rules; /* a policy file, or NULL */
	struct quota_caps caps;
	struct policies policies;
	char directory[64]; /* of shipped programs */
	char store[64];
	bool stopped;
	bool crashed;	      /* at least once: what that daemon held cannot be counted */
	size_t fds;	      /* open before the manager was made */
	bool journal_damaged; /* set by the test: events have any numbers */
	struct seen_event events[EVENTS_MAX];
	size_t n_events;
};

/* Ports, and a directory with the programs copy, paced (of the same layout) and nop. */
void fixture_init(struct fixture *fixture);
/* Exchanges the policy: these rules over limits and policy of the fixture. */
void fixture_set_rules(struct fixture *fixture, const char *rules);
/* Makes the manager and its clients, as the daemon does; -errno if the manager fails. */
int fixture_manage(struct fixture *fixture);
/* @ready when the programs are open and the takeover has ended; at once if that is so. */
void fixture_await_ready(struct fixture *fixture, void (*ready)(void *arg), void *arg);
/*
 * The daemon is stopped, or killed, and the next one made, all its jobs run. Hosts and kernel
 * objects live on.
 */
void fixture_restart(struct fixture *fixture);
void fixture_crash(struct fixture *fixture);
/* The same without the next one, which fixture_manage makes. */
void fixture_stop(struct fixture *fixture);
void fixture_kill(struct fixture *fixture);
/* Destroys all rings, stops and frees the manager, asserts that nothing is left, frees the rest. */
void fixture_done(struct fixture *fixture);
/* fixture_init and fixture_manage, with the shipped programs open. */
void fixture_start(struct fixture *fixture);
/* The same with other limits. */
void fixture_start_limited(struct fixture *fixture, struct manager_limits limits);

/* One job, or one thing that a host says; false if there is nothing to do. */
bool fixture_step(struct fixture *fixture);
/* The same, hosts first. */
bool fixture_step_hosts(struct fixture *fixture);
/* The same, the youngest job first. */
bool fixture_step_youngest(struct fixture *fixture);
void fixture_run(struct fixture *fixture);

/* Asserts that no ring, host, dispatcher, pin or descriptor more than at the start is there. */
void assert_nothing_left(struct fixture *fixture);
/* The last event. */
const struct seen_event *last_event(const struct fixture *fixture);
size_t count_events(const struct fixture *fixture, enum event_kind kind);

/* What a request was answered. */
struct answer {
	unsigned int calls;
	int r;
	struct note note; /* a copy */
	char name[64];
	enum ring_state state;
	enum program_state program_state;
	uint64_t generation;
	bool keep; /* set by the test: duplicate lease and region */
	int lease;
	int region;
	void (*then)(struct answer *answer); /* called from within */
	void *arg;
};

#define ANSWER_NONE ((struct answer){.lease = -1, .region = -1})

void answer_done(struct answer *answer);
/* As ring_done, with a struct answer. */
void answer_ring(void *arg, int r, const struct note *note, const struct ring_view *view);
void answer_program(void *arg, int r, const struct note *note, const struct program_view *view);

struct peer peer_of(uid_t uid);

/* A request for "copy" with two files of its own. */
struct sample {
	struct ring_file files[2];
	struct ring_request request;
	struct json_object *parameters;
};

void sample_init(struct sample *sample, const char *name);
void sample_parameters(struct sample *sample, const char *json);
void sample_done(struct sample *sample);

/* What manager_ring_create returns, with @answer told. */
int create_sample(struct fixture *fixture, uid_t uid, const struct sample *sample,
		  struct answer *answer, struct note *note);
/* Makes ring @name for ALICE and runs all that is to do; its lease goes into @answer. */
void make_ring(struct fixture *fixture, const char *name, struct answer *answer);
void start_ring(struct fixture *fixture, const char *name);
void destroy_ring(struct fixture *fixture, const char *name);
/* What manager_ring_find returns: of ALICE's ring, or of root's. */
int find_ring(struct fixture *fixture, const char *name, struct note *note, struct ring_view *ret);
/* Makes ring @name and destroys it; its client closes lease and region. */
void make_and_destroy_ring(struct fixture *fixture, const char *name);
enum ring_state state_of(struct fixture *fixture, const char *name);
/* The host of ALICE's ring, or of root's; or NULL. */
struct host *host_search(struct fixture *fixture, const char *name);
/* The same; asserts that there is one. */
struct host *host_of(struct fixture *fixture, const char *name);
/* NULL: none. */
struct kern_dispatcher *dispatcher_of(struct fixture *fixture, const char *name);
struct kern_fake_pinned *pinned_of(struct fixture *fixture, const char *name);
/* What its dispatcher says of the last step. */
void set_last(struct fixture *fixture, const char *name, uint32_t last);

#endif
