/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * context.h - declared rings, as the parts of this room see them
 *
 * declared.c has the list. steps.c takes each ring through its steps, with the leaves prepare.c
 * (user and files), create.c, compare.c and entry.c.
 */
#ifndef DECLARED_CONTEXT_H
#define DECLARED_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/list.h"
#include "declared/declared.h"
#include "iourd/abi.h"
#include "manager/manager.h"
#include "util/sha256.h"

struct declared_ring;

struct declared {		 /* owned by the daemon */
	struct manager *manager; /* borrowed, as are the next three */
	struct users *users;
	struct executor *executor;
	struct clock_port *clock;
	struct list rings;
	/* One job at a time: files of a dead server block at most one thread of the pool. */
	struct declared_ring *working; /* whose job is under way; or NULL */
	struct job job;
	bool applying;		 /* declared_apply is on the stack */
	void (*done)(void *arg); /* of the last declared_apply; NULL once it was called */
	void *done_arg;
	bool stopping;
	void (*stopped)(void *arg); /* of declared_stop; NULL once it was called */
	void *stopped_arg;
};

enum declared_step {
	DECLARED_IDLE,
	DECLARED_OPENING,  /* waits for its program */
	DECLARED_QUEUED,   /* waits for the job */
	DECLARED_WORKING,  /* in the job */
	DECLARED_CREATING, /* this and the next two: waits for the manager's reply */
	DECLARED_SWAPPING,
	DECLARED_STARTING,
};

struct declared_ring {		   /* owned by the list */
	struct declared *declared; /* borrowed */
	struct list_link link;
	struct declaration spec;
	struct declaration next; /* the newer declaration, if again */
	bool again;		 /* there is one: it is applied when this ring is idle */
	char *problem;		 /* with the file's name; or NULL */
	bool dropped;		 /* its file was removed: freed when it is idle */
	bool away;		 /* it finished: stays away until the next declared_apply */
	enum declared_step step;
	/* its ring ended while a step was under way, and finished (declared, and ring_end's) */
	bool gone, gone_finished;
	/* the next attempt */
	unsigned int failures; /* in a row */
	bool steady;	       /* the timer is for forgetting them */
	struct timer timer;    /* steps.c sets fire */
	char *notes;	       /* of the step under way: what would need a new ring; or NULL */
	/* set aside for the job */
	struct user user;
	bool user_found;
	int access[IOURD_SLOTS_MAX];
	int fds[IOURD_SLOTS_MAX];
	bool with_files; /* there is no ring yet */
	size_t opened;	 /* files */
	int result;
};

/* How declared rings ask the manager: as an administrator. */
extern const struct peer declared_root;

/* ---- entry.c: a declared ring, its problem and its notes ---- */

int declared_ring_new(struct declared *declared, struct declared_ring **ret);
/* @ring is idle. */
void declared_ring_free(struct declared_ring *ring);
struct declared_ring *declared_find(const struct list *rings, const char *name);
/* Text for a person of a fault, with its note, or -errno; the caller frees it. NULL: no memory. */
char *declared_fault_text(int r, const struct note *note);
/* Shows @text, and logs it unless it is shown already. Copied; NULL: nothing is wrong. */
void declared_set_problem(struct declared_ring *ring, const char *text);
/* Adds something that would need a new ring. */
void declared_note(struct declared_ring *ring, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, for a fault, with its note, or -errno. */
void declared_note_fault(struct declared_ring *ring, int r, const struct note *note);
/* Starts the timer for the next attempt; returns the delay in milliseconds. */
unsigned int declared_retry_later(struct declared_ring *ring);
/* Starts the timer that forgets the failures of a ring that lives long enough. */
void declared_forget_failures_later(struct declared_ring *ring);
/* Replies to declared_apply and declared_stop if nothing is under way. */
void declared_reply_if_idle(struct declared *declared);

/* ---- prepare.c ---- */

/* How each file is to be opened: as its slot requires, unless the declaration specifies it. */
void declared_fill_access(struct declared_ring *ring, const struct iourd_descriptor *descriptor);
/* In the job: finds the user, and opens the files if with_files. The result is in @ring. */
void declared_prepare(struct declared_ring *ring);
/* Why it failed, for a person; the caller frees it. NULL: no memory. */
char *declared_prepare_problem(const struct declared_ring *ring);
void declared_close_files(struct declared_ring *ring);

/* ---- create.c ---- */

/* Asks the manager for the ring, with what was prepared; as manager_ring_create. */
int declared_create(struct declared_ring *ring, ring_done done, struct note *note);
/* SHA-256 of what cannot be changed in a ring: its files and its data area. Zero: no memory. */
void declared_digest(const struct declaration *spec, uint8_t ret[SHA256_SIZE]);

/* ---- compare.c: a ring that exists ---- */

/* Notes what differs and cannot be changed: user, files, data area. */
void declared_compare_fixed(struct declared_ring *ring, const struct ring_view *view);
/* Whether the ring is to be swapped: it runs another program, or another version of it. */
bool declared_program_differs(struct declared_ring *ring);
/* Writes the parameters that differ, and notes those that cannot be changed. */
void declared_write_parameters(struct declared_ring *ring);

/* ---- steps.c ---- */

/* Applies the newest declaration; @ring is idle. */
void declared_begin(struct declared_ring *ring);
/* Its ring has ended, by itself or for good; @ring is idle. */
void declared_ended(struct declared_ring *ring, bool finished);
/* Ends the step of a ring that is queued for the job: the daemon stops. */
void declared_dequeue(struct declared_ring *ring);

#endif
