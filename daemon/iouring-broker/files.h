/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files.h - the descriptors that a broker holds, by the ticket of the message that they came with
 */
#ifndef DAEMON_IOURING_BROKER_FILES_H
#define DAEMON_IOURING_BROKER_FILES_H

#include <stddef.h>
#include <stdint.h>

struct broker_answer;

/*
 * Receives up to @n bytes and their descriptors from a connection, and fills facts, n_fds and
 * bytes of @ret. Returns the number of bytes; 0: the connection has ended; -ENFILE: too many
 * messages wait; -errno.
 */
int files_receive(uint64_t ticket, int connection, size_t n, struct broker_answer *ret);
void files_drop(uint64_t ticket);
/* The others return 0; -ENOENT: no such ticket or number; -errno. */
int files_send(uint64_t ticket, const uint32_t *numbers, size_t n, int socket);
int files_copy(uint64_t ticket, uint32_t number, size_t size, int memfd);

#endif
