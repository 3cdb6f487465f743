/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cases.h - one function for each measurement */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "iouctl.h"

struct bench_paths {
	const char *daemon;
	const char *nop_object;
	const char *directory; /* for the file of chase */
};

/* Waits for the kernel's work after boot, which would disturb short runs. */
void case_settle(void);

/* Instructions per operation. */
double case_nop_daemon(struct iouctl *c, unsigned int depth);
/* @stopped: pid of the daemon, stopped while the ring runs; 0: none. */
double case_nop_hosted(struct iouctl *c, pid_t stopped, unsigned int depth);
double case_nop_adopted(struct iouctl *c, pid_t stopped, unsigned int depth);
double case_nop_direct(const char *object, bool restricted, unsigned int depth);
double case_nop_user(unsigned int depth);

struct chase_figures { /* instructions per hop */
	double daemon, plain, fixed, pread;
};
struct chase_figures case_chase(struct iouctl *c, const char *directory, unsigned int block);

struct create_figures { /* p50, p99: instructions */
	uint64_t daemon[2], host[2], answer[2], destroy[2], adopted[2];
};
struct create_figures case_create(struct iouctl *c, pid_t daemon);

struct swap_figures {
	uint64_t time[2]; /* p50, p99: nanoseconds from the call to its reply */
	uint64_t steps;	  /* of the loop, during all swaps */
	uint64_t stopped; /* swaps after which the ring did not run any more */
};
struct swap_figures case_swap(struct iouctl *c, const char *object);

#endif
