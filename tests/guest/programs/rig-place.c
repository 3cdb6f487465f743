// SPDX-License-Identifier: LGPL-2.1-or-later
/* rig-place.c - what is around a test: a directory on a real filesystem, the kernel's log */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"

static char directory[64];

const char *rig_directory(void)
{
	if (directory[0])
		return directory;
	strcpy(directory, access("/var/scratch", W_OK) == 0 ? "/var/scratch/rig.XXXXXX"
							    : "/var/tmp/rig.XXXXXX");
	assert_non_null(mkdtemp(directory));
	return directory;
}

void rig_remove_directory(void)
{
	char command[128];

	if (!directory[0])
		return;
	snprintf(command, sizeof(command), "rm -rf --one-file-system %s", directory);
	assert_int_equal(system(command), 0);
	directory[0] = 0;
}

/*
 * A warning of Linux 7.3 that any loop program may cause: io_uring starts a worker while the
 * program submits, and the worker inherits from its maker that it may not migrate (a sleepable BPF
 * program runs so). The scheduler moves it all the same, and wonders, once.
 */
static bool is_known(const char *record)
{
	return strstr(record, "WARNING: kernel/sched/core.c") && strstr(record, "set_task_cpu");
}

int rig_check_kernel_log(void **state)
{
	static const char *const bad[] = {"BUG:",      "WARNING:",	     "Oops",
					  "hung task", "general protection", "stalled"};
	char record[8192];
	int fd, found = 0;
	ssize_t n;

	rig_remove_directory();
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	/* one record a read; -EPIPE: some were overwritten */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = 0;
		if (is_known(record))
			continue;
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			if (!strstr(record, bad[i]))
				continue;
			print_message("# the kernel said: %s", record);
			found = -1;
		}
	}
	close(fd);
	return found;
}
