/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* descriptor.h - what a loop program says of itself, checked before anybody believes it */
#ifndef KERN_DESCRIPTOR_H
#define KERN_DESCRIPTOR_H

#include <stddef.h>

#include "iourd/abi.h"

struct elf;
struct note;

/*
 * Copies the descriptor out of section IOURD_DESCRIPTOR_SECTION and checks all that can be checked
 * without the object's BTF: afterwards every text ends within its array, every number is in its
 * range. FAULT_PROGRAM_REJECTED names the member, its value and what was expected.
 */
int descriptor_read(const struct elf *elf, struct note *note, struct iourd_descriptor *ret);

#endif
