/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "takeover/takeover.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "ring/transitions.h"
#include "takeover/context.h"
#include "util/log.h"

#define TAKEOVER_PATIENCE_MS 500

/* ---- 1: pins ---- */

static void work_done(struct job *job)
{
	jobs_done(&container_of(job, struct takeover_job, job)->takeover->jobs);
}

static void submit(struct takeover *takeover, void (*work)(struct job *job))
{
	for (size_t i = 0; i < TAKEOVER_JOBS; i++) {
		takeover->parts[i] = (struct takeover_job){
			.job = {.work = work, .done = work_done},
			.takeover = takeover,
			.first = i,
		};
		jobs_submit(&takeover->jobs, &takeover->parts[i].job);
	}
}

/* ---- 2: programs ---- */

static struct program *hold_program(struct takeover *takeover, const uint8_t *digest)
{
	struct program *program;
	int r = manager_program_hold(takeover->manager, digest, &program);

	return r < 0 ? NULL : program;
}

static bool is_zero(const uint8_t *digest)
{
	static const uint8_t zero[SHA256_SIZE];

	return memcmp(digest, zero, sizeof(zero)) == 0;
}

static void hold_programs(struct takeover *takeover)
{
	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];
		const struct iourd_ledger *ledger = &entry->pins.ledger;

		if (!entry->dispatch)
			continue;
		entry->program = hold_program(takeover, ledger->current.digest);
		entry->origin = hold_program(takeover, ledger->origin.digest);
		if (!is_zero(ledger->fallback.digest))
			entry->fallback = hold_program(takeover, ledger->fallback.digest);
	}
}

/* Objects that a ring needs are kept, also those of rings that are not taken over. */
static bool is_needed(void *arg, const uint8_t *digest)
{
	const struct takeover *takeover = arg;

	for (size_t i = 0; i < takeover->n_entries; i++) {
		const struct iourd_ledger *ledger = &takeover->entries[i].pins.ledger;

		if (memcmp(ledger->current.digest, digest, SHA256_SIZE) == 0 ||
		    memcmp(ledger->origin.digest, digest, SHA256_SIZE) == 0 ||
		    memcmp(ledger->fallback.digest, digest, SHA256_SIZE) == 0)
			return true;
	}
	return false;
}

/* ---- 3: decisions ---- */

/* Whether an application runs it: by its socket, or by its ledger. */
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
	return ring_state_of_number(pins->ledger.phase) == RING_ENDING ? LEDGER_ENDING
								       : LEDGER_COMMITTED;
}

static enum reconcile_runner runner_state(const struct takeover_entry *entry)
{
	const struct host_found *host = &entry->host;

	if (host->name[0] == '\0')
		return RUNNER_NONE;
	if (!host->alive)
		return RUNNER_DEAD;
	if (host->uid == (uid_t)-1)
		return RUNNER_UNRESPONSIVE;
	/* an older host listens as root */
	return host->uid == entry->pins.ledger.uid || host->uid == 0 ? RUNNER_ALIVE
								     : RUNNER_STRANGER;
}

static enum reconcile_process process_state(const struct takeover *takeover,
					    const struct takeover_entry *entry)
{
	const struct iourd_ledger *ledger = &entry->pins.ledger;

	if (ledger->process_inode == 0)
		return PROCESS_UNKNOWN;
	return takeover->hosts->ops->process_lives(takeover->hosts, (pid_t)ledger->process_pid,
						   ledger->process_inode)
		       ? PROCESS_ALIVE
		       : PROCESS_DEAD;
}

