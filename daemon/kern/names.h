/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names.h - checks of texts in a program object; names are checked by common/names.h */
#ifndef KERN_NAMES_H
#define KERN_NAMES_H

#include <stdbool.h>

/* A C identifier. */
bool is_identifier(const char *text);
/* Printable ASCII, or nothing: it is shown on terminals and put into JSON. */
bool is_prose(const char *text);
/* Replaces all but printable ASCII, tabs and line ends. */
void make_prose(char *text);

#endif
