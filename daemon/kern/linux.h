/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* linux.h - internals of the real kernel port */
#ifndef KERN_LINUX_H
#define KERN_LINUX_H

#include "kern/capability.h"
#include "kern/dispatcher-code.h"
#include "kern/kern.h"
#include "kern/kernel-btf.h"
#include "kern/records.h"

/*
 * Constant after kern_linux_new(), so all threads may read it, with three exceptions:
 * dispatcher_code.without_check and missing are atomic, and capabilities belong to the thread that
 * calls the operation of that name.
 */
struct kern_linux {
	struct kern kern;
	struct kernel_btf btf;
	struct dispatcher_code dispatcher_code;
	struct capabilities capabilities;
	size_t missing; /* as capabilities_missing() */
	struct records records;
	char *loader_path;
	char *pin_directory;
	struct iourd_journal *journal; /* mapped; allocated if it cannot be pinned */
	bool journal_is_mapped;
};

static inline struct kern_linux *kern_linux(struct kern *kern)
{
	return (struct kern_linux *)kern; /* its first member */
}

/* The operations of kern.h. */
int linux_program_open(struct kern *kern, int object_fd, struct note *note,
		       struct kern_program **ret);
const struct kern_program_info *linux_program_info(const struct kern_program *program);
int linux_program_load(struct kern_program *program, struct note *note);
void linux_program_free(struct kern_program *program);
const void *linux_program_image(const struct kern_program *program, size_t *ret_size);
uint32_t linux_program_kernel_id(const struct kern_program *program);
/* The program's descriptor, borrowed; -1: not loaded. */
int linux_program_fd(const struct kern_program *program);

int linux_dispatcher_new(struct kern *kern, const char *name, struct kern_dispatcher **ret);
int linux_dispatcher_open(struct kern *kern, const char *name, struct kern_dispatcher **ret);
int linux_dispatcher_rename(struct kern_dispatcher *dispatcher, const char *name);
void linux_dispatcher_release(struct kern_dispatcher *dispatcher);
int linux_dispatcher_current(struct kern_dispatcher *dispatcher, uint32_t *ret_id);
struct iourd_ledger *linux_dispatcher_ledger(struct kern_dispatcher *dispatcher);
int linux_pins_inspect(struct kern *kern, const char *name, struct kern_pins *ret);
int linux_dispatcher_set(struct kern_dispatcher *dispatcher, const struct kern_program *program);
void linux_dispatcher_expect(struct kern_dispatcher *dispatcher, uint32_t sq, uint32_t cq);
int linux_dispatcher_attach(struct kern_dispatcher *dispatcher, int pidfd, int ring_fd);
volatile struct iourd_dispatch *linux_dispatcher_state(struct kern_dispatcher *dispatcher);
void linux_dispatcher_free(struct kern_dispatcher *dispatcher);

#endif
