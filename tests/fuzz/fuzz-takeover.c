/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A daemon takes over rings whose pinned records, journal and hosts were damaged while none ran.
 * It must serve the others, and the next daemon, which finds the records in order, must be able to
 * end them all.
 *
 * Input: changes of four bytes: what is changed, and in which of the three rings; where (two
 * bytes); the new value.
 */
#include "budget.h"
#include "fuzz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"
#include "wire/json.h"

#define N_RINGS	    3u
#define CHANGES_MAX 64u
#define WORK_MAX    3000000u
#define BYTES_MAX   (8 << 20)

enum {
	WORD,
	BYTE,
	PINS,
	HOST_STATE,
	HOST_DIES,
	HOST_SILENT,
	PROGRAM,
	JOURNAL,
	STRANGE_PIN,
	HOST_STUCK,
	KINDS
};

static const char *const names[N_RINGS] = {"created", "running", "paused"};

static bool dead[N_RINGS]; /* their hosts */

struct saved {
	struct iourd_record record;
	uint64_t program;
};

static void change_record(struct kern_fake_pinned *pinned, size_t at, uint8_t value, bool word)
{
	uint8_t *bytes = (uint8_t *)&pinned->record;

	if (word) {
		at = at % (sizeof(pinned->record) / 4) * 4;
		memset(bytes + at, value, 4);
	} else {
		bytes[at % sizeof(pinned->record)] = value;
	}
}

static void change_pins(struct kern_fake_pinned *pinned, uint8_t value)
{
	pinned->array = value & 1;
	pinned->state = value & 2;
	pinned->dispatcher = value & 4;
	pinned->link = value & 8;
	pinned->small = value & 16;
}

static void change_journal(struct fixture *fixture, size_t at, uint8_t value)
{
	struct iourd_journal *journal = fixture->kern->ops->journal(fixture->kern);

	fixture->journal_damaged = true;
	((uint8_t *)journal)[at % sizeof(*journal)] = value;
}

/* Once. */
static void end_host(struct host *host, size_t i)
{
	if (host && !dead[i])
		hosts_fake_die(host);
	dead[i] = true;
}

static void change(struct fixture *fixture, const uint8_t *data)
{
	static const enum control_type states[] = {CONTROL_READY, CONTROL_RUNNING, CONTROL_PAUSED,
						   CONTROL_RETURNED};
	const char *name = names[(data[0] >> 4) % N_RINGS];
	struct kern_fake_pinned *pinned = pinned_of(fixture, name);
	struct host *host = host_search(fixture, name);
	size_t at = (size_t)(data[1] | data[2] << 8);

	switch ((data[0] & 15) % KINDS) {
	case WORD:
	case BYTE:
		change_record(pinned, at, data[3], (data[0] & 15) % KINDS == WORD);
		break;
	case PINS:
		change_pins(pinned, data[3]);
		break;
	case HOST_STATE:
		if (host)
			hosts_fake_set_state(host, states[data[3] % 4], -(int)(at % 200));
		break;
	case HOST_DIES:
		end_host(host, (data[0] >> 4) % N_RINGS);
		break;
	case HOST_SILENT:
		if (host)
			hosts_fake_set_unresponsive(host);
		break;
	case PROGRAM:
		pinned->program = data[3];
		break;
	case JOURNAL:
		change_journal(fixture, at, data[3]);
		break;
	case HOST_STUCK:
		if (host)
			hosts_fake_set_stuck(host, true);
		break;
	case STRANGE_PIN:
		kern_fake_leave_pin(fixture->kern, "strange");
		break;
	}
}

static void ignore(void *arg, int r, const struct note *note, const struct ring_view *view)
{
}

/* What the daemon shows of each ring, and that it can be asked to do something. */
static void ask_about(struct fixture *fixture)
{
	const struct peer root = peer_of(0);
	size_t n = manager_ring_count(fixture->manager, &root);

	MUST(n <= N_RINGS);
	for (size_t i = 0; i < n; i++) {
		struct json_object *parameters = NULL;
		struct ring_view view;
		struct note note = {};
		uint64_t generation;

		manager_ring_at(fixture->manager, &root, i, &view);
		MUST(view.title.name && view.program);
		MUST(!view.reason || strlen(view.reason) < IOURD_REASON_MAX);
		manager_parameters_read(fixture->manager, &root, view.title.full, NULL, 0, &note,
					&parameters, &generation);
		json_put(parameters);
		note_done(&note);
		if (manager_ring_pause(fixture->manager, &root, view.title.full, ignore, NULL,
				       &note))
			note_done(&note);
		fixture_run(fixture);
	}
}

static void next_daemon(struct fixture *fixture)
{
	MUST(fixture_manage(fixture) == 0);
	fixture_run(fixture);
	clock_fake_advance(&fixture->clock, 60000);
	fixture_run(fixture);
	MUST(fixture->ready);
}

/* The first daemon has given the name of ring @i back, because its host was stuck. */
static const char *name_now(struct fixture *fixture, size_t i, char *ending, size_t size)
{
	snprintf(ending, size, "%s-ending-1", names[i]);
	return pinned_of(fixture, names[i]) || host_search(fixture, names[i]) ? names[i] : ending;
}

/* What was left alone is put in order, and its hosts end. */
static void put_in_order(struct fixture *fixture, const struct saved *saved)
{
	for (size_t i = 0; i < N_RINGS; i++) {
		char ending[32];
		const char *name = name_now(fixture, i, ending, sizeof(ending));
		struct kern_fake_pinned *pinned = pinned_of(fixture, name);
		struct host *host = host_search(fixture, name);

		if (pinned) {
			pinned->record.ledger = saved[i].record.ledger;
			pinned->small = false;
			pinned->program = saved[i].program;
		}
		if (host)
			hosts_fake_set_stuck(host, false);
		end_host(host, i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer held[N_RINGS];
	struct saved saved[N_RINGS];
	struct fixture fixture;

	memset(dead, 0, sizeof(dead));
	budget_begin();
	fixture_start(&fixture);
	for (size_t i = 0; i < N_RINGS; i++) {
		make_ring(&fixture, names[i], &held[i]);
		if (i > 0)
			start_ring(&fixture, names[i]);
	}
	fixture_stop(&fixture);
	for (size_t i = 0; i < N_RINGS; i++) {
		struct kern_fake_pinned *pinned = pinned_of(&fixture, names[i]);

		saved[i] = (struct saved){pinned->record, pinned->program};
	}
	for (size_t i = 0; i < CHANGES_MAX && 4 * i + 4 <= size; i++)
		change(&fixture, data + 4 * i);
	next_daemon(&fixture);
	ask_about(&fixture);
	fixture_stop(&fixture);
	put_in_order(&fixture, saved);
	next_daemon(&fixture);
	for (size_t i = 0; i < N_RINGS; i++)
		answer_done(&held[i]);
	fixture_done(&fixture);
	budget_check(WORK_MAX, BYTES_MAX);
	return 0;
}
