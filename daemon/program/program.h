/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * program.h - one loop program of the catalogue: opened once, verified when first used, shared by
 * all rings that run it
 */
#ifndef RING_PROGRAM_H
#define RING_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "kern/kern.h"
#include "program/types.h"
#include "util/job.h"
#include "util/sha256.h"
#include "util/usage.h"

struct jobs;
struct program;
struct store;

/* What all programs share; owned by their owner, outlives them. */
struct program_context {
	struct kern *kern; /* borrowed, as are the next three */
	struct jobs *jobs;
	const struct store *store;
	struct usages *usages;
	/* An unlisted program is not held any more: the owner drops it. */
	void (*unused)(struct program_context *context, struct program *program);
};

/* Waits for a program, which its owner holds. Embedded; in one list at most. */
struct program_waiter {
	/* @r 0: the program is open, or loaded; otherwise a fault with its note, or -errno. */
	void (*ready)(struct program_waiter *waiter, int r, const struct note *note);
	struct program_waiter *next;
};

/* Owned by its catalogue; once dropped from there, by its job. */
struct program {
	struct program_context *context; /* borrowed */
	char name[IOURD_NAME_MAX];
	enum program_state state;	   /* LOADING: a job is under way */
	struct kern_program *kern_program; /* NULL until its object is open */
	struct note refusal;		   /* why it is REJECTED, which is final */
	bool shipped;
	struct usage_charge charge;  /* of the user who loaded it */
	bool unlisted;		     /* dropped when it is not held any more */
	bool dropped;		     /* by its owner */
	uint8_t stored[SHA256_SIZE]; /* digest of its object in the store; otherwise zero */
	size_t users;		     /* that hold it: rings, mostly */
	struct program_waiter *waiters;
	struct program_waiter **notified; /* those that are being notified now */
	/* set aside for the job */
	struct job job;
	char *directory; /* of a shipped one */
	struct kern_program *subject;
	int result;
	struct note note;
};

/* Of the object @directory/@name.bpf.o; program_open() comes before any other use. */
int program_new_shipped(struct program_context *context, const char *directory, const char *name,
			struct program **ret);
/*
 * Of the object with that digest in the store; program_open() comes before any other use. @name
 * NULL: it is unlisted, and gets the name in its descriptor.
 */
int program_new_stored(struct program_context *context, const uint8_t *digest, const char *name,
		       struct program **ret);
/* Begins to open it. */
void program_open(struct program *program);
/* Takes over @kern_program, which is loaded, unless it fails. */
int program_new_loaded(struct program_context *context, struct kern_program *kern_program,
		       struct program **ret);
/* Frees it, now or when its job ends. NULL is fine. Asserts that it is not held. */
void program_drop(struct program *program);

void program_hold(struct program *program);
/* May free it. NULL is fine. */
void program_release(struct program *program);

/* Whether it has that digest. Before it is open, only the digest of a stored one is known. */
bool program_is(const struct program *program, const uint8_t *digest);
/*
 * Stores a copy of an object that is to be loaded. *ret_existed: the store, or the kernel, had it
 * already. Slow.
 */
int program_store(const struct program_context *context, const struct kern_program *kern_program,
		  bool *ret_existed);
/* NULL until it is open. */
const struct kern_program_info *program_info(const struct program *program);
/* Whether program_await_open() would wait. */
bool program_is_opening(const struct program *program);
/* FAULT_PROGRAM_REJECTED, with reason and verifier log, if it was rejected. */
int program_usable(const struct program *program, struct note *note);
/* Waits until it is open, or rejected. False: it is, and @waiter is not called. */
bool program_await_open(struct program *program, struct program_waiter *waiter);
/* Waits until it is loaded, and begins to load it if necessary; it is open. False as above. */
bool program_await_loaded(struct program *program, struct program_waiter *waiter);
/* Ends the wait. A waiter that does not wait is fine, and so is a program that is NULL. */
void program_forget(struct program *program, struct program_waiter *waiter);

/* Copies @note; returns its fault, or -ENOMEM. */
int program_note_copy(const struct note *note, struct note *ret);
void program_view_fill(const struct program *program, struct program_view *ret);

#endif