static void decide(const struct takeover *takeover, struct takeover_entry *entry)
{
	const struct reconcile_state state = {
		.folder = entry->pinned,
		.array = entry->pins.array,
		.state = entry->pins.state,
		.dispatcher = entry->pins.dispatcher,
		.link = entry->pins.link,
		.ledger = ledger_state(&entry->pins),
		.runner = runner_state(entry),
		.process = process_state(takeover, entry),
		.adopted = is_adopted(entry),
		.program = entry->program && manager_program_is_open(entry->program),
	};
	const char *why;

	entry->verdict = reconcile(&state, &why);
	if (entry->verdict == RECONCILE_TAKE_OVER && !entry->dispatch) {
		entry->verdict = RECONCILE_LEAVE;
		why = "its pins cannot be opened; end its process, then restart iouringd";
	}
	if (entry->verdict == RECONCILE_LEAVE)
		log_warning("ring %s of an earlier iouringd is left untouched, and its name stays "
			    "reserved: %s",
			    entry->name, why);
	else if (entry->verdict != RECONCILE_TAKE_OVER)
		log_notice("ring %s of an earlier iouringd is cleared away: %s", entry->name, why);
}

/*
 * Whether the process is known to be gone, now that @r tells whether all have ended. Removing the
 * pins of a process that waits in the kernel would wait for it, too, and hold up all rings.
 */
static bool has_ended(const struct takeover *takeover, const struct takeover_entry *entry, int r)
{
	enum reconcile_process process = process_state(takeover, entry);

	return r == 0 ? process != PROCESS_ALIVE : process == PROCESS_DEAD;
}

/* Ends the hosts of rings that are to be released: only then their pins may be removed. */
static void end_hosts(struct takeover *takeover)
{
	_cleanup_free_ const char **names = calloc(takeover->n_entries + 1, sizeof(char *));
	size_t n = 0;
	int r = -ENOMEM;

	for (size_t i = 0; names && i < takeover->n_entries; i++)
		if (takeover->entries[i].verdict == RECONCILE_END_AND_RELEASE)
			names[n++] = takeover->entries[i].name;
	if (names)
		r = takeover->hosts->ops->orphans_end(takeover->hosts, names, n);
	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];

		if (entry->verdict != RECONCILE_END_AND_RELEASE)
			continue;
		if (has_ended(takeover, entry, r))
			entry->verdict = RECONCILE_RELEASE;
		else
			takeover_leave_host(takeover, entry, r);
	}
}

static int restore(struct takeover *takeover, struct takeover_entry *entry)
{
	const struct ring_restoration restoration = {
		.key = entry->name,
		.ledger = &entry->pins.ledger,
		.program = entry->program,
		.origin = entry->origin,
		.fallback = entry->fallback,
		.dispatch = entry->dispatch,
	};
	bool reports;
	int r = manager_ring_restore(takeover->manager, &restoration, &reports);

	if (r < 0)
		return r;
	entry->dispatch = NULL;
	takeover->restored++;
	takeover->awaited += reports;
	return 0;
}

static void restore_rings(struct takeover *takeover)
{
	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];
		int r;

		decide(takeover, entry);
		if (entry->verdict != RECONCILE_TAKE_OVER)
			continue;
		r = restore(takeover, entry);
		if (r == -ECONNREFUSED) { /* its host is exiting, or waits for a file meanwhile */
			entry->verdict = RECONCILE_END_AND_RELEASE;
		} else if (r < 0) {
			entry->verdict = RECONCILE_LEAVE;
			log_error("ring %s of an earlier iouringd cannot be taken over, and is "
				  "left untouched: %s",
				  entry->name, strerror(-r));
		}
	}
}

/* ---- 4: the end ---- */

static void finish(struct takeover *takeover)
{
	takeover->stage = TAKEOVER_DONE;
	takeover->clock->cancel(takeover->clock, &takeover->timer);
	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];

		/* the socket after the pins: reconcile.c relies on this order */
		if (entry->removed)
			takeover->hosts->ops->remove_socket(takeover->hosts, entry->name);
		takeover->released += entry->removed;
		if (entry->verdict == RECONCILE_LEAVE ||
		    (entry->verdict == RECONCILE_RELEASE && !entry->removed)) {
			takeover->skipped++;
			manager_reserve_key(takeover->manager, entry->name);
		}
	}
	if (takeover->n_entries > 0)
		log_info("rings of an earlier iouringd: %zu taken over, %zu cleared away, %zu left "
			 "untouched",
			 takeover->restored, takeover->released, takeover->skipped);
	takeover_release(takeover);
	takeover->done(takeover->done_arg);
}

