/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* in-use.h - files that something else uses, so that writing to them would damage it */
#ifndef CLI_IN_USE_H
#define CLI_IN_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* True if the block device @loop, open, is a loop device whose data are in the file @file. */
bool in_use_is_backing(int loop, const struct stat *file);
/* The name of a loop device whose data are in the file @file, in @ret. False: there is none. */
bool in_use_by_loop(const struct stat *file, char *ret, size_t size);
/*
 * What a block device that cannot be opened exclusively is used for: "is mounted on /mnt", from
 * malloc.
 */
char *in_use_of_device(dev_t device);

#endif
