/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support.h - what the tests of this room share
 */
#ifndef TESTS_WIRE_SUPPORT_H
#define TESTS_WIRE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/fault.h"
#include "wire/json.h"

/* The JSON that @text holds, written with ' instead of "; the test fails if it is none. */
struct json_object *json(const char *text);
/* The value's text is that of json(@expected). */
void assert_json(struct json_object *value, const char *expected);

/* The same numbers in every run. */
uint32_t random_number(void);

/* @r is FAULT_INVALID_PARAMETER about @parameter; the value and what was expected hold these. */
void assert_invalid(int r, struct note *note, const char *parameter, const char *value,
		    const char *expected);

#endif
