/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client scribbles over its ring's region while the daemon reads it: to judge a return of the
 * loop and a stall, to explain an end, to show progress and parameters, to check a swap, and when
 * it takes the ring over. What is there may change how this ring is shown and steered, within
 * bounds, and nothing else: another user's ring runs on, and its region stays as it was.
 *
 * Input: steps of four bytes: what happens (struct step), where or how often (two bytes), a value.
 */
#include "budget.h"
#include "fuzz.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kern/ledger.h"
#include "unit/ring/fixture.h"
#include "wire/json.h"

#define STEPS_MAX 64u
#define MAPPED	  4096u /* bytes: head and parameters */
#define WORK_MAX  6000000u
#define BYTES_MAX (8 << 20)

struct world {
	struct fixture fixture;
	struct answer ours, other; /* of ALICE's ring "r1", of BOB's ring "r1" */
	uint8_t *region, *other_region;
	_Alignas(struct iourd_head) uint8_t saved[MAPPED]; /* of BOB's */
	uint64_t generation;				   /* the highest that there can be */
};

struct step {
	unsigned int at;
	unsigned int value;
};

static bool find(struct world *world, uid_t uid, struct ring_view *ret)
{
	const struct peer peer = peer_of(uid);

	return manager_ring_find(world->fixture.manager, &peer, "r1", NULL, ret) == 0;
}

/* ---- what the client does to its region ---- */

/* To a small number, or the complement of one. */
static void change_word(struct world *world, const struct step *step)
{
	const int32_t number = (int8_t)step->value;

	memcpy(world->region + step->at * 4 % MAPPED, &number, sizeof(number));
}

static void change_number(struct world *world, const struct step *step)
{
	uint64_t number = 1ull << step->value % 64;

	number -= step->value >= 128;
	memcpy(world->region + step->at * 8 % MAPPED, &number, sizeof(number));
}

static void change_all(struct world *world, const struct step *step)
{
	memset(world->region, (int)step->value, MAPPED);
}

/* ---- what happens to the ring ---- */

/* The dispatcher's words are the kernel's, not the client's. */
static void loop_returns(struct world *world, const struct step *step)
{
	static const uint32_t lasts[] = {IOURD_STEP_PROGRAM, IOURD_STEP_PAUSED, IOURD_STEP_EMPTY,
					 IOURD_STEP_NONE};
	static const int results[] = {0, 1, -EINVAL, -EFAULT, -EPERM};
	struct host *host = host_search(&world->fixture, "r1");
	struct ring_view view;

	if (!host || hosts_fake_has_exited(host) || !find(world, ALICE, &view) ||
	    view.state != RING_RUNNING || !dispatcher_of(&world->fixture, "r1"))
		return;
	set_last(&world->fixture, "r1", lasts[step->value % 4]);
	hosts_fake_returned(host, results[step->at % 5]);
}

/* With an odd value the loop takes steps meanwhile. */
static void time_passes(struct world *world, const struct step *step)
{
	for (unsigned int i = 0; i < step->at % 32; i++) {
		struct kern_fake_pinned *pinned = pinned_of(&world->fixture, "r1");

		if (pinned && step->value % 2)
			pinned->record.dispatch.steps++;
		clock_fake_advance(&world->fixture.clock, 50);
		fixture_run(&world->fixture);
	}
}

static void request(struct world *world, const struct step *step)
{
	static const char *const programs[] = {"copy", "paced", "nop"};
	struct manager *manager = world->fixture.manager;
	const struct peer peer = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;
	struct note note = {};
	uint64_t expected = step->value & 0x80 ? world->generation : 0;
	int r;

	switch (step->value % 4) {
	case 0:
		r = manager_ring_swap(manager, &peer, "r1", programs[step->at % 3], expected,
				      answer_ring, &answer, &note);
		break;
	case 1:
		r = manager_ring_pause(manager, &peer, "r1", answer_ring, &answer, &note);
		break;
	case 2:
		r = manager_ring_resume(manager, &peer, "r1", answer_ring, &answer, &note);
		break;
	default:
		r = manager_ring_rollback(manager, &peer, "r1", expected, answer_ring, &answer,
					  &note);
		break;
	}
	if (r != 0)
		note_done(&note);
	fixture_run(&world->fixture);
	MUST(answer.calls == (r == 0));
	answer_done(&answer);
}

static void write_parameters(struct world *world, const struct step *step)
{
	static const char *const texts[] = {
		"{\"depth\":4}",	"{\"depth\":64,\"block_size\":262144}",
		"{\"block_size\":512}", "{\"sync\":true}",
		"{\"short_reads\":1}",	"{\"secret\":1}",
		"{\"depth\":0}",
	};
	const char *text = texts[step->value % (sizeof(texts) / sizeof(*texts))];
	const struct peer peer = peer_of(ALICE);
	struct json_object *parameters = NULL;
	struct note note = {};

	MUST(json_parse(text, strlen(text), NULL, &parameters) == 0);
	if (manager_parameters_write(world->fixture.manager, &peer, "r1", parameters, &note) != 0)
		note_done(&note);
	json_put(parameters);
}

