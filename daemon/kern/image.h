/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image.h - a program object's bytes, copied out of a descriptor that somebody else holds too */
#ifndef KERN_IMAGE_H
#define KERN_IMAGE_H

#include <stddef.h>

struct note;

#define IMAGE_MAX (16u << 20) /* bytes */

/*
 * Copies the whole file, whatever the descriptor's offset. Later changes of the file do not reach
 * the copy. FAULT_PROGRAM_REJECTED if it is no regular file, cannot be read, is empty or too large,
 * or changes its size meanwhile. The caller frees.
 */
int image_read(int fd, struct note *note, void **ret, size_t *ret_size);

#endif
