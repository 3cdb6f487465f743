/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring-waiting.h - a ring's queues as /proc/PID/fdinfo shows them */
#ifndef KERN_RING_WAITING_H
#define KERN_RING_WAITING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The operations of kern.h. */
int ring_waiting(pid_t pid, int ring_fd, uint32_t *ret_n);
int ring_entries(pid_t pid, int ring_fd, uint32_t *ret_sq, uint32_t *ret_cq);
/* Whether descriptor @fd of process @pid is an io_uring. */
bool is_io_uring(pid_t pid, int fd);
/* Whether no task holds the lock of this process's ring: /proc shows some values only under it. */
bool ring_is_unlocked(int ring_fd);

#endif
