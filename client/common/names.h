/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names.h - the rules for names of rings, programs and slots
 *
 * Valid names are safe as file names, in JSON and on terminals.
 */
#ifndef COMMON_NAMES_H
#define COMMON_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define RING_NAME_MAX 52 /* bytes, including the final NUL */
#define RING_KEY_MAX  64 /* the same of a key, as daemon/ring/title.h defines it */
/* Describes a valid ring name in messages: "expected " RING_NAME_EXPECTED. */
#define RING_NAME_EXPECTED                                                                         \
	"a lowercase letter, then up to 50 lowercase letters, digits and hyphens, but not \"u\", " \
	"a number and a hyphen first"

/*
 * Whether @name, of a ring or a program, matches [a-z][a-z0-9-]* and has its final NUL within @max
 * bytes. No byte after these is read.
 */
bool name_valid(const char *name, size_t max);
/* The same for the name of a ring that a user chooses; daemon/ring/title.h has the reason. */
bool ring_name_valid(const char *name);
/* Whether @text can mean a ring: its name, or UID/NAME. No byte after the longest is read. */
bool ring_reference_valid(const char *text);
#define RING_REFERENCE_EXPECTED "the name of a ring, or UID/NAME for a ring of another user"
/* The same for the name of a slot, which matches [a-z][a-z0-9_]*. */
bool slot_name_valid(const char *name, size_t max);

#endif
