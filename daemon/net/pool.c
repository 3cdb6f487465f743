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

struct worker { /* a thread */
	struct pool *pool;
	pthread_t thread;
	const struct job *job; /* that it runs; or NULL */
	uid_t uid;	       /* the job's */
};

struct pool { /* owned by the daemon */
	struct executor executor;
	struct loop *loop;    /* borrowed */
	struct ev_async wake; /* wakes the loop: jobs have finished */
	size_t under_way;     /* submitted, done() not called yet; they keep the loop running */
	size_t n_workers;
	struct worker workers[POOL_THREADS];

	pthread_mutex_t lock; /* for the members below, and those of the workers */
	pthread_cond_t more;
	size_t n_idle;
	size_t n_waiting; /* jobs */
	/* the first job of each user that waits, in the order of their turns (next_user) */
	struct job *users;
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

static void append_user(struct pool *pool, struct job *first)
{
	struct job **end = &pool->users;

	while (*end)
		end = &(*end)->next_user;
	first->next_user = NULL;
	*end = first;
}

static void wait_push(struct pool *pool, struct job *job)
{
	struct job *first = pool->users;

	while (first && first->uid != job->uid)
		first = first->next_user;
	pool->n_waiting++;
	job->next = NULL;
	if (first) {
		first->last->next = job;
		first->last = job;
	} else {
		job->last = job;
		append_user(pool, job);
	}
}

static size_t count_running(const struct pool *pool, uid_t uid)
{
	size_t n = 0;

	for (size_t i = 0; i < POOL_THREADS; i++)
		n += pool->workers[i].job && pool->workers[i].uid == uid;
	return n;
}

/* The next job of the first user who may have one more under way; the user's next turn is last. */
static struct job *wait_pop(struct pool *pool)
{
	struct job **at = &pool->users, *job;

	while (*at && count_running(pool, (*at)->uid) >= POOL_THREADS_PER_USER)
		at = &(*at)->next_user;
	job = *at;
	if (!job)
		return NULL;
	pool->n_waiting--;
	*at = job->next_user;
	if (job->next) {
		job->next->last = job->last;
		append_user(pool, job->next);
	}
	return job;
}

static void *run_worker(void *arg)
{
	struct worker *worker = arg;
	struct pool *pool = worker->pool;
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!(job = wait_pop(pool)) && !pool->ending) {
			pool->n_idle++;
			pthread_cond_wait(&pool->more, &pool->lock);
			pool->n_idle--;
		}
		if (pool->ending)
			break;
		worker->job = job;
		worker->uid = job->uid;
		pthread_mutex_unlock(&pool->lock);
		job->work(job);
		pthread_mutex_lock(&pool->lock);
		worker->job = NULL;
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
static void start_worker(struct pool *pool)
{
	struct worker *worker = &pool->workers[pool->n_workers];
	sigset_t all, before;

	worker->pool = pool;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&worker->thread, NULL, run_worker, worker) == 0)
		pool->n_workers++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void pool_submit(struct executor *executor, struct job *job)
{
	struct pool *pool = container_of(executor, struct pool, executor);
	bool short_of_threads;

	if (pool->under_way++ == 0)
		ev_ref(loop_ev(pool->loop));
	pthread_mutex_lock(&pool->lock);
	wait_push(pool, job);
	short_of_threads = pool->n_waiting > pool->n_idle;
	pthread_cond_signal(&pool->more);
	pthread_mutex_unlock(&pool->lock);
	if (short_of_threads && pool->n_workers < POOL_THREADS)
		start_worker(pool);
	if (pool->n_workers > 0)
		return;
	/* without any thread, run the job here: slow, but it works */
	job = wait_pop(pool);
	job->work(job);
	queue_push(&pool->finished, job);
	ev_async_send(loop_ev(pool->loop), &pool->wake);
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
	for (size_t i = 0; i < pool->n_workers; i++)
		pthread_join(pool->workers[i].thread, NULL);
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
