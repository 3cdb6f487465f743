/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reach.h - takes from a host what it could name: files, processes, addresses */
#ifndef DAEMON_HOST_REACH_H
#define DAEMON_HOST_REACH_H

#include <stdint.h>

/*
 * Call it as the client, with no_new_privs, before the second thread exists. It binds the ring's
 * requests, too, so addresses remain if one of @opcodes (IOURD_OPCODES_MAX bits) takes one. 0 or
 * -errno.
 */
int reach_close(const uint64_t *opcodes);

#endif
