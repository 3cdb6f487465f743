/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "takeover/takeover.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/context.h"
#include "ring/ledger.h"
#include "ring/restore.h"
#include "ring/ring.h"
#include "common/list.h"
#include "util/log.h"
#include "common/cleanup.h"

#define TAKEOVER_PATIENCE_MS 500

static struct manager *to_manager(struct takeover *takeover)
{
	return container_of(takeover, struct manager, takeover);
}

/* ---- 2: what is pinned ---- */

static void look(struct kern *kern, struct takeover_entry *entry)
{
	const struct kern_pins *pins = &entry->pins;
	uint32_t current;

	if (kern->ops->pins_look(kern, entry->name, &entry->pins) < 0)
		return;
	if (!pins->array || !pins->dispatcher || !pins->link || !pins->has_ledger ||
	    !pins->ledger.committed)
		return;
	if (kern->ops->dispatch_open(kern, entry->name, &entry->dispatch) < 0)
		return;
	if (kern->ops->dispatch_current(entry->dispatch, &current) == 0)
		ledger_settle(&entry->pins.ledger, current);
}

static void look_work(struct job *job)
{
	struct takeover_job *part = (struct takeover_job *)job;
	struct takeover *takeover = part->takeover;

	for (size_t i = part->first; i < takeover->n_entries; i += TAKEOVER_JOBS)
		if (takeover->entries[i].pinned)
			look(to_manager(takeover)->kern, &takeover->entries[i]);
}

static void remove_work(struct job *job)
{
	struct takeover_job *part = (struct takeover_job *)job;
	struct takeover *takeover = part->takeover;
	struct kern *kern = to_manager(takeover)->kern;

	for (size_t i = part->first; i < takeover->n_entries; i += TAKEOVER_JOBS) {
		struct takeover_entry *entry = &takeover->entries[i];

		if (entry->verdict != RECONCILE_RELEASE)
			continue;
		if (entry->dispatch) {
			/* an application may have kept its ring: its loop is to end first */
			kern->ops->dispatch_state(entry->dispatch)->pause = 1;
			kern->ops->dispatch_free(entry->dispatch);
		} else if (entry->pinned && kern->ops->pins_remove(kern, entry->name) < 0) {
			continue;
		}
		entry->dispatch = NULL;
		entry->removed = true;
	}
}

static void work_done(struct job *job)
{
	struct takeover_job *part = (struct takeover_job *)job;

	jobs_done(&to_manager(part->takeover)->jobs);
}

static void submit(struct manager *manager, void (*work)(struct job *job))
{
	for (size_t i = 0; i < TAKEOVER_JOBS; i++) {
		manager->takeover.jobs[i] = (struct takeover_job){
			.job = {.work = work, .done = work_done},
			.takeover = &manager->takeover,
			.first = i,
		};
		jobs_submit(&manager->jobs, &manager->takeover.jobs[i].job);
	}
}

/* ---- 3: what they run ---- */

static struct program *take_program(struct manager *manager, const uint8_t *digest)
{
	struct program *program;
	int r = catalogue_take_stored(&manager->catalogue, digest, &program);

	return r < 0 ? NULL : program;
}

static bool is_zero(const uint8_t *digest)
{
	static const uint8_t zero[SHA256_SIZE];

	return memcmp(digest, zero, sizeof(zero)) == 0;
}

static void open_programs(struct manager *manager)
{
	for (size_t i = 0; i < manager->takeover.n_entries; i++) {
		struct takeover_entry *entry = &manager->takeover.entries[i];

		if (!entry->dispatch)
			continue;
		entry->program = take_program(manager, entry->pins.ledger.current.digest);
		entry->origin = take_program(manager, entry->pins.ledger.origin.digest);
		if (!is_zero(entry->pins.ledger.good.digest))
			entry->good = take_program(manager, entry->pins.ledger.good.digest);
	}
}

