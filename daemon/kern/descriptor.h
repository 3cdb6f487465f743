/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* descriptor.h - reads and checks the descriptor of a loop program */
#ifndef KERN_DESCRIPTOR_H
#define KERN_DESCRIPTOR_H

#include <stddef.h>

#include "iourd/abi.h"

struct elf;
struct note;

/*
 * Checks everything that does not need the object's BTF: every text is terminated, every number is
 * in range. FAULT_PROGRAM_REJECTED names the member, its value and the expected ones.
 */
int descriptor_check(const struct iourd_descriptor *d, struct note *note);
/* Copies the descriptor from section IOURD_DESCRIPTOR_SECTION, and checks it. */
int descriptor_read(const struct elf *elf, struct note *note, struct iourd_descriptor *ret);

#endif
