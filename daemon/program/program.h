/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * program.h - one loop program of the catalogue: opened once, verified when first wanted, shared by
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

struct catalogue;

/* Who waits for a program, which it holds. Embedded; on one list at the most. */
struct program_waiter {
	/* 0: it is open, or loaded; else a fault with its (borrowed) note, or -errno. */
	void (*ready)(struct program_waiter *waiter, int r, const struct note *note);
	struct program_waiter *next;
};

/* Owned by its catalogue; or, once dropped from there, by its job. */
struct program {
	struct catalogue *catalogue;
	char name[IOURD_NAME_MAX];
	enum program_state state;	   /* LOADING: a job is under way */
	struct kern_program *kern_program; /* NULL until its object was opened */
	struct note refusal;		   /* why it is REJECTED, for good */
	bool shipped;
	bool unlisted;		     /* dropped when nobody holds it any more */
	bool dropped;		     /* from the catalogue */
	uint8_t stored[SHA256_SIZE]; /* the digest of an object in the store; else zero */
	size_t users; /* rings that run it, are being made of it, or are being swapped to it */
	struct program_waiter *waiters;
	struct program_waiter **told; /* those who are being told now */
	/* set aside for the job */
	struct job job;
	char *path;
	struct kern_program *subject;
	int result;
	struct note note;
};

/* @directory/@name.bpf.o, to be opened by program_open() before anything else is done with it. */
int program_new_shipped(struct catalogue *catalogue, const char *directory, const char *name,
			struct program **ret);
/* Of that digest in the store; the same. @name NULL: it is unlisted, and called as it says. */
int program_new_stored(struct catalogue *catalogue, const uint8_t *digest, const char *name,
		       struct program **ret);
void program_open(struct program *program);
/* Takes over @kern_program, which is loaded, unless it fails. */
int program_new_loaded(struct catalogue *catalogue, struct kern_program *kern_program,
		       struct program **ret);
/* Frees it, or has its job do so. NULL is fine. Asserts that nobody uses it. */
void program_drop(struct program *program);

void program_hold(struct program *program);
/* May free it. NULL is fine. */
void program_release(struct program *program);

/* Has it that digest? Of one that is not open, only the store's are known. */
bool program_is(const struct program *program, const uint8_t *digest);
/*
 * Keeps a copy of what is about to be loaded. 1: there was one already. Slow.
 */
int program_store(const struct catalogue *catalogue, const struct kern_program *kern_program);
/* NULL until it is open. */
const struct kern_program_info *program_info(const struct program *program);
/* 0, or FAULT_PROGRAM_REJECTED with the reason and log of its refusal. */
int program_usable(const struct program *program, struct note *note);
/* False: there is no need to wait. */
bool program_await_open(struct program *program, struct program_waiter *waiter);
/* As above; has it loaded if nobody did yet. The program is open. */
bool program_await_loaded(struct program *program, struct program_waiter *waiter);
/* One that does not wait is fine, and so is NULL. */
void program_forget(struct program *program, struct program_waiter *waiter);

/* The fault that @note is about, with a copy of it; or -ENOMEM. */
int program_note_copy(const struct note *note, struct note *ret);
void program_view_fill(const struct program *program, struct program_view *ret);

#endif
