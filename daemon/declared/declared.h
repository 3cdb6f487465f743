/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * declared.h - rings that the administrator declares, kept as they are declared
 *
 * A client of the manager, like the api: it makes rings that are missing, changes those that
 * differ, and makes them again when they fail. Each ring is handled on its own: an error in one
 * declaration does not delay another.
 */
#ifndef DECLARED_DECLARED_H
#define DECLARED_DECLARED_H

#include <stddef.h>

#include "ring/types.h"
#include "util/clock.h"
#include "util/declaration.h"
#include "util/job.h"
#include "util/users.h"

struct declared;
struct manager;

struct declared_setup { /* all borrowed */
	struct manager *manager;
	struct users *users;
	struct executor *executor;
	struct clock_port *clock;
};

/* Owned by the daemon, which forwards the manager's ring_gone to declared_ring_gone. */
int declared_new(const struct declared_setup *setup, struct declared **ret);
/*
 * Begins nothing any more; @done when nothing is under way (at once, from within, if that is so
 * already). Call it before manager_stop, which answers the requests that are under way.
 */
void declared_stop(struct declared *declared, void (*done)(void *arg), void *arg);
/* Before the manager; nothing may be under way. NULL is fine. */
void declared_free(struct declared *declared);

/*
 * Replaces all declarations by @declarations, which it takes over; on failure (-ENOMEM,
 * -ESHUTDOWN) nothing changes. Rings that are missing are made, and others are changed as far as
 * possible. Rings that are not declared any more stay, as any other persistent ring. Until the next
 * call a declared ring that ends is made again, unless it was destroyed by request or its work was
 * over. @done when each was tried once, or the next call replaces this one (at once, from within,
 * if nothing has to be waited for); NULL is fine.
 */
int declared_apply(struct declared *declared, struct declarations *declarations,
		   void (*done)(void *arg), void *arg);

/* The manager's observer: a ring has ended. */
void declared_ring_gone(struct declared *declared, const struct ring_end *end);

struct declared_problem { /* borrowed, until the next call */
	const char *file;
	const char *text;
};
/* Declarations that are wrong, or could not be applied in full. */
size_t declared_problem_count(const struct declared *declared);
void declared_problem_at(const struct declared *declared, size_t index,
			 struct declared_problem *ret);

#endif
