/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reply.h - the fields of the daemon's replies that the library reads
 *
 * A later daemon may send fields and choices that this library does not know; they are ignored.
 * wire/manager.h describes the complete replies of this version.
 */
#ifndef LIB_REPLY_H
#define LIB_REPLY_H

#include <stdint.h>

#include "wire/schema.h"

struct json_object;
struct note;

/* A successful reply and its descriptors. Owned. */
struct reply {
	struct json_object *parameters;
	struct schema_fds fds;
};

/* Frees it, and with it what was decoded from it. Accepts a zeroed one. */
void reply_done(struct reply *reply);
/*
 * Decodes the fields of @type into @ret, which borrows from @reply. Removes all other fields from
 * @reply. Returns what schema_decode() returns; schema_done() frees @ret.
 */
int reply_decode(struct reply *reply, const struct schema_type *type, struct note *note, void *ret);

struct ring_reply { /* of CreateRing and OpenRing */
	struct {
		const char *name;
	} ring;
	int region_fd;
	int lease_fd; /* of CreateRing; -1 if the ring is persistent */
};

struct prepared_reply { /* of PrepareRing */
	struct {
		const char *name;
		int64_t sq_entries;
		int64_t cq_entries;
	} ring;
	int region_fd;
	int lease_fd;
	struct schema_array slots; /* of const char * */
};

struct state_reply { /* of AdoptRing and ReportRing */
	struct {
		const char *state;
	} ring;
};

struct swap_reply {
	int64_t generation;
};

struct parameters_reply {
	struct json_object *parameters;
};

struct event_reply {
	const char *kind;
	int64_t number;
	int64_t time;
	const char *ring;
	const char *program;
	const char *reason;
	struct optional_int generation;
	struct optional_int lost;
};

extern const struct schema_type reply_created_type; /* struct ring_reply */
extern const struct schema_type reply_opened_type;  /* the same */
extern const struct schema_type reply_prepared_type;
extern const struct schema_type reply_state_type;
extern const struct schema_type reply_swap_type;
extern const struct schema_type reply_parameters_type;
extern const struct schema_type reply_event_type;

#endif
