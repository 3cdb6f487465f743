/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* identify.h - what a program object is known by */
#ifndef KERN_IDENTIFY_H
#define KERN_IDENTIFY_H

#include <stddef.h>

struct kern_program_info;

/* Sets digest and id. */
void program_identify(const void *image, size_t size, struct kern_program_info *info);

#endif
