/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring-process.h - a process of another user with a ring, as a host would be
 *
 * The test's side: the objects of the process, and commands for it. A failed set-up fails the test.
 */
#ifndef TESTS_CONTRACT_RING_PROCESS_H
#define TESTS_CONTRACT_RING_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "iourd/abi.h"

#define RING_PROCESS_REGION (64u << 10) /* bytes */

/* The result of io_uring_enter, and the queues' heads and tails after it. */
struct ring_process_result {
	int32_t result; /* 0 or -errno */
	uint32_t cq_head;
	uint32_t cq_tail;
	uint32_t cq_overflow;
};

struct ring_process {
	pid_t pid;
	int pidfd;
	int socket;
	int ring_fd;		   /* of the disabled ring, in that process */
	int other_fd;		   /* of another file, in that process */
	struct iourd_head *region; /* shared with its ring */
};

/* Zeroes the region; the ring is disabled. */
void ring_process_start(uint32_t sq_entries, uint32_t cq_entries, struct ring_process *ret);
/* Ends the process and waits for it; fine if it has ended. */
void ring_process_end(struct ring_process *process);
void ring_process_enable(struct ring_process *process);
/* Makes it enter its ring, without waiting; ring_process_wait() waits for the end. */
void ring_process_enter(struct ring_process *process);
void ring_process_wait(struct ring_process *process, struct ring_process_result *ret);
/* Whether it is still inside io_uring_enter after @ms. */
bool ring_process_is_inside(struct ring_process *process, int ms);

#endif
