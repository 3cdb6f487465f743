/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* users.h - the real implementation: NSS, and a thread with the user's rights */
#ifndef DAEMON_OS_USERS_H
#define DAEMON_OS_USERS_H

#include "util/users.h"

struct users *users_linux(void); /* static; not freed */

#endif
