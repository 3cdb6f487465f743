// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test-hostile.c - an application that writes rubbish over its region while the program runs: the
 * ring must end by itself or by a signal, and the kernel must not mind
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "copying.h"
#include "iourd/prog/chase.h"
#include "iourd/prog/nop.h"
#include "rig.h"

#define ROUNDS UINT64_C(400000000) /* ns for each program and place */

struct place {
	const char *name;
	size_t offset; /* in the region */
	size_t size;
};

/* As good values as any to start with; most of the time the program is to believe that it runs. */
static void make_sense(struct rig *rig, uint32_t state)
{
	uint32_t *params = rig->params;

	params[0] = 8;
	params[1] = 4096;
	rig->head->control.stop = 0;
	rig->head->progress.error = 0;
	__atomic_store_n(&rig->head->progress.state, state, __ATOMIC_SEQ_CST);
}

/* Words of any value, and the values that lie at the edges of what programs accept. */
static uint64_t rubbish(unsigned int *seed)
{
	static const uint64_t edges[] = {
		0,   1,	   2,	  3,	 4,	     63,	 64,	     65,	511,
		512, 4096, 65536, ~0ull, ~0ull >> 1, 1ull << 63, 0xffffffff, 1ull << 32};
	uint64_t word = (uint64_t)rand_r(seed) << 33 ^ (uint64_t)rand_r(seed) << 11 ^ rand_r(seed);

	return rand_r(seed) % 2 ? edges[word % (sizeof(edges) / sizeof(edges[0]))] : word;
}

static void scribble(struct rig *rig, const struct place *place, unsigned int *seed)
{
	uint64_t end = rig_now() + ROUNDS, word;
	char *base = (char *)rig->head + place->offset;
	size_t at;

	while (rig_now() < end) {
		for (unsigned int i = 0; i < 100; i++) {
			word = rubbish(seed);
			at = (size_t)rand_r(seed) % (place->size / 4) * 4;
			memcpy(base + at, &word, at + 8 <= place->size && word % 3 ? 8 : 4);
		}
		if (rand_r(seed) % 8)
			make_sense(rig, rand_r(seed) % 8 ? IOURD_WORK_RUNNING : IOURD_WORK_IDLE);
		/* somebody is to look at it, also if it sleeps */
		__atomic_add_fetch(&rig->head->control.doorbell, 1, __ATOMIC_SEQ_CST);
		rig_futex_wake(&rig->head->control.doorbell);
		usleep(rand_r(seed) % 500);
	}
}

/* A signal between two steps ends it, whatever the program makes of what it reads. */
static void attack(struct rig *rig, const struct iourd_descriptor *descriptor,
		   const struct place *place, unsigned int seed)
{
	unsigned int seed_before = seed;

	rig->again = true;
	rig_start(rig);
	scribble(rig, place, &seed);
	rig_interrupt(rig);
	print_message("# %s, %s, seed %u: %u runs, the last ended with %d, state %u\n",
		      descriptor->name, place->name, seed_before, rig->runs, rig->result,
		      rig->head->progress.state);
}

static void attack_everywhere(const struct rig_program *program, const int *files, unsigned int n)
{
	const struct place places[] = {
		{"settings and private state", sizeof(struct iourd_head),
		 program->descriptor.params_size},
		{"progress", offsetof(struct iourd_head, progress), sizeof(struct iourd_progress)},
		{"identity", 0, sizeof(struct iourd_identity)},
		{"all", 0, sizeof(struct iourd_head) + program->descriptor.params_size},
	};
	struct rig rig;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		rig_init(&rig, program,
			 &(struct rig_options){.files = files, .n_files = n, .data_size = 1 << 18});
		make_sense(&rig, IOURD_WORK_IDLE);
		attack(&rig, &program->descriptor, &places[i], i + 1);
		rig_done(&rig);
	}
}

static void nop_is_attacked(void **state)
{
	struct rig_program program;

	rig_program_init(&program, "nop");
	attack_everywhere(&program, NULL, 0);
	rig_program_done(&program);
}

static void copies_are_attacked(void **state)
{
	int files[] = {copying_file("source", 8 << 20), copying_file("target", 0)};

	attack_everywhere(&copy_program, files, 2);
	attack_everywhere(&paced_program, files, 2);
	close(files[0]);
	close(files[1]);
}

static void chase_is_attacked(void **state)
{
	struct rig_program program;
	int file = copying_file("chain", 8 << 20);

	rig_program_init(&program, "chase");
	attack_everywhere(&program, &file, 1);
	rig_program_done(&program);
	close(file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nop_is_attacked),
		cmocka_unit_test(copies_are_attacked),
		cmocka_unit_test(chase_is_attacked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("programs-hostile", tests, copying_load, copying_unload);
}
