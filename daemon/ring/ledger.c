/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "ring/ledger.h"

#include "ring/context.h"
#include "ring/ring.h"

/* Readers see the stores in program order: the compiler must not move one across another. */
#define STORE(member, value) __atomic_store_n(&(member), (value), __ATOMIC_RELEASE)

static void write_program(struct iourd_ledger_program *to, const struct program *program,
			  uint32_t kernel_id)
{
	if (!program) {
		STORE(to->kernel_id, 0);
		memset(to->digest, 0, sizeof(to->digest));
		return;
	}
	memcpy(to->digest, program_info(program)->digest, sizeof(to->digest));
	STORE(to->kernel_id, kernel_id);
}

/* The first byte comes last: until then the ledger has no reason. */
static void write_reason(struct iourd_ledger *ledger, const char *reason)
{
	char text[IOURD_REASON_MAX] = "";

	if (reason)
		snprintf(text, sizeof(text), "%s", reason);
	STORE(ledger->reason[0], '\0');
	memcpy(ledger->reason + 1, text + 1, sizeof(text) - 1);
	STORE(ledger->reason[0], text[0]);
}

static uint32_t flags_of(const struct ring *ring)
{
	return (ring->persistent ? IOURD_LEDGER_PERSISTENT : 0) |
	       (ring->rollback ? IOURD_LEDGER_ROLLBACK : 0) |
	       (ring->declared ? IOURD_LEDGER_DECLARED : 0) |
	       (ring->adopted ? IOURD_LEDGER_ADOPTED : 0);
}

void ledger_begin(const struct ring *ring)
{
	struct iourd_ledger *ledger = ring_dispatcher_ledger(&ring->dispatcher);

	ledger->uid = ring->uid;
	ledger->gid = ring->gid;
	ledger->created_us = ring->created_us;
	ledger->origin = ring->origin;
	ledger->region_bytes = ring->region.size;
	ledger->data_bytes = ring->region.data_size;
	ledger->entries = ring->made_of.sq_entries;
	ledger->descriptors = (uint32_t)ring->descriptors.n;
	ledger->region_device = ring->region.device;
	ledger->region_inode = ring->region.inode;
	ledger->lease_inode = ring->lease_inode;
	ledger->ring_fd = ring->ring_fd;
	memcpy(ledger->declared_digest, ring->declared_digest, sizeof(ledger->declared_digest));
	ledger->region_fd = ring->region_fd;
	ledger_set_process(ring);
}

void ledger_set_process(const struct ring *ring)
{
	struct iourd_ledger *ledger = ring_dispatcher_ledger(&ring->dispatcher);
	const struct hosts_ops *hosts = ring->context->hosts->ops;

	if (!ledger || !ring->host)
		return;
	STORE(ledger->process_inode, 0);
	STORE(ledger->process_pid, (uint32_t)hosts->pid(ring->host));
	STORE(ledger->process_inode, hosts->process_inode(ring->host));
}

void ledger_update(const struct ring *ring)
{
	struct iourd_ledger *ledger = ring_dispatcher_ledger(&ring->dispatcher);

	if (!ledger || ring->state == RING_CREATING)
		return;
	/* until an announced swap is over, the array may hold `next` already */
	write_program(&ledger->current, ring->program, ring->kernel_id);
	STORE(ledger->generation, ring->generation);
	if (!ring->dispatcher.busy)
		STORE(ledger->next.kernel_id, 0);
	write_program(&ledger->fallback, ring->probation.fallback, 0);
	STORE(ledger->probation, ring->probation.passed ? 0 : 1);
	STORE(ledger->error, ring->error);
	write_reason(ledger, ring->reason);
	STORE(ledger->flags, flags_of(ring));
	STORE(ledger->phase, ring_state_number(ring->state, ring->operation.step));
	STORE(ledger->committed, 1);
}

void ledger_announce(const struct ring *ring, const struct program *program, uint64_t generation)
{
	struct iourd_ledger *ledger = ring_dispatcher_ledger(&ring->dispatcher);
	const struct kern_ops *ops = ring->context->kern->ops;

	STORE(ledger->next.kernel_id, 0);
	STORE(ledger->next_generation, generation);
	write_program(&ledger->next, program, ops->program_kernel_id(program->kern_program));
}

void ledger_resolve_pending_swap(struct iourd_ledger *ledger, uint32_t current)
{
	if (ledger->next.kernel_id != 0 && ledger->next.kernel_id == current) {
		ledger->current = ledger->next;
		ledger->generation = ledger->next_generation;
	}
	ledger->next.kernel_id = 0;
	ledger->reason[sizeof(ledger->reason) - 1] = '\0';
}
