/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support.h - functions for the tests of wire
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

/* Parses @text, JSON with ' in place of "; fails the test if it is invalid. */
struct json_object *json(const char *text);
/* Asserts that the value has the text of json(@expected). */
void assert_json(struct json_object *value, const char *expected);

/* The same numbers in every run. */
uint32_t random_number(void);

/* Asserts that @r is FAULT_INVALID_PARAMETER for @parameter with this value and expectation. */
void assert_invalid(int r, struct note *note, const char *parameter, const char *value,
		    const char *expected);

#endif
