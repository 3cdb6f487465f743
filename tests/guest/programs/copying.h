/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copying.h - what the tests of copy and copy-paced share: files, a copy, its result */
#ifndef TESTS_GUEST_COPYING_H
#define TESTS_GUEST_COPYING_H

#include "iourd/prog/copy.h"
#include "rig.h"

extern struct rig_program copy_program, paced_program;

struct copying {
	struct rig rig;
	int source;
	int target;
	struct iourd_progress *progress;
	struct copy_params *params;
};

/* A new file of random bytes; open for reading and writing. */
int copying_file(const char *name, uint64_t size);
/* An empty file on a file system with room for 1 MiB. */
int copying_small_target(void);
/* @source and @target become the copying's. */
void copying_init(struct copying *copying, const struct rig_program *program, int source,
		  int target, uint32_t depth, uint32_t block_size, bool swappable);
/* The same, but the ring refuses the opcodes in @forbid (bits). */
void copying_init_forbidden(struct copying *copying, const struct rig_program *program,
			    uint64_t forbid);
/* Runs it to its end, which is to be @state; the loop is to end with 0. */
void copying_run(struct copying *copying, uint32_t state);
void copying_set_rate(struct copying *copying, uint64_t bytes_per_second);
/* Waits until so many bytes are done, or the work is not running any more. */
void copying_await(struct copying *copying, uint64_t done);
void copying_done(struct copying *copying);

/* Fails unless the first @size bytes are the same; @size ~0: both files, to their ends. */
void assert_same(int a, int b, uint64_t size);
uint64_t file_size(int fd);

int copying_load(void **state);
int copying_unload(void **state);

#endif
