/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fetch-ring.h - a ring out of another process, fit to be attached to */
#ifndef KERN_FETCH_RING_H
#define KERN_FETCH_RING_H

/*
 * A descriptor of our own for ring @ring_fd of process @pidfd. Attaching waits for whoever runs the
 * ring, and everybody else's attach waits behind it, so only a disabled ring is taken.
 * -EBADF: there is no such descriptor; -ESRCH: the process is gone; -EINVAL: it is not an io_uring;
 * -EBUSY: the ring is enabled.
 */
int fetch_ring_fd(int pidfd, int ring_fd, int *ret_fd);

#endif
