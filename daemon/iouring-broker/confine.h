/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* confine.h - what a broker may do */
#ifndef DAEMON_IOURING_BROKER_CONFINE_H
#define DAEMON_IOURING_BROKER_CONFINE_H

#include <stdint.h>

/*
 * Closes all descriptors but the socket, sets limits, becomes the user without capabilities, and
 * leaves only the system calls that handle descriptors. 0 or -errno.
 */
int confine(uint32_t uid, uint32_t gid);

#endif
