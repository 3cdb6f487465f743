/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * setup.h - turns a host_setup into the first message to its host
 */
#ifndef DAEMON_HOST_SETUP_H
#define DAEMON_HOST_SETUP_H

#include <stddef.h>

#include "host/host.h"

struct setup_message {
	union {
		struct control_setup setup;
		char bytes[CONTROL_MESSAGE_MAX];
	};
	size_t size;		  /* bytes in use */
	int fds[CONTROL_FDS_MAX]; /* borrowed from the host_setup */
	size_t n_fds;
	uint32_t numbers[IOURD_SLOTS_MAX]; /* of the files that follow, in the parcel */
	size_t n_numbers;
};

/*
 * @cgroup_fd: of CGROUP_ENTER, cgroup.procs of the group, borrowed. @files_fd: of a setup with a
 * parcel, the host's end of the socket for its files, borrowed; or -1. 0; -EINVAL: a value is out
 * of range; -E2BIG: too many groups.
 */
int setup_message_fill(const struct host_setup *setup, enum control_cgroup cgroup, int cgroup_fd,
		       int files_fd, struct setup_message *ret);

#endif
