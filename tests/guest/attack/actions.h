/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* actions.h - the attackers: threads of a process, and what each of them does next */
#ifndef TESTS_GUEST_ATTACK_ACTIONS_H
#define TESTS_GUEST_ATTACK_ACTIONS_H

#include <stdint.h>

#include "attack.h"

/* Shared by all processes of an attack. */
struct attack_tally {
	uint64_t sequences; /* ended, of all processes; one that dies leaves its last out */
	uint64_t actions;
	uint64_t steps;
	int unexpected;	 /* the first result that no action may have, or 0 */
	char action[32]; /* that had it */
	uint64_t seed;	 /* of the process that had it */
};

/* A step of the generator: the same numbers for the same seed. */
uint32_t attack_random(uint64_t *state, uint32_t below);

/*
 * The life of an attacking process: ATTACK_THREADS threads, each with a ring of its own, do
 * @sequences sequences each and attack one another's. It ends in one of several ways, none of them
 * a return. @maps are descriptors of struct_ops maps that name ATTACK_FD, ATTACK_FD + 1, ...
 */
_Noreturn void attack_run(uint64_t seed, unsigned int sequences, const int maps[ATTACK_MAPS],
			  struct attack_tally *tally);

#endif
