/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rings-d.h - the rings that the administrator declares: one file NAME.json for each */
#ifndef DAEMON_OS_RINGS_D_H
#define DAEMON_OS_RINGS_D_H

#include "util/declaration.h"

/*
 * Reads every *.json in @directory, in the order of names. A file that is wrong is in the list,
 * with its problem, and affects no other. If the directory itself cannot be used, the list has a
 * single item without a name; if the directory does not exist, the list is empty. -ENOMEM only.
 */
int rings_d_read(const char *directory, struct declarations *ret);

#endif
