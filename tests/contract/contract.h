/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * contract.h - the rules for every implementation of the kernel port
 *
 * rules.c is linked once with the fake port and once with the real one. Each provides a
 * contract_port, which makes the port, valid program objects, and rings to attach to.
 */
#ifndef TESTS_CONTRACT_H
#define TESTS_CONTRACT_H

#include "tap.h"

#include "kern/kern.h"

/* Programs "a" and "b" have the same layout, "other" has another one. */
enum contract_object {
	CONTRACT_A,
	CONTRACT_B,
	CONTRACT_OTHER,
};

struct contract_ring {
	int pidfd;
	int ring_fd; /* its number in that process */
	void *process;
};

struct contract_port {
	void (*kern_new)(struct kern **ret);
	/* A descriptor that the caller closes. */
	int (*object)(enum contract_object which);
	/* A disabled ring in another process. */
	void (*ring_start)(struct contract_ring *ret);
	void (*ring_end)(struct contract_ring *ring);
};

extern const struct contract_port contract_port;

/* cmocka's setup and teardown: *state is the struct kern. */
int contract_setup(void **state);
int contract_teardown(void **state);

/* Opens and loads one of the port's objects. */
struct kern_program *contract_open(struct kern *kern, enum contract_object which);
struct kern_program *contract_load(struct kern *kern, enum contract_object which);
/* Pins under the port's directory. */
size_t contract_count_pins(struct kern *kern);

/* The rules, for a group of tests. */
extern const struct CMUnitTest contract_rules[];
extern const size_t contract_n_rules;

#endif
