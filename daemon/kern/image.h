/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image.h - copies a program object from a descriptor that its sender still holds */
#ifndef KERN_IMAGE_H
#define KERN_IMAGE_H

#include <stddef.h>

struct note;

/*
 * Copies the whole file, whatever the descriptor's offset; later changes of the file do not affect
 * the copy. FAULT_PROGRAM_REJECTED: not a regular file, unreadable, empty, too large, or its size
 * changed meanwhile. The caller frees.
 */
int image_read(int fd, struct note *note, void **ret, size_t *ret_size);

#endif
