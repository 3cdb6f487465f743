/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/turns.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "common/container-of.h"
#include "net/loop.h"

struct turns_user { /* lives as long as the user has connections */
	struct list_link link;
	uid_t uid;
	size_t n; /* turns that refer to it */
	struct list waiting;
};

static struct turns_user *find_user(const struct turns *turns, uid_t uid)
{
	struct turns_user *user;

	list_for_each(user, &turns->users, link)
		if (user->uid == uid)
			return user;
	return NULL;
}

static void serve_one(struct turns_user *user)
{
	struct list_link *link = list_first(&user->waiting);
	struct turn *turn;

	if (!link)
		return;
	turn = container_of(link, struct turn, link);
	turn_skip(turn);
	turn->serve(turn);
}

static void on_idle(struct ev_loop *ev, struct ev_idle *watcher, int events)
{
	struct turns *turns = watcher->data;
	struct turns_user *user;

	list_for_each(user, &turns->users, link)
		serve_one(user);
}

void turns_init(struct turns *turns, struct loop *loop)
{
	turns->loop = loop;
	list_init(&turns->users);
	ev_idle_init(&turns->idle, on_idle);
	/* the highest priority, so that other watchers cannot starve it */
	ev_set_priority(&turns->idle, EV_MAXPRI);
	turns->idle.data = turns;
}

void turns_done(struct turns *turns)
{
	assert(list_is_empty(&turns->users));
	ev_idle_stop(loop_ev(turns->loop), &turns->idle);
}

size_t turns_count(const struct turns *turns, uid_t uid)
{
	const struct turns_user *user = find_user(turns, uid);

	return user ? user->n : 0;
}

int turn_init(struct turns *turns, struct turn *turn, uid_t uid)
{
	struct turns_user *user = find_user(turns, uid);

	if (!user) {
		user = calloc(1, sizeof(*user));
		if (!user)
			return -ENOMEM;
		user->uid = uid;
		list_init(&user->waiting);
		list_append(&turns->users, &user->link);
	}
	user->n++;
	turn->turns = turns;
	turn->user = user;
	return 0;
}

void turn_done(struct turn *turn)
{
	struct turns_user *user = turn->user;

	if (!user)
		return;
	turn_skip(turn);
	turn->user = NULL;
	if (--user->n > 0)
		return;
	list_unlink(&user->link);
	free(user);
}

void turn_wait(struct turn *turn)
{
	struct turns *turns = turn->turns;

	if (list_is_linked(&turn->link))
		return;
	list_append(&turn->user->waiting, &turn->link);
	if (turns->n_waiting++ == 0)
		ev_idle_start(loop_ev(turns->loop), &turns->idle);
}

void turn_skip(struct turn *turn)
{
	struct turns *turns = turn->turns;

	if (!list_is_linked(&turn->link))
		return;
	list_unlink(&turn->link);
	if (--turns->n_waiting == 0)
		ev_idle_stop(loop_ev(turns->loop), &turns->idle);
}
