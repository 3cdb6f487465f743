/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory.h - what the buffers of a connection take of its user's quota, queuedBytesPerUser
 *
 * What has been received counts as allocated, and what is queued as long as it is not sent. A call
 * reserves room for a small reply before it is handled: if it has changed something, its client is
 * told.
 */
#ifndef DAEMON_NET_MEMORY_H
#define DAEMON_NET_MEMORY_H

#include <stddef.h>

#include "policy/policy.h"
#include "wire/frame.h"

#define MEMORY_REPLY 4096u /* bytes that are reserved for a reply */

struct memory {			     /* embedded in the connection; zeroed: none */
	struct frame_reader *reader; /* borrowed, as all here; the connection sets these two */
	const struct frame_writer *writer;
	struct policies *policies;
	const struct peer *peer;
	struct usage_charge charge;
	size_t reserve;
};

int memory_begin(struct memory *memory, struct policies *policies, const struct peer *peer);
void memory_end(struct memory *memory);
/* Counts what the buffers hold now. */
void memory_count(struct memory *memory);
/* Something was read. Without room for it, the reader is emptied: FAULT_QUOTA_EXCEEDED. */
int memory_admit_input(struct memory *memory, struct note *note);
/* Reserves MEMORY_REPLY, or FAULT_QUOTA_EXCEEDED. */
int memory_reserve(struct memory *memory, struct note *note);
/* Ends the reserve. */
void memory_release(struct memory *memory);
/* Whether @length bytes more could be queued: 0, or FAULT_QUOTA_EXCEEDED. */
int memory_check(const struct memory *memory, size_t length, struct note *note);

#endif
