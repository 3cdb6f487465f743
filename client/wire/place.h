/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.h - where in nested parameters a value stands, for messages */
#ifndef WIRE_PLACE_H
#define WIRE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/* On the stack of the function that visits it; the text is made only for a message. */
struct place {
	const struct place *outer; /* or NULL */
	const char *name;
	bool indexed;
	size_t index; /* of an element of the array @name */
};

/* "table[3].hops"; the caller frees. NULL: no memory. */
char *place_text(const struct place *place);

#endif
