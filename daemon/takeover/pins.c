/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pins.c - the takeover's jobs, off the event loop */
#include <stddef.h>

#include "common/container-of.h"
#include "ring/ledger.h"
#include "takeover/context.h"

static void inspect(struct kern *kern, struct takeover_entry *entry)
{
	const struct kern_pins *pins = &entry->pins;
	uint32_t current;

	if (kern->ops->pins_inspect(kern, entry->name, &entry->pins) < 0)
		return;
	if (!pins->array || !pins->dispatcher || !pins->link || !pins->has_ledger ||
	    !pins->ledger.committed)
		return;
	if (kern->ops->dispatcher_open(kern, entry->name, &entry->dispatch) < 0)
		return;
	if (kern->ops->dispatcher_current(entry->dispatch, &current) == 0)
		ledger_resolve_pending_swap(&entry->pins.ledger, current);
}

void takeover_inspect(struct job *job)
{
	struct takeover_job *part = container_of(job, struct takeover_job, job);
	struct takeover *takeover = part->takeover;

	for (size_t i = part->first; i < takeover->n_entries; i += TAKEOVER_JOBS)
		if (takeover->entries[i].pinned)
			inspect(takeover->kern, &takeover->entries[i]);
}

void takeover_remove(struct job *job)
{
	struct takeover_job *part = container_of(job, struct takeover_job, job);
	struct takeover *takeover = part->takeover;
	struct kern *kern = takeover->kern;

	for (size_t i = part->first; i < takeover->n_entries; i += TAKEOVER_JOBS) {
		struct takeover_entry *entry = &takeover->entries[i];

		if (entry->verdict != RECONCILE_RELEASE)
			continue;
		if (entry->dispatch) {
			/* an application may still run the ring: its loop has to end first */
			kern->ops->dispatcher_state(entry->dispatch)->pause = 1;
			kern->ops->dispatcher_free(entry->dispatch);
		} else if (entry->pinned && kern->ops->pins_remove(kern, entry->name) < 0) {
			continue;
		}
		entry->dispatch = NULL;
		entry->removed = true;
	}
}