/* An object that no ring and no administrator wants is not kept. */
static bool is_wanted(void *arg, const uint8_t *digest)
{
	struct manager *manager = arg;

	if (catalogue_has(&manager->catalogue, digest))
		return true;
	for (size_t i = 0; i < manager->takeover.n_entries; i++) {
		const struct iourd_ledger *ledger = &manager->takeover.entries[i].pins.ledger;

		if (memcmp(ledger->current.digest, digest, SHA256_SIZE) == 0 ||
		    memcmp(ledger->origin.digest, digest, SHA256_SIZE) == 0 ||
		    memcmp(ledger->good.digest, digest, SHA256_SIZE) == 0)
			return true;
	}
	return false;
}

/* ---- 4: what becomes of them ---- */

/* Whether an application runs it: by its socket, or by what was written down. */
static bool is_adopted(const struct takeover_entry *entry)
{
	return entry->host.name[0] ? entry->host.adopted
				   : entry->pins.ledger.flags & IOURD_LEDGER_ADOPTED;
}

static enum reconcile_ledger ledger_state(const struct kern_pins *pins)
{
	if (!pins->has_ledger)
		return LEDGER_NONE;
	if (!pins->ledger.committed)
		return LEDGER_UNCOMMITTED;
	return pins->ledger.phase == PHASE_ENDING ? LEDGER_ENDING : LEDGER_COMMITTED;
}

static enum reconcile_runner runner_state(const struct takeover_entry *entry)
{
	const struct host_found *host = &entry->host;

	if (host->name[0] == '\0')
		return RUNNER_NONE;
	if (!host->alive)
		return RUNNER_DEAD;
	if (host->uid == (uid_t)-1)
		return RUNNER_DEAF;
	/* an older host listens as root */
	return host->uid == entry->pins.ledger.uid || host->uid == 0 ? RUNNER_ALIVE
								     : RUNNER_STRANGER;
}

static void decide(struct takeover_entry *entry)
{
	const struct reconcile_state state = {
		.folder = entry->pinned,
		.array = entry->pins.array,
		.state = entry->pins.state,
		.dispatcher = entry->pins.dispatcher,
		.link = entry->pins.link,
		.ledger = ledger_state(&entry->pins),
		.runner = runner_state(entry),
		.adopted = is_adopted(entry),
		.program = entry->program && program_info(entry->program),
	};
	const char *why;

	entry->verdict = reconcile(&state, &why);
	if (entry->verdict == RECONCILE_TAKE_OVER && !entry->dispatch) {
		entry->verdict = RECONCILE_LEAVE;
		why = "its pins cannot be opened";
	}
	if (entry->verdict == RECONCILE_LEAVE)
		log_warning("ring %s of an earlier iouringd is left alone, its name taken: %s",
			    entry->name, why);
	else if (entry->verdict != RECONCILE_TAKE_OVER)
		log_notice("ring %s of an earlier iouringd is cleared away: %s", entry->name, why);
}

/* Ends what is to be ended: then, and only then, its pins may go. */
static int end_hosts(struct manager *manager)
{
	struct takeover *takeover = &manager->takeover;
	_cleanup_free_ const char **names = calloc(takeover->n_entries + 1, sizeof(char *));
	size_t n = 0;
	int r = -ENOMEM;

	for (size_t i = 0; names && i < takeover->n_entries; i++)
		if (takeover->entries[i].verdict == RECONCILE_END_AND_RELEASE)
			names[n++] = takeover->entries[i].name;
	if (names)
		r = manager->hosts->ops->strays_end(manager->hosts, names, n);
	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];

		if (entry->verdict != RECONCILE_END_AND_RELEASE)
			continue;
		entry->verdict = r < 0 ? RECONCILE_LEAVE : RECONCILE_RELEASE;
		if (r < 0)
			log_warning(
				"the host of ring %s would not end, so its name stays taken: %s",
				entry->name, strerror(-r));
	}
	return r;
}

