/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rig.h - a loop program on a ring of our own: no daemon, no host
 *
 * The place to debug a program. A rig does what daemon and host do, in one process, as root: loads
 * the object (once), makes ring, region, files and restrictions as the descriptor asks, attaches
 * the program through a map of its own, and runs the loop in a thread.
 */
#ifndef TESTS_GUEST_RIG_H
#define TESTS_GUEST_RIG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iourd/abi.h"

struct bpf_object;
struct swap_state;

/* A loaded program; owns the object. */
struct rig_program {
	struct bpf_object *object;
	struct iourd_descriptor descriptor;
	int fd;			       /* borrowed from the object */
	int array_fd;		       /* of its map "programs", borrowed; -1: it has none */
	const struct swap_state *swap; /* of swap.bpf.c, else NULL */
};

/* Fails the test, with libbpf's and the verifier's words, if the object @name cannot be loaded. */
void rig_program_init(struct rig_program *program, const char *name);
void rig_program_done(struct rig_program *program);
/* A link between a loaded program and a ring, through a struct_ops map of its own. */
void rig_attach(const struct rig_program *program, int ring_fd, int *ret_map_fd, int *ret_link_fd);

/* A ring, its region and the thread that runs it. */
struct rig {
	int ring_fd;
	int region_fd;
	int link_fd;
	int map_fd;
	struct rig_program swap; /* what is attached, if swappable */
	size_t region_size;
	struct iourd_head *head; /* the mapped region */
	void *params;
	void *data;
	pthread_t thread;
	bool running;
	bool again;	   /* the thread enters the ring again whenever it comes back */
	unsigned int runs; /* how often it entered */
	int result;	   /* of the last io_uring_enter: 0 or -errno */
};

struct rig_options {
	const int *files; /* of the slots, borrowed; -1: empty */
	unsigned int n_files;
	uint64_t data_size; /* 0: the descriptor's */
	bool swappable;	    /* attached through a program array: rig_swap() */
	uint64_t forbid; /* bits of opcodes that the ring refuses, though the descriptor has them */
};

/* All parameters are 0: the test sets what the daemon would. */
void rig_init(struct rig *rig, const struct rig_program *program,
	      const struct rig_options *options);
void rig_start(struct rig *rig);
/*
 * Waits until progress.state is final, as an application does. False: no wake-up came. As the next
 * three it waits for RIG_PATIENCE seconds at most: the machine may be slow.
 */
#define RIG_PATIENCE 300u
bool rig_await(struct rig *rig);
/* Joins the thread; returns the result of io_uring_enter. */
int rig_join(struct rig *rig);
/* control.stop and the doorbell. */
void rig_stop(struct rig *rig);
/* Signals, as a host gets one, until the thread is joined: the loop ends with -EINTR. */
int rig_interrupt(struct rig *rig);
/* The next two need a swappable rig. */
void rig_swap(struct rig *rig, const struct rig_program *program);
uint64_t rig_steps(const struct rig *rig); /* so far */
/* Waits until it has taken more than @steps. */
void rig_await_steps(const struct rig *rig, uint64_t steps);
/* Ends the loop, if it runs, and removes all. */
void rig_done(struct rig *rig);

void rig_futex_wake(uint32_t *word);
/* Returns when woken, when the word is not @expected, when the time is over. */
void rig_futex_wait(uint32_t *word, uint32_t expected, unsigned int milliseconds);

uint64_t rig_now(void); /* ns, CLOCK_MONOTONIC */

/* A directory on ext4 that goes away with rig_remove_directory(). */
const char *rig_directory(void);
void rig_remove_directory(void);

/* cmocka group teardown: fails if the kernel warned of anything since the start. */
int rig_check_kernel_log(void **state);

#endif
