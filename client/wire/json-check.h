/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json-check.h - is this JSON, and within our limits? For json.c only
 */
#ifndef WIRE_JSON_CHECK_H
#define WIRE_JSON_CHECK_H

#include <stddef.h>

/* Length of the UTF-8 sequence that @s starts with; 0 if it is none (RFC 3629). @n: 1 or more. */
size_t json_utf8_sequence(const unsigned char *s, size_t n);

/* NULL if @text fulfils what json_parse() promises; else what is wrong, at byte *ret_at. */
const char *json_check(const char *text, size_t n, size_t *ret_at);

#endif