/* The daemon stops; no job is under way. */
static void abandon(struct takeover *takeover)
{
	void (*stopped)(void *arg) = takeover->stopped;

	takeover->stage = TAKEOVER_DONE;
	takeover->clock->cancel(takeover->clock, &takeover->timer);
	takeover_release(takeover);
	takeover->stopped = NULL;
	stopped(takeover->stopped_arg);
}

static void finish_if_idle(struct takeover *takeover)
{
	if (takeover->jobs.n == 0 && takeover->awaited == 0)
		finish(takeover);
}

static void on_timeout(struct timer *timer)
{
	struct takeover *takeover = container_of(timer, struct takeover, timer);

	log_warning("%zu hosts have not reported in %d ms: they are stopped, and report when they "
		    "continue",
		    takeover->awaited, TAKEOVER_PATIENCE_MS);
	takeover->awaited = 0;
	finish_if_idle(takeover);
}

void takeover_host_reported(struct takeover *takeover)
{
	if (takeover->stage != TAKEOVER_HOSTS || takeover->awaited == 0)
		return;
	takeover->awaited--;
	finish_if_idle(takeover);
}

/* ---- the stages ---- */

static void on_programs_open(void *arg)
{
	struct takeover *takeover = arg;

	if (takeover->stage != TAKEOVER_PROGRAMS)
		return; /* it was stopped meanwhile */
	takeover->stage = TAKEOVER_HOSTS;
	manager_store_clean(takeover->manager, is_needed, takeover);
	if (takeover->n_entries > 0) {
		restore_rings(takeover);
		end_hosts(takeover);
		submit(takeover, takeover_remove);
		takeover->timer.fire = on_timeout;
		if (takeover->awaited > 0)
			takeover->clock->start(takeover->clock, &takeover->timer,
					       TAKEOVER_PATIENCE_MS);
	}
	finish_if_idle(takeover);
}

static void on_inspected(struct takeover *takeover)
{
	takeover->stage = TAKEOVER_PROGRAMS;
	hold_programs(takeover);
	manager_await_ready(takeover->manager, on_programs_open, takeover);
}

static void on_jobs_idle(void *arg)
{
	struct takeover *takeover = arg;

	if (takeover->stopping)
		abandon(takeover);
	else if (takeover->stage == TAKEOVER_PINS)
		on_inspected(takeover);
	else
		finish_if_idle(takeover);
}

int takeover_new(const struct takeover_setup *setup, struct takeover **ret)
{
	struct takeover *takeover = calloc(1, sizeof(*takeover));

	if (!takeover)
		return -ENOMEM;
	takeover->manager = setup->manager;
	takeover->kern = setup->kern;
	takeover->hosts = setup->hosts;
	takeover->clock = setup->clock;
	takeover->jobs = (struct jobs){
		.executor = setup->executor,
		.idle = on_jobs_idle,
		.arg = takeover,
	};
	*ret = takeover;
	return 0;
}

void takeover_begin(struct takeover *takeover, void (*done)(void *arg), void *arg)
{
	int r;

	assert(takeover->stage == TAKEOVER_NOT_BEGUN || takeover->stopping);
	takeover->done = done;
	takeover->done_arg = arg;
	if (takeover->stopping) {
		takeover->stage = TAKEOVER_DONE;
		return;
	}
	takeover->stage = TAKEOVER_PINS;
	r = takeover_find(takeover);
	if (r < 0)
		log_error("rings of an earlier iouringd cannot be found, and are left untouched: "
			  "%s",
			  strerror(-r));
	if (takeover->n_entries > 0)
		submit(takeover, takeover_inspect);
	else
		on_inspected(takeover);
}

void takeover_stop(struct takeover *takeover, void (*done)(void *arg), void *arg)
{
	assert(!takeover->stopping);
	takeover->stopping = true;
	takeover->stopped = done;
	takeover->stopped_arg = arg;
	if (takeover->jobs.n == 0)
		abandon(takeover);
}

void takeover_free(struct takeover *takeover)
{
	if (!takeover)
		return;
	assert(takeover->jobs.n == 0 && takeover->n_entries == 0);
	free(takeover);
}
