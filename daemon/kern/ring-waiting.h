/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring-waiting.h - what the kernel shows of a ring in /proc */
#ifndef KERN_RING_WAITING_H
#define KERN_RING_WAITING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* As kern.h has it. */
int ring_waiting(pid_t pid, int ring_fd, uint32_t *ret_n);
int ring_entries(pid_t pid, int ring_fd, uint32_t *ret_sq, uint32_t *ret_cq);
/* Whether descriptor @fd of process @pid is an io_uring. */
bool is_io_uring(pid_t pid, int fd);
/* Does nobody hold the lock of this ring of ours right now? (By what is shown only under it.) */
bool ring_is_unlocked(int ring_fd);

#endif
