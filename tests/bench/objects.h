/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* objects.h - shipped programs under another name, as targets for swaps */
#ifndef BENCH_OBJECTS_H
#define BENCH_OBJECTS_H

#include "iouctl.h"

/* Loads the object file at @path into the daemon as program @name. */
void load_renamed(struct iouctl *c, const char *path, const char *name);

#endif
