/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reply.h - members of the daemon's replies; an absent one reads as "", 0, false or NULL */
#ifndef CLI_REPLY_H
#define CLI_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

struct json_object *json_member(struct json_object *object, const char *key);
const char *json_text(struct json_object *object, const char *key);
int64_t json_number(struct json_object *object, const char *key);
bool json_flag(struct json_object *object, const char *key);
/* Of an array; 0 for NULL. */
size_t json_length(struct json_object *array);
/* @i is below its length. */
struct json_object *json_element(struct json_object *array, size_t i);

#endif
