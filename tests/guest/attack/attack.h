/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attack.h - what the attacked rings, their program and the attackers have in common
 *
 * A sequence is the life of one ring: it is made, attacked at random, and closed. Rings are known
 * by descriptor numbers that all maps name and every attacker may take, exchange and close.
 */
#ifndef TESTS_GUEST_ATTACK_H
#define TESTS_GUEST_ATTACK_H

#define ATTACK_SQ      8
#define ATTACK_CQ      16
#define ATTACK_THREADS 3
#define ATTACK_MAPS    4
#define ATTACK_FD      100 /* the first of ATTACK_MAPS descriptor numbers */

/* attack_orders.what */
#define ATTACK_REAP   1
#define ATTACK_LIE    2 /* about the CQ's head */
#define ATTACK_ANSWER 4 /* the step returns .value */

/* The region. Anybody writes it at any time. */
struct attack_orders {
	unsigned int what;
	unsigned int batch; /* entries to submit, of the SQ's eight */
	unsigned int wait;  /* completions to wait for */
	unsigned int value;
	unsigned int limit; /* steps */
	unsigned int steps;
	unsigned long long sqes[ATTACK_SQ][8];
};

#endif
