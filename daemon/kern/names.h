/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names.h - checks texts of a program object; common/names.h checks names of rings and programs */
#ifndef KERN_NAMES_H
#define KERN_NAMES_H

#include <stdbool.h>

/* A C identifier. */
bool is_identifier(const char *text);
/* Printable ASCII, or empty: fit for terminals and JSON. */
bool is_printable(const char *text);
/* Replaces all but printable ASCII, tabs and line ends. */
void make_printable(char *text);

#endif
