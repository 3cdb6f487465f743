/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * message.h - control messages: packing, checking, sending, receiving; used by both ends
 *
 * The host checks what the daemon sends, because a mistake there would run with a wrong identity;
 * the daemon checks what a host sends, because a host belongs to its client.
 */
#ifndef DAEMON_HOST_MESSAGE_H
#define DAEMON_HOST_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/control.h"

/*
 * Is this a whole and sane setup that came with @n_fds descriptors? 0, -EBADMSG (not a setup, or
 * cut), -EINVAL (a value out of range) or -EMFILE (not the descriptors that it speaks of).
 */
int control_setup_check(const void *message, size_t size, size_t n_fds);
/* Of a checked setup. */
const uint32_t *control_setup_groups(const struct control_setup *setup);

/* The type of a message, or -EBADMSG if its head is none. */
int control_head_check(const void *message, size_t size);
/* Copies an event, bytes that an older host does not send being zero; -EBADMSG if it is none. */
int control_event_read(const void *message, size_t size, struct control_event *ret);

/* A message that is only a head. */
struct control_head control_command(enum control_type type);

/* One packet, never a signal, never a wait. 0 or -errno. */
int control_send(int fd, const void *message, size_t size, const int *fds, size_t n_fds);
/*
 * One packet. Its size, 0 at the end of the connection, or -errno: -EBADMSG if it was larger than
 * @size or had more than @max_fds descriptors. @max_fds 0: descriptors are never taken in.
 * Waits if @fd does. The descriptors are the caller's, close-on-exec.
 */
ssize_t control_receive(int fd, void *message, size_t size, int *ret_fds, size_t max_fds,
			size_t *ret_n_fds);

#endif
