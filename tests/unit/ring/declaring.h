/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* declaring.h - declarations, and checks of the rings made by them */
#ifndef TESTS_UNIT_RING_DECLARING_H
#define TESTS_UNIT_RING_DECLARING_H

#include "unit/ring/fixture.h"

struct ring_spec {		/* NULL and 0: as in the comment */
	const char *name;	/* "d1" */
	const char *program;	/* "copy" */
	const char *user;	/* "alice" */
	const char *source;	/* "/good/a"; "": no file for that slot */
	const char *target;	/* "/good/b" */
	const char *parameters; /* JSON; none */
	uint64_t data_bytes;	/* none */
	bool rollback;
	bool not_started;
	bool swapped; /* the target's file comes before the source's */
	const char *problem;
};

/* declared_apply, and all that follows: each was tried. */
void declare(struct fixture *fixture, const struct ring_spec *rings, size_t n);
/* The same, without running any job; @done counts. */
void declare_only(struct fixture *fixture, const struct ring_spec *rings, size_t n,
		  unsigned int *done);
#define DECLARE(fixture, ...)                                                                      \
	do {                                                                                       \
		const struct ring_spec rings_[] = {__VA_ARGS__};                                   \
		declare(fixture, rings_, sizeof(rings_) / sizeof(rings_[0]));                      \
	} while (0)

/* There is one problem, with the file and @what in it. */
void expect_problem(struct fixture *fixture, const char *what);
void expect_no_problem(struct fixture *fixture);
/* As root sees it. */
struct ring_view look_at(struct fixture *fixture, const char *name);
bool is_there(struct fixture *fixture, const char *name);
/* Kills the host of the ring, and runs what follows. */
void kill_host(struct fixture *fixture, const char *name);

#endif
