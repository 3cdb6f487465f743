/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers of events: of all, and of each user's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ring/events.h"

#define COUNTED_ANEW (UINT64_C(1) << 32)

static void see(void *arg, const struct manager_event *event)
{
	struct manager_event *last = arg;

	*last = *event;
}

static void emit(struct events *events, uid_t uid)
{
	events_emit(events, (struct manager_event){.kind = EVENT_CREATED, .uid = uid});
}

static void test_own_events_count(void **state)
{
	struct iourd_journal journal = {0};
	struct manager_event last = {0};
	struct events events = {.listener = see, .arg = &last, .journal = &journal};

	assert_int_equal(events_last_of(&events, 1000), 0);
	emit(&events, 1000);
	assert_int_equal(last.number, 1);
	assert_int_equal(last.user_number, 1);
	for (unsigned int i = 0; i < 5; i++)
		emit(&events, 0);
	assert_int_equal(last.user_number, 5);
	assert_int_equal(events_last_of(&events, 1000), 1);
	emit(&events, 1000);
	assert_int_equal(last.number, 7);
	assert_int_equal(last.user_number, 2);
	assert_int_equal(events_last_of(&events, 1001), 0);
}

/* A number that a displaced user has seen is never that of a later event. */
static void test_displaced(void **state)
{
	struct iourd_journal journal = {0};
	struct manager_event last = {0};
	struct events events = {.listener = see, .arg = &last, .journal = &journal};

	for (uid_t uid = 0; uid < IOURD_JOURNAL_USERS; uid++)
		emit(&events, uid);
	emit(&events, 0);
	assert_int_equal(last.user_number, 2);
	emit(&events, 5000); /* in the place of 1 */
	assert_int_equal(last.user_number, COUNTED_ANEW + 1);
	assert_int_equal(events_last_of(&events, 0), 2);
	assert_int_equal(events_last_of(&events, 2), 1);
	assert_int_equal(events_last_of(&events, 1), COUNTED_ANEW);
	emit(&events, 1); /* in the place of 2 */
	assert_int_equal(last.user_number, 2 * COUNTED_ANEW + 1);
	emit(&events, 1);
	assert_int_equal(last.user_number, 2 * COUNTED_ANEW + 2);
	assert_int_equal(last.number, IOURD_JOURNAL_USERS + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_events_count),
		cmocka_unit_test(test_displaced),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("numbers of events", tests, NULL, NULL);
}
