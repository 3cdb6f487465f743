/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fetch-ring.h - fetches a ring from another process to attach to it */
#ifndef KERN_FETCH_RING_H
#define KERN_FETCH_RING_H

/*
 * Duplicates descriptor @ring_fd of process @pidfd. Attaching waits for the task that runs the
 * ring, and every other attach waits behind it, so the ring must be disabled. -EBADF: no such
 * descriptor; -ESRCH: the process has exited; -EINVAL: not an io_uring; -EBUSY: the ring is
 * enabled; -EAGAIN: a task holds the ring's lock.
 */
int fetch_ring_fd(int pidfd, int ring_fd, int *ret_fd);

#endif
