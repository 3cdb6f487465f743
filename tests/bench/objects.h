/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* objects.h - shipped programs under another name, so that there is something to swap to */
#ifndef BENCH_OBJECTS_H
#define BENCH_OBJECTS_H

#include "iouctl.h"

/* Has the daemon load the object file at @path as program @name. */
void load_renamed(struct iouctl *c, const char *path, const char *name);

#endif
