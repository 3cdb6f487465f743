/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * answer.h - what the library reads of the daemon's answers
 *
 * Less than there is: an answer may say more than this library knows (a later daemon's does), and
 * that must not matter to it. wire/manager.h describes all that there is today.
 */
#ifndef LIB_ANSWER_H
#define LIB_ANSWER_H

#include <stdint.h>

#include "wire/schema.h"

struct json_object;
struct note;

/* What the daemon said, and what it passed along. Owned. */
struct answer {
	struct json_object *parameters;
	struct schema_fds fds;
};

/* Frees all of it; what was decoded from it is gone with it. Fit for a zeroed one. */
void answer_done(struct answer *answer);
/*
 * Decodes what @type asks for into @ret, which borrows from @answer; the rest is dropped from it.
 * Results as of schema_decode().
 */
int answer_decode(struct answer *answer, const struct schema_type *type, struct note *note,
		  void *ret);

struct answer_ring { /* of CreateRing and OpenRing */
	struct {
		const char *name;
	} ring;
	int region_fd;
	int lease_fd; /* of CreateRing; -1: the ring is persistent */
};

struct answer_prepared { /* of PrepareRing */
	struct {
		const char *name;
		int64_t sq_entries;
		int64_t cq_entries;
	} ring;
	int region_fd;
	int lease_fd;
	struct schema_array slots; /* of const char * */
};

struct answer_state { /* of AdoptRing and ReportRing */
	struct {
		const char *state;
	} ring;
};

struct answer_swap {
	int64_t generation;
};

struct answer_parameters {
	struct json_object *parameters;
};

struct answer_event {
	const char *kind;
	int64_t number;
	int64_t time;
	const char *ring;
	const char *program;
	const char *reason;
	struct optional_int generation;
	struct optional_int lost;
};

extern const struct schema_type answer_created_type; /* struct answer_ring */
extern const struct schema_type answer_opened_type;  /* the same */
extern const struct schema_type answer_prepared_type;
extern const struct schema_type answer_state_type;
extern const struct schema_type answer_swap_type;
extern const struct schema_type answer_parameters_type;
extern const struct schema_type answer_event_type;

#endif
