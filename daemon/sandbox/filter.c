/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

int filter_install(const void *bytes, size_t size)
{
	struct sock_fprog program = {
		.len = (unsigned short)(size / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)bytes,
	};
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);

	if (r < 0)
		return -errno;
	return r == 0 ? 0 : -EBUSY; /* r is the id of a thread that could not take it */
}
