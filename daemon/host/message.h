/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * message.h - packs, checks, sends and receives control messages; both ends use it
 *
 * The host checks the daemon's messages, because a mistake there would run with a wrong identity.
 * The daemon checks a host's messages, because a host belongs to its client.
 */
#ifndef DAEMON_HOST_MESSAGE_H
#define DAEMON_HOST_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/control.h"

/*
 * Checks a setup message of @size bytes that came with @n_fds descriptors. 0; -EBADMSG: not a
 * setup, or truncated; -EINVAL: a value is out of range; -EMFILE: the number of descriptors does
 * not match.
 */
int control_setup_check(const void *message, size_t size, size_t n_fds);
/* The n_groups groups of a checked setup, which point into it. */
const uint32_t *control_setup_groups(const struct control_setup *setup);

/* The type of a message; -EBADMSG: its head is invalid. */
int control_head_check(const void *message, size_t size);
/* Copies an event; bytes that an older host does not send are zero. -EBADMSG: not an event. */
int control_event_read(const void *message, size_t size, struct control_event *ret);

/* A message that consists of a head only. */
struct control_head control_command(enum control_type type);

/* Sends one packet without SIGPIPE and without waiting. @fds stay the caller's. 0 or -errno. */
int control_send(int fd, const void *message, size_t size, const int *fds, size_t n_fds);
/*
 * Receives one packet; waits if @fd is blocking. Returns its size, 0 at the end of the connection,
 * or -errno; -EBADMSG: larger than @size, or more than @max_fds descriptors. The descriptors are
 * close-on-exec and the caller's. With @max_fds 0, none is ever installed; then @ret_fds and
 * @ret_n_fds may be NULL.
 */
ssize_t control_receive(int fd, void *message, size_t size, int *ret_fds, size_t max_fds,
			size_t *ret_n_fds);

#endif
