/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines that clients cause are limited by user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/log.h"

#define ALICE 1000u
#define BOB   1001u

/* The lines with @part that @n messages of @uid add to standard error. */
static unsigned int lines_of(uid_t uid, unsigned int n, const char *part)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	unsigned int found = 0;
	char line[256];

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	for (unsigned int i = 0; i < n; i++)
		log_of_client(LOG_LEVEL_ERROR, uid, "call %u of user %u failed", i,
			      (unsigned int)uid);
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	while (fgets(line, sizeof(line), file))
		found += strstr(line, part) != NULL;
	fclose(file);
	return found;
}

static void test_limit(void **state)
{
	assert_int_equal(lines_of(ALICE, 1000, "of user 1000 failed"), LOG_OF_CLIENT_MAX);
	assert_int_equal(lines_of(ALICE, 1000, "user"), 0);
	assert_int_equal(lines_of(BOB, 1, "call 0 of user 1001 failed"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
	};

	unsetenv("JOURNAL_STREAM");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("util-log", tests, NULL, NULL);
}
