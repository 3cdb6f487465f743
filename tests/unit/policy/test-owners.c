/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ranges of /etc/subuid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/owners.h"

static void parse(const char *text, struct owners *owners, struct problems *problems)
{
	*owners = (struct owners){};
	*problems = (struct problems){};
	assert_int_equal(owners_parse(owners, "subuid", text, strlen(text), problems), 0);
}

static const char *owner(const struct owners *owners, uid_t uid)
{
	const struct owner_range *range = owners_find(owners, uid);

	return range ? range->name : "";
}

static void test_ranges(void **state)
{
	struct problems problems;
	struct owners owners;

	parse("# a comment\nbob:165536:65536\nalice:100000:65536\n\n7:4294967200:95", &owners,
	      &problems);
	assert_int_equal(problems.n, 0);
	assert_string_equal(owner(&owners, 99999), "");
	assert_string_equal(owner(&owners, 100000), "alice");
	assert_string_equal(owner(&owners, 165535), "alice");
	assert_string_equal(owner(&owners, 165536), "bob");
	assert_string_equal(owner(&owners, 231071), "bob");
	assert_string_equal(owner(&owners, 231072), "");
	assert_string_equal(owner(&owners, 4294967294u), "7");
	assert_string_equal(owner(&owners, 0), "");
	owners_done(&owners);
	parse("", &owners, &problems);
	assert_string_equal(owner(&owners, 100000), "");
	owners_done(&owners);
}

static void test_overlap(void **state)
{
	struct problems problems;
	struct owners owners;

	parse("bob:105:10\nalice:100:10\ncarol:101:3\n", &owners, &problems);
	assert_string_equal(owner(&owners, 103), "alice");
	assert_string_equal(owner(&owners, 109), "alice");
	assert_string_equal(owner(&owners, 110), "bob");
	assert_string_equal(owner(&owners, 114), "bob");
	assert_string_equal(owner(&owners, 115), "");
	owners_done(&owners);
}

static void test_mistakes(void **state)
{
	static const char *const lines[] = {
		"alice",
		"alice:1",
		":1:1",
		"alice:-1:1",
		"alice:1:+1",
		"alice:1:0",
		"alice:0:65536",
		"alice:4294967295:1",
		"alice:5:4294967295",
		"alice:1:1:1",
		"alice:x:1",
	};
	struct problems problems;
	struct owners owners;
	char text[128];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "\n%s\nbob:200000:1\n", lines[i]);
		parse(text, &owners, &problems);
		if (problems.n != 1)
			fail_msg("%s: %zu problems", lines[i], problems.n);
		assert_string_equal(problems.texts[0],
				    "subuid:2: expected USER:FIRST:COUNT; the line is ignored");
		assert_string_equal(owner(&owners, 200000), "bob");
		assert_int_equal(owners.n, 1);
		problems_done(&problems);
		owners_done(&owners);
	}
}

static void test_bound(void **state)
{
	static char text[OWNERS_MAX * 16];
	struct problems problems;
	struct owners owners;
	size_t n = 0;

	for (int i = 1; i <= OWNERS_MAX + 1; i++)
		n += (size_t)sprintf(text + n, "a:%d:1\n", i);
	parse(text, &owners, &problems);
	assert_int_equal(owners.n, OWNERS_MAX);
	assert_string_equal(owner(&owners, OWNERS_MAX), "a");
	assert_string_equal(owner(&owners, OWNERS_MAX + 1), "");
	assert_int_equal(problems.n, 1);
	problems_done(&problems);
	owners_done(&owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_bound),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy/owners", tests, NULL, NULL);
}