static void take_over_rings(struct manager *manager)
{
	struct takeover *takeover = &manager->takeover;

	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];
		int r;

		decide(entry);
		if (entry->verdict != RECONCILE_TAKE_OVER)
			continue;
		r = ring_restore(manager, entry);
		if (r == -ECONNREFUSED) {
			entry->verdict = RECONCILE_RELEASE; /* it has ended just now */
		} else if (r < 0) {
			entry->verdict = RECONCILE_LEAVE;
			log_error("ring %s of an earlier iouringd cannot be taken over, and is "
				  "left alone: %s",
				  entry->name, strerror(-r));
		} else {
			takeover->taken++;
		}
	}
}

/* ---- 5: until all have answered ---- */

static void finish(struct manager *manager)
{
	struct takeover *takeover = &manager->takeover;

	takeover->stage = TAKEOVER_DONE;
	manager->clock->cancel(manager->clock, &takeover->timer);
	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];

		/* pins first, then the socket: reconcile.c counts on it */
		if (entry->removed)
			manager->hosts->ops->forget(manager->hosts, entry->name);
		takeover->released += entry->removed;
		if (entry->verdict == RECONCILE_LEAVE ||
		    (entry->verdict == RECONCILE_RELEASE && !entry->removed)) {
			takeover->left++;
			registry_add_foreign(&manager->registry, entry->name);
		}
	}
	if (takeover->n_entries > 0)
		log_info("of an earlier iouringd: %zu rings taken over, %zu cleared away, %zu left "
			 "alone",
			 takeover->taken, takeover->released, takeover->left);
	takeover_forget(manager);
}

static void on_timeout(struct timer *timer)
{
	struct manager *manager = to_manager(container_of(timer, struct takeover, timer));

	log_warning(
		"%zu hosts have not answered in %d ms: they are stopped, and will be asked again "
		"when they go on",
		manager->takeover.awaited, TAKEOVER_PATIENCE_MS);
	manager->takeover.awaited = 0;
	if (manager->jobs.n == 0)
		manager->jobs.idle(manager);
}

void takeover_answered(struct manager *manager)
{
	struct takeover *takeover = &manager->takeover;

	if (takeover->stage != TAKEOVER_HOSTS || takeover->awaited == 0)
		return;
	if (--takeover->awaited == 0 && manager->jobs.n == 0)
		manager->jobs.idle(manager);
}

void takeover_abandon(struct manager *manager)
{
	if (manager->takeover.stage == TAKEOVER_DONE)
		return;
	manager->takeover.stage = TAKEOVER_DONE;
	manager->clock->cancel(manager->clock, &manager->takeover.timer);
	takeover_forget(manager);
}

static void begin_pins(struct manager *manager)
{
	int r = takeover_find(manager);

	manager->takeover.stage = TAKEOVER_PINS;
	if (r < 0)
		log_error(
			"what an earlier iouringd has left cannot be found, and is left alone: %s",
			strerror(-r));
	if (manager->takeover.n_entries > 0)
		submit(manager, look_work);
}

static void begin_hosts(struct manager *manager)
{
	struct takeover *takeover = &manager->takeover;

	takeover->stage = TAKEOVER_HOSTS;
	store_clean(&manager->store, is_wanted, manager);
	if (takeover->n_entries == 0)
		return;
	take_over_rings(manager);
	end_hosts(manager);
	submit(manager, remove_work);
	takeover->timer.fire = on_timeout;
	if (takeover->awaited > 0)
		manager->clock->start(manager->clock, &takeover->timer, TAKEOVER_PATIENCE_MS);
}

bool takeover_step(struct manager *manager)
{
	struct takeover *takeover = &manager->takeover;

	if (takeover->stage == TAKEOVER_DONE)
		return true;
	if (manager->stopping) {
		takeover_abandon(manager);
		return true;
	}
	if (takeover->stage == TAKEOVER_PROGRAMS)
		begin_pins(manager);
	if (manager->jobs.n == 0 && takeover->stage == TAKEOVER_PINS) {
		takeover->stage = TAKEOVER_STORED;
		open_programs(manager);
	}
	if (manager->jobs.n == 0 && takeover->stage == TAKEOVER_STORED)
		begin_hosts(manager);
	if (manager->jobs.n > 0 || takeover->awaited > 0)
		return false;
	finish(manager);
	return true;
}
