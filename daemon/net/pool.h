/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool.h - the executor of jobs: threads, started when jobs need them
 *
 * Users take turns, and no user has more than POOL_THREADS_PER_USER jobs under way. Jobs that hang
 * in the kernel therefore delay their own user, and nobody else until POOL_THREADS of them hang.
 */
#ifndef DAEMON_NET_POOL_H
#define DAEMON_NET_POOL_H

#include "util/job.h"

struct loop;
struct pool;

#define POOL_THREADS	      16
#define POOL_THREADS_PER_USER 4

int pool_new(struct loop *loop, struct pool **ret);
/*
 * Waits for running jobs, drops those that have not begun, and calls no done() any more. Free the
 * jobs' owners after the pool. NULL is fine.
 */
void pool_free(struct pool *pool);
struct executor *pool_executor(struct pool *pool);

#endif
