/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/memory.h"

int memory_begin(struct memory *memory, struct policies *policies, const struct peer *peer)
{
	memory->policies = policies;
	memory->peer = peer;
	return usage_begin(&policies->usages, peer->payer, USAGE_BYTES, &memory->charge);
}

void memory_end(struct memory *memory)
{
	usage_end(&memory->charge);
}

/* With @more bytes in the queue. A reply uses what was reserved for it first. */
static uint64_t sum_with(const struct memory *memory, size_t more)
{
	size_t queued = memory->writer->queued + more;

	return memory->reader->allocated + (queued > memory->reserve ? queued : memory->reserve);
}

void memory_count(struct memory *memory)
{
	usage_set(&memory->charge, sum_with(memory, 0));
}

int memory_check(const struct memory *memory, size_t length, struct note *note)
{
	const struct policy_client client = policy_client_of(memory->peer);
	uint64_t then = sum_with(memory, length), counted = memory->charge.n;
	struct policy_answer limit;

	if (then <= counted)
		return 0;
	policy_decide(memory->policies->current, &client, POLICY_QUEUED_BYTES, NULL, &limit);
	return policy_fits(&limit, usage_total(&memory->charge), then - counted, note);
}

int memory_admit_input(struct memory *memory, struct note *note)
{
	int r = memory_check(memory, 0, note);

	if (r != 0)
		frame_reader_done(memory->reader);
	memory_count(memory);
	return r;
}

int memory_reserve(struct memory *memory, struct note *note)
{
	int r;

	memory->reserve = MEMORY_REPLY;
	r = memory_check(memory, 0, note);
	if (r != 0)
		memory->reserve = 0;
	memory_count(memory);
	return r;
}

void memory_release(struct memory *memory)
{
	memory->reserve = 0;
	memory_count(memory);
}
