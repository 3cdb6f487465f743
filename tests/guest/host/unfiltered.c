/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unfiltered.c - leaves out a host's system call filter, to see what holds behind it (hostile.h) */
#include "iouring-host/syscall-filter.h"

int __wrap_syscall_filter_install(void);

int __wrap_syscall_filter_install(void)
{
	return 0;
}
