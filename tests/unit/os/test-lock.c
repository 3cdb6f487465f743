/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock that keeps a second daemon away, and its directory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/lock.h"

static void test_directory(void **state)
{
	char base[] = "/tmp/lock-test-XXXXXX", directory[64], path[128];
	char *problem = NULL;
	mode_t umask_before;
	struct stat st;
	int fd, second;

	assert_non_null(mkdtemp(base));
	snprintf(directory, sizeof(directory), "%s/run", base);
	umask_before = umask(0077);
	assert_int_equal(lock_take(directory, "/run/socket", &fd, &problem), 0);
	umask(umask_before);
	/* the umask of the service does not hide the socket in it from users */
	assert_int_equal(stat(directory, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);

	assert_int_equal(lock_take(directory, "/run/socket", &second, &problem), -EEXIST);
	assert_non_null(strstr(problem, directory));
	free(problem);
	close(fd);
	assert_int_equal(lock_take(directory, "/run/socket", &fd, &problem), 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/lock", directory);
	unlink(path);
	rmdir(directory);
	rmdir(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
