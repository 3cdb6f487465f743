/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* container-of.h - from a member to the struct that embeds it */
#ifndef COMMON_CONTAINER_OF_H
#define COMMON_CONTAINER_OF_H

#include <stddef.h>

/* @pointer points to the member @member of a @type: the address of that @type. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

#endif
