/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/pool.h"

#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "net/loop.h"
#include "common/list.h"

struct job_queue {
	struct job *first;
	struct job **end;
};

struct pool { /* owned by the daemon */
	struct executor executor;
	struct loop *loop;    /* borrowed */
	struct ev_async wake; /* wakes the loop: jobs have finished */
	size_t under_way;     /* submitted, done() not called yet; they keep the loop running */
	size_t n_threads;
	pthread_t threads[POOL_THREADS];

	pthread_mutex_t lock; /* for the members below */
	pthread_cond_t more;
	struct job_queue waiting;
	struct job_queue finished;
	bool ending;
};

static void queue_init(struct job_queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

static void queue_push(struct job_queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
}

static struct job *queue_pop(struct job_queue *queue)
{
	struct job *job = queue->first;

	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->end = &queue->first;
	job->next = NULL;
	return job;
}

static void *pool_thread(void *arg)
{
	struct pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct job *job;

		while (!pool->waiting.first && !pool->ending)
			pthread_cond_wait(&pool->more, &pool->lock);
		if (pool->ending)
			break;
		job = queue_pop(&pool->waiting);
		pthread_mutex_unlock(&pool->lock);
		job->work(job);
		pthread_mutex_lock(&pool->lock);
		queue_push(&pool->finished, job);
		ev_async_send(loop_ev(pool->loop), &pool->wake);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void on_finished(struct ev_loop *ev, struct ev_async *watcher, int events)
{
	struct pool *pool = watcher->data;
	struct job_queue finished;
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	queue_init(&finished);
	while ((job = queue_pop(&pool->finished)))
		queue_push(&finished, job);
	pthread_mutex_unlock(&pool->lock);
	while ((job = queue_pop(&finished))) {
		if (--pool->under_way == 0)
			ev_unref(ev);
		job->done(job); /* may free the job */
	}
}

/* Only the loop's thread handles signals. */
static void start_threads(struct pool *pool)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->n_threads < POOL_THREADS &&
	       pthread_create(&pool->threads[pool->n_threads], NULL, pool_thread, pool) == 0)
		pool->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void pool_submit(struct executor *executor, struct job *job)
{
	struct pool *pool = container_of(executor, struct pool, executor);

	if (pool->n_threads < POOL_THREADS)
		start_threads(pool);
	if (pool->under_way++ == 0)
		ev_ref(loop_ev(pool->loop));
	if (pool->n_threads == 0) {
		/* without any thread, run the job here: slow, but it works */
		job->work(job);
		pthread_mutex_lock(&pool->lock);
		queue_push(&pool->finished, job);
		pthread_mutex_unlock(&pool->lock);
		ev_async_send(loop_ev(pool->loop), &pool->wake);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	queue_push(&pool->waiting, job);
	pthread_cond_signal(&pool->more);
	pthread_mutex_unlock(&pool->lock);
}

int pool_new(struct loop *loop, struct pool **ret)
{
	struct pool *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->executor.submit = pool_submit;
	made->loop = loop;
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->more, NULL);
	queue_init(&made->waiting);
	queue_init(&made->finished);
	ev_async_init(&made->wake, on_finished);
	made->wake.data = made;
	ev_async_start(loop_ev(loop), &made->wake);
	ev_unref(loop_ev(loop)); /* only jobs keep the loop running */
	*ret = made;
	return 0;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->more);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->n_threads; i++)
		pthread_join(pool->threads[i], NULL);
	if (pool->under_way == 0)
		ev_ref(loop_ev(pool->loop));
	ev_async_stop(loop_ev(pool->loop), &pool->wake);
	pthread_cond_destroy(&pool->more);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

struct executor *pool_executor(struct pool *pool)
{
	return &pool->executor;
}
