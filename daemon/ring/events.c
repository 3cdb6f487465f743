/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "ring/events.h"

uint64_t events_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static struct iourd_journal_user *find_user(struct iourd_journal *journal, uid_t uid)
{
	for (size_t i = 0; i < IOURD_JOURNAL_USERS; i++)
		if (journal->users[i].number > 0 && journal->users[i].uid == uid)
			return &journal->users[i];
	return NULL;
}

uint64_t events_last_of(const struct events *events, uid_t uid)
{
	const struct iourd_journal_user *user = find_user(events->journal, uid);

	return user ? user->number : events->journal->displaced << 32;
}

/* An unused entry, or else the one whose last event is the oldest. */
static struct iourd_journal_user *make_room(struct iourd_journal *journal)
{
	struct iourd_journal_user *oldest = &journal->users[0];

	for (size_t i = 1; i < IOURD_JOURNAL_USERS; i++)
		if (journal->users[i].event_number < oldest->event_number)
			oldest = &journal->users[i];
	if (oldest->number > 0)
		journal->displaced++;
	return oldest;
}

static uint64_t count_for_user(struct iourd_journal *journal, uid_t uid)
{
	struct iourd_journal_user *user = find_user(journal, uid);

	if (!user) {
		user = make_room(journal);
		*user = (struct iourd_journal_user){
			.uid = uid,
			.number = journal->displaced << 32,
		};
	}
	user->event_number = journal->event_number;
	return ++user->number;
}

void events_emit(struct events *events, struct manager_event event)
{
	event.number = __atomic_add_fetch(&events->journal->event_number, 1, __ATOMIC_RELEASE);
	event.user_number = count_for_user(events->journal, event.uid);
	event.time_us = events_now();
	if (events->listener)
		events->listener(events->arg, &event);
}
