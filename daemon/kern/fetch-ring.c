/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/fetch-ring.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/ring-waiting.h"
#include "common/cleanup.h"

/* On a disabled ring, entering it fails with EBADFD; on any other it does nothing here. */
static bool is_disabled(int fd)
{
	return syscall(SYS_io_uring_enter, fd, 0, 0, 0, NULL, 0) < 0 && errno == EBADFD;
}

int fetch_ring_fd(int pidfd, int ring_fd, int *ret_fd)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_getfd, pidfd, ring_fd, 0);

	if (fd < 0)
		return -errno;
	if (!is_io_uring(getpid(), fd))
		return -EINVAL;
	if (!is_disabled(fd))
		return -EBUSY;
	/*
	 * An attach waits for this lock while it holds one that all rings of the machine share. An
	 * application can hold its ring's lock for long, so an attach to a locked ring is refused.
	 */
	if (!ring_is_unlocked(fd))
		return -EAGAIN;
	*ret_fd = take_fd(&fd);
	return 0;
}
