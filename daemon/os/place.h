/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.h - asks systemd to put a process into a control group */
#ifndef DAEMON_OS_PLACE_H
#define DAEMON_OS_PLACE_H

#include <stdbool.h>

#include "util/placement.h"

/* Whether this machine runs systemd. */
bool place_available(void);
/* A place_process. */
int place_by_systemd(const struct placement *placement, pid_t pid);

#endif
