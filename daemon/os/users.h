/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* users.h - the real users: NSS, and files opened in their name */
#ifndef DAEMON_OS_USERS_H
#define DAEMON_OS_USERS_H

#include "util/users.h"

struct users *users_linux(void); /* there is one; it is nobody's to free */

#endif
