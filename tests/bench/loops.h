/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loops.h - loops to compare rings with; each returns nanoseconds for the whole run */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* liburing: @depth NOPs at a time, submit_and_wait, registered ring descriptor. */
uint64_t loop_user_nop(unsigned int depth, uint64_t operations);
/* The program nop attached by libbpf to a ring of this process: no daemon, no dispatcher. */
uint64_t loop_direct_nop(const char *object, bool restricted, unsigned int depth,
			 uint64_t operations); /* restricted: with a host's restrictions */

/* Follow the chain in @fd from offset 0 for @hops blocks of @block bytes, one at a time. */
uint64_t loop_plain_chase(int fd, unsigned int block, uint64_t hops); /* liburing, prep_read */
uint64_t loop_fixed_chase(int fd, unsigned int block, uint64_t hops); /* fixed file and buffer */
uint64_t loop_pread_chase(int fd, unsigned int block, uint64_t hops);

#endif
