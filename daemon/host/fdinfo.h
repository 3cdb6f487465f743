/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fdinfo.h - what /proc/PID/fdinfo/FD says of a ring */
#ifndef DAEMON_HOST_FDINFO_H
#define DAEMON_HOST_FDINFO_H

#include <stdbool.h>

struct host_waits;

/* Whether the ring's lock was held when @fdinfo was read; never known of a ring without files. */
bool fdinfo_lock_is_held(const char *fdinfo);
/* Adds the requests that wait until their file is ready. */
void fdinfo_read_poll_list(const char *fdinfo, struct host_waits *waits);

/* One more request, of one of them or of none (-1). */
void waits_add(struct host_waits *waits, int opcode, int slot);

#endif
