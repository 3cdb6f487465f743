/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names.h - what texts out of a program object may look like */
#ifndef KERN_NAMES_H
#define KERN_NAMES_H

#include <stdbool.h>

/* [a-z][a-z0-9]*, with @joiner allowed after the first letter. */
bool is_name(const char *text, char joiner);
/* A C identifier. */
bool is_identifier(const char *text);
/* Printable ASCII, or nothing: it is shown on terminals and put into JSON. */
bool is_prose(const char *text);
/* Replaces all but printable ASCII, tabs and line ends. */
void make_prose(char *text);

#endif
