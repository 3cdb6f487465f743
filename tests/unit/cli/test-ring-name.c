/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of rings, as people and as the daemon write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ring-name.h"

static void test_for_the_daemon(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"nightly", "nightly"},
		{"root/nightly", "0/nightly"},
		{"0/nightly", "0/nightly"},
		{"/nightly", "/nightly"},
		{"root/a/b", "0/a/b"},
		{"root/", "0/"},
		{"", ""},
		{"4000000000/a", "4000000000/a"},
	};
	char name[RING_TEXT_MAX], longer[2 * RING_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ring_name_of_text(cases[i].text, name), 0);
		assert_string_equal(name, cases[i].name);
	}
	assert_int_equal(ring_name_of_text("no-such-user/a", name), -ESRCH);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ring_name_of_text(longer, name), 0);
	longer[USER_NAME_MAX + 8] = '/'; /* longer than the name of a user */
	assert_int_equal(ring_name_of_text(longer, name), 0);
}

static void test_for_people(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{"nightly", "nightly"},
		{"0/nightly", "root/nightly"},
		{"4000000000/nightly", "4000000000/nightly"},
		{"99999999999999999999/a", "99999999999999999999/a"},
		{"/nightly", "/nightly"},
		{"x/nightly", "x/nightly"},
	};
	char buffer[RING_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(ring_text_of_name(cases[i].name, buffer), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_for_the_daemon),
		cmocka_unit_test(test_for_people),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/ring-name", tests, NULL, NULL);
}
