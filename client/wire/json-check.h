/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json-check.h - checks that a text is JSON within the limits of wire/json.h; for json.c only
 */
#ifndef WIRE_JSON_CHECK_H
#define WIRE_JSON_CHECK_H

#include <stddef.h>

/*
 * The length of the UTF-8 sequence at the start of @s; 0 if it is invalid (RFC 3629). @n: 1 or
 * more.
 */
size_t json_utf8_sequence(const unsigned char *s, size_t n);

/* NULL if json_parse_within() accepts @text; otherwise the reason, and *ret_at is the byte offset.
 */
const char *json_check(const char *text, size_t n, size_t max_containers, size_t *ret_at);

#endif
