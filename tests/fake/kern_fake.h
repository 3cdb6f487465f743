/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kern_fake.h - a kernel port without a kernel: programs and dispatchers are plain memory
 *
 * It takes ELF objects, read with the real port's code but never verified, and fake objects: a
 * struct fake_object written to a file, which can ask to be refused.
 */
#ifndef TESTS_FAKE_KERN_H
#define TESTS_FAKE_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake/fail.h"
#include "kern/kern.h"

#define FAKE_OBJECT_MAGIC "iourdfak"
#define FAKE_MEMBERS_MAX  16
#define FAKE_REFUSAL_MAX  96

/* One member of the parameter struct; its range, unit, initial value come from the descriptor. */
struct fake_member {
	char name[IOURD_PATH_MAX];
	uint32_t kind; /* enum layout_kind; not STRUCT or ENUM */
	uint32_t offset;
	uint32_t size;
	uint32_t count;
};

struct fake_object {
	char magic[8];
	struct iourd_descriptor descriptor;
	uint32_t n_members;
	struct fake_member members[FAKE_MEMBERS_MAX];
	char refuse_open[FAKE_REFUSAL_MAX]; /* empty: not refused; else the reason */
	char refuse_load[FAKE_REFUSAL_MAX]; /* the reason; the log is the same text */
};

/*
 * Fills @ret with a program like the shipped "copy" (slots source and target; settings depth and
 * block_size, whose product the data area holds; sync, fixed; progress short_reads; private
 * secret), or like "nop" (no slot, no data).
 */
void fake_object_copy(const char *name, struct fake_object *ret);
void fake_object_nop(const char *name, struct fake_object *ret);
/* A memfd that holds it; the caller closes. */
int fake_object_memfd(const struct fake_object *object);
/* Writes @directory/@name.bpf.o. */
void fake_object_install(const struct fake_object *object, const char *directory, const char *name);

/*
 * What outlives a daemon. Handles of it (struct kern_dispatcher) go with dispatcher_free or
 * _release; kern_fake_forget() takes those away that a daemon which was "killed" has left.
 */
struct kern_fake_pinned {
	struct kern_fake_pinned *next;
	char *name;
	bool array, state, dispatcher, link; /* which pins there are */
	bool small;			     /* the record is of a version without a ledger */
	struct iourd_record record;
	uint64_t program; /* in the array: its id; 0: empty */
	uint32_t kernel_id;
	int ring_fd; /* that it is attached to; -1: none */
};

/* @plan may be NULL; borrowed. Thread-safe, but for what follows. */
int kern_fake_new(struct fail_plan *plan, struct kern **ret);

struct kern_fake_tally {
	size_t programs;    /* open */
	size_t loads;	    /* program_load calls that succeeded, ever */
	size_t dispatchers; /* live */
	size_t pins;	    /* names under the pin "directory" */
};
void kern_fake_tally(struct kern *kern, struct kern_fake_tally *ret);
/* Takes capability @name away; NULL: gives all back. */
void kern_fake_lack(struct kern *kern, const char *name);
/* Leaves a pin, as of an earlier daemon: an empty folder. */
void kern_fake_leave_pin(struct kern *kern, const char *name);
/* What is pinned under @name, to be looked at and changed; NULL: nothing. */
struct kern_fake_pinned *kern_fake_pinned(struct kern *kern, const char *name);
/* What ring_waiting answers for @ring_fd of any process: @n, or a negative errno. */
void kern_fake_set_waiting(struct kern *kern, int ring_fd, int n);
/* What ring_entries answers for any ring; at first that of the object "copy". */
void kern_fake_set_entries(struct kern *kern, uint32_t sq, uint32_t cq);
/* The process exchanges its ring after that answer, for one with these entries; 0: it does not. */
void kern_fake_exchange(struct kern *kern, uint32_t sq, uint32_t cq);
/* The process that had these objects is dead: frees all handles of dispatchers and programs. */
void kern_fake_forget(struct kern *kern);
/* The dispatcher of ring @name, or NULL. */
struct kern_dispatcher *kern_fake_dispatcher(struct kern *kern, const char *name);
/* What is in its array: the program's id; 0: empty. */
uint64_t kern_fake_dispatcher_program(const struct kern_dispatcher *dispatcher);
/* What it is attached to: the ring's number; -1: not attached. */
int kern_fake_dispatcher_ring(const struct kern_dispatcher *dispatcher);

#endif
