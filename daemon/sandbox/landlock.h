/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* landlock.h - takes from a sandboxed process what file names, addresses and process ids reach */
#ifndef DAEMON_SANDBOX_LANDLOCK_H
#define DAEMON_SANDBOX_LANDLOCK_H

#include <stdbool.h>

struct landlock_exceptions {
	const char *readable; /* a directory whose files can be read; NULL: none */
	bool addresses;	      /* ports and abstract sockets can be reached */
};

/*
 * From now on the calling thread, and the threads that it starts, cannot open, create, remove or
 * execute a file, connect to another's socket, signal or trace another process, or mount. Open
 * files are not affected. Requires no_new_privs.
 *
 * 0 or -errno. A kernel without Landlock forbids nothing, and one with an earlier version what it
 * knows: what remains is the system call filter's task.
 */
int landlock_enter(const struct landlock_exceptions *exceptions);

#endif