static void read_parameters(struct world *world, const struct step *step)
{
	static const char *const fields[] = {"depth", "sync", "short_reads", "secret"};
	const struct peer peer = peer_of(ALICE);
	struct json_object *parameters = NULL;
	struct note note = {};
	uint64_t generation;

	if (manager_parameters_read(world->fixture.manager, &peer, "r1", &fields[step->value % 4],
				    step->at % 2, &note, &parameters, &generation) != 0)
		note_done(&note);
	else
		MUST(generation <= world->generation);
	json_put(parameters);
}

/* In the ledger, so that the next daemon finds another region than it expects. */
static void region_differs(struct world *world, const struct step *step)
{
	struct kern_fake_pinned *pinned = pinned_of(&world->fixture, "r1");

	if (!pinned)
		return;
	if (step->value % 2)
		pinned->record.ledger.region_bytes += MAPPED * (step->at % 8);
	else
		pinned->record.ledger.data_bytes += MAPPED * (step->at % 8);
}

static void next_daemon(struct world *world, const struct step *step)
{
	fixture_restart(&world->fixture);
}

/* ---- what must hold ---- */

static void check_ours(struct world *world)
{
	struct stat client, daemon;
	struct ring_view view;

	if (!find(world, ALICE, &view))
		return;
	MUST(view.uid == ALICE && view.program && view.generation <= world->generation);
	MUST(!view.reason || strlen(view.reason) < IOURD_REASON_MAX);
	if (view.region_fd >= 0) {
		MUST(fstat(view.region_fd, &daemon) == 0);
		MUST(fstat(world->ours.region, &client) == 0 && client.st_ino == daemon.st_ino);
		MUST((uint64_t)client.st_size == view.region_size);
		MUST(view.data_size < view.region_size);
	}
}

static void check_other(struct world *world)
{
	struct iourd_head *head = (struct iourd_head *)world->other_region;
	struct ring_view view;

	MUST(find(world, BOB, &view));
	MUST(view.state == RING_RUNNING && view.generation == 1);
	head->life =
		((struct iourd_head *)world->saved)->life; /* a daemon that takes over writes it */
	MUST(memcmp(world->other_region, world->saved, MAPPED) == 0);
}

static void *map_region(const struct answer *answer)
{
	void *region = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, answer->region, 0);

	MUST(region != MAP_FAILED);
	return region;
}

static void make(struct world *world, uid_t uid, struct answer *answer)
{
	const struct peer peer = peer_of(uid);
	struct answer start = ANSWER_NONE;
	struct sample sample;

	*answer = ANSWER_NONE;
	answer->keep = true;
	sample_init(&sample, "r1");
	sample.request.rollback = true;
	MUST(create_sample(&world->fixture, uid, &sample, answer, NULL) == 0);
	fixture_run(&world->fixture);
	sample_done(&sample);
	MUST(manager_ring_start(world->fixture.manager, &peer, "r1", answer_ring, &start, NULL) ==
	     0);
	fixture_run(&world->fixture);
	MUST(start.calls == 1 && start.r == 0);
	answer_done(&start);
}

static void run_step(struct world *world, unsigned int kind, const struct step *step)
{
	static void (*const kinds[])(struct world *world, const struct step *step) = {
		change_word, change_number,    change_all,	loop_returns,	time_passes,
		request,     write_parameters, read_parameters, region_differs, next_daemon,
	};

	world->generation += 8; /* a step makes at most a few */
	kinds[kind % (sizeof(kinds) / sizeof(*kinds))](world, step);
	fixture_run(&world->fixture);
	check_ours(world);
	check_other(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = {.generation = 1};

	budget_begin();
	fixture_start(&world.fixture);
	make(&world, ALICE, &world.ours);
	make(&world, BOB, &world.other);
	world.region = map_region(&world.ours);
	world.other_region = map_region(&world.other);
	memcpy(world.saved, world.other_region, MAPPED);
	for (size_t i = 0; i < STEPS_MAX && 4 * i + 4 <= size; i++) {
		const struct step step = {
			.at = (unsigned int)(data[4 * i + 1] | data[4 * i + 2] << 8),
			.value = data[4 * i + 3],
		};

		run_step(&world, data[4 * i], &step);
	}
	munmap(world.region, MAPPED);
	munmap(world.other_region, MAPPED);
	answer_done(&world.ours);
	answer_done(&world.other);
	fixture_run(&world.fixture);
	fixture_done(&world.fixture);
	budget_check(WORK_MAX, BYTES_MAX);
	return 0;
}
