/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * declared.h - rings that the administrator has declared, kept as they are declared
 *
 * declared.c has the list, and says when something is to be done; declared-apply.c makes a ring
 * that is not there; declared-compare.c changes one that is. Each declared ring goes its way alone:
 * what is wrong with one holds up no other. They ask the manager as an administrator does.
 */
#ifndef RING_DECLARED_H
#define RING_DECLARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iourd/abi.h"
#include "manager/manager.h"
#include "program/program.h"
#include "util/clock.h"
#include "util/job.h"
#include "common/list.h"
#include "util/sha256.h"
#include "util/users.h"

struct declared_ring;
struct ring;

/* Owned by the manager. */
struct declared {
	struct manager *manager; /* borrowed */
	struct users *users;	 /* the same; NULL: nothing can be declared */
	struct list rings;
	/* One at a time: files of a dead server keep no more than one thread of the pool. */
	struct declared_ring *working; /* whose job is under way; or NULL */
	struct job job;
	bool comparing;		 /* manager_declare is not over yet */
	void (*done)(void *arg); /* of the last manager_declare; NULL once it was called */
	void *done_arg;
};

/* What a file says; owns all of it. */
struct declared_wish {
	char *problem; /* why it is not understood: no member that follows is set; or NULL */
	char *program;
	char *user;
	struct declared_file files[IOURD_SLOTS_MAX];
	size_t n_files;
	struct json_object *parameters; /* or NULL */
	bool data_bytes_set;
	uint64_t data_bytes;
	bool rollback;
	bool start;
};

enum declared_step {
	DECLARED_IDLE,
	DECLARED_OPENING,  /* its program is */
	DECLARED_QUEUED,   /* for the job */
	DECLARED_WORKING,  /* in the job */
	DECLARED_CREATING, /* the last three: a request to the manager is under way */
	DECLARED_SWAPPING,
	DECLARED_STARTING,
};

/* Owned by the list. */
struct declared_ring {
	struct declared *declared; /* borrowed */
	struct list_link link;
	char *name; /* NULL: it is no ring, but a problem of the place where the files are */
	char *file;
	char *problem; /* what is wrong, with the file's name; or NULL */
	struct declared_wish wish;
	struct declared_wish next; /* what the file says by now, if again */
	bool again;		   /* there is a next wish, for when it is idle */
	bool dropped;		   /* the file is gone: freed when it is idle */
	bool away;		   /* ended for good: stays away until the next manager_declare */
	enum declared_step step;
	/* how its ring ended while a step was under way */
	bool gone, gone_for_good;
	/* the next try */
	unsigned int failures; /* in a row */
	bool steady;	       /* the timer is for forgetting them */
	struct timer timer;
	/* for a step under way */
	struct program *program; /* held; or NULL */
	struct program_waiter waiter;
	char *notes; /* what would need a new ring; or NULL */
	/* set aside for the job */
	struct user user;
	bool user_found;
	int access[IOURD_SLOTS_MAX];
	int fds[IOURD_SLOTS_MAX];
	bool with_files; /* there is no ring yet */
	size_t opened;	 /* files */
	int result;
};

/* ---- declared.c ---- */

void declared_init(struct declared *declared, struct manager *manager, struct users *users);
/* Asserts that no step is under way. */
void declared_done(struct declared *declared);
/*
 * A ring is gone. @declared: it was as one of ours; @for_good: it was destroyed by request, or its
 * work was over.
 */
void declared_ring_gone(struct manager *manager, const char *name, bool declared, bool for_good);

/* Shows it, and says it unless it was said before. @text: borrowed; NULL: nothing is wrong. */
void declared_problem(struct declared_ring *ring, const char *text);
/* The end of the way: it is as declared, but for its notes. */
void declared_settled(struct declared_ring *ring);
/* The end, too: nothing can be done now, for the reason @text (borrowed; NULL: it needs none). */
void declared_stay(struct declared_ring *ring, const char *text);
/* The end, too: for a fault (with its note) or -errno; it is tried again later. */
void declared_failed(struct declared_ring *ring, int r, const struct note *note);
/* The same, for what @format says. */
void declared_refused(struct declared_ring *ring, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* One more thing that would need a new ring. */
void declared_note(struct declared_ring *ring, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, for a fault (with its note) or -errno. */
void declared_note_fault(struct declared_ring *ring, int r, const struct note *note);

/* ---- declared-wish.c ---- */

/* -errno: @ret has what was copied until then. */
int declared_wish_fill(const struct declaration *declaration, struct declared_wish *ret);
void declared_wish_done(struct declared_wish *wish);

/* ---- declared-apply.c ---- */

/* Goes all the way, beginning with its program; @ring is idle. */
void declared_apply(struct declared_ring *ring);
/* The last step, or none. */
void declared_start(struct declared_ring *ring);
/* Lets go of all that a step holds. */
void declared_release(struct declared_ring *ring);

/* ---- declared-compare.c ---- */

/* What cannot be changed in a ring: its files and its data area. */
void declared_digest(const struct declared_wish *wish, uint8_t ret[SHA256_SIZE]);
/* @made has its name, and its user was found. */
void declared_compare(struct declared_ring *ring, struct ring *made);

#endif
