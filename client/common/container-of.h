/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* container-of.h - the struct that embeds a member */
#ifndef COMMON_CONTAINER_OF_H
#define COMMON_CONTAINER_OF_H

#include <stddef.h>

/* The address of the @type whose member @member is at @pointer. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

#endif
