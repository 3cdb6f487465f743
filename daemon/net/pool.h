/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool.h - the executor of jobs: a few threads, made when the first job comes
 */
#ifndef DAEMON_NET_POOL_H
#define DAEMON_NET_POOL_H

#include "util/job.h"

struct loop;
struct pool;

#define POOL_THREADS 4

int pool_new(struct loop *loop, struct pool **ret);
/*
 * Waits for the jobs that run; those that have not begun are dropped, and no done() is called any
 * more: owners of jobs go after the pool. NULL is fine.
 */
void pool_free(struct pool *pool);
struct executor *pool_executor(struct pool *pool);

#endif
