/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enum-name.h - names of enum values, long and short
 *
 * The long ones are those of the C enum. The short ones lack the prefix that all values share:
 * "auto" of COPY_SPARSE_AUTO.
 */
#ifndef CLI_ENUM_NAME_H
#define CLI_ENUM_NAME_H

struct json_object;

/* The part of @name that follows the prefix; @values: of a field in a DescribeProgram reply. */
const char *enum_short_name(struct json_object *values, const char *name);
/* The long name of @text, which is long, or short in upper or lower case; NULL: neither. */
const char *enum_long_name(struct json_object *values, const char *text);

#endif
