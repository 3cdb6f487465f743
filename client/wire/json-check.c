/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json-check.c - the grammar of RFC 8259
 *
 * Even in strict mode, json-c accepts invalid JSON (1. and -01, single quotes, NaN); in that mode
 * it rejects strings that are not ASCII. It silently cuts keys at \u0000, and allocates while it
 * parses. Every text is therefore checked here first, and json-c is not in strict mode.
 */
#include "wire/json-check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wire/json.h"
#include "wire/manager.h"

struct check {
	const unsigned char *start;
	const unsigned char *at;
	const unsigned char *end;
	size_t values;
	size_t containers;
	size_t max_containers;
	unsigned int depth;
	const char *reason; /* why it is invalid, at @at */
};

size_t json_utf8_sequence(const unsigned char *s, size_t n)
{
	size_t length;
	uint32_t point;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2, point = s[0] & 0x1f;
	else if ((s[0] & 0xf0) == 0xe0)
		length = 3, point = s[0] & 0x0f;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4, point = s[0] & 0x07;
	else
		return 0;
	if (length > n)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (length == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff)))
		return 0;
	if (length == 4 && (point < 0x10000 || point > 0x10ffff))
		return 0;
	return length;
}

static bool refuse(struct check *c, const char *reason)
{
	c->reason = c->at < c->end ? reason : "it ends too early";
	return false;
}

static bool at(const struct check *c, char wanted)
{
	return c->at < c->end && *c->at == (unsigned char)wanted;
}

static bool at_digit(const struct check *c)
{
	return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static void skip_space(struct check *c)
{
	while (at(c, ' ') || at(c, '\t') || at(c, '\n') || at(c, '\r'))
		c->at++;
}

/* The part of an escape after its backslash. */
static bool check_escape(struct check *c)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	if (c->at == c->end || !memchr("\"\\/bfnrtu", *c->at, 9))
		return refuse(c, "an unknown escape");
	if (*c->at++ != 'u')
		return true;
	if (c->end - c->at >= 4 && memcmp(c->at, "0000", 4) == 0)
		return refuse(c, "a NUL in a string");
	for (int i = 0; i < 4; i++, c->at++)
		if (c->at == c->end || !memchr(hex, *c->at, sizeof(hex) - 1))
			return refuse(c, "an escape with fewer than four hexadecimal digits");
	return true;
}

static bool check_string(struct check *c)
{
	if (!at(c, '"'))
		return refuse(c, "a key that is not a string");
	for (c->at++; !at(c, '"');) {
		size_t n = c->at < c->end ? json_utf8_sequence(c->at, (size_t)(c->end - c->at)) : 0;

		if (n == 0)
			return refuse(c, "a byte that is not UTF-8");
		if (*c->at < 0x20)
			return refuse(c, "a control character in a string");
		c->at += n;
		if (c->at[-1] == '\\' && !check_escape(c))
			return false;
	}
	c->at++;
	return true;
}

static bool check_digits(struct check *c)
{
	if (!at_digit(c))
		return refuse(c, "an invalid number");
	while (at_digit(c))
		c->at++;
	return true;
}

/* json-c would use the nearest number that it can hold. No parameter is a fraction. */
static bool check_integer(struct check *c, const unsigned char *digits, bool negative)
{
	uint64_t number = 0;

	for (; digits < c->at; digits++)
		if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*digits - '0'), &number))
			break;
	if (digits == c->at && (!negative || number <= (uint64_t)INT64_MAX + 1))
		return true;
	c->reason = "an integer of more than 64 bits";
	return false;
}

static bool check_number(struct check *c)
{
	bool negative = at(c, '-');
	const unsigned char *digits = c->at += negative;

	if (at(c, '0'))
		c->at++;
	else if (!check_digits(c))
		return false;
	if (!at(c, '.') && !at(c, 'e') && !at(c, 'E'))
		return check_integer(c, digits, negative);
	if (at(c, '.')) {
		c->at++;
		if (!check_digits(c))
			return false;
	}
	if (at(c, 'e') || at(c, 'E')) {
		c->at++;
		c->at += at(c, '+') || at(c, '-');
		return check_digits(c);
	}
	return true;
}

static bool check_word(struct check *c)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(c->end - c->at) >= n && memcmp(c->at, words[i], n) == 0) {
			c->at += n;
			return true;
		}
	}
	return refuse(c, "an invalid value");
}

static bool check_value(struct check *c);

static bool check_member(struct check *c, bool object)
{
	if (object) {
		skip_space(c);
		if (!check_string(c))
			return false;
		skip_space(c);
		if (!at(c, ':'))
			return refuse(c, "no colon after a key");
		c->at++;
	}
	return check_value(c);
}

static bool check_container(struct check *c)
{
	bool object = *c->at == '{';
	char closing = object ? '}' : ']';

	if (c->depth == MANAGER_DEPTH_MAX)
		return refuse(c, "more levels than the protocol allows");
	if (c->containers++ == c->max_containers)
		return refuse(c, "too many objects and arrays");
	c->depth++;
	c->at++;
	skip_space(c);
	for (bool first = true; !at(c, closing); first = false) {
		if (!first && !at(c, ','))
			return refuse(c, "neither a comma nor the end of an object or array");
		c->at += !first;
		if (!check_member(c, object))
			return false;
	}
	c->at++;
	c->depth--;
	return true;
}

/* Recursion is bounded by MANAGER_DEPTH_MAX. */
static bool check_value(struct check *c)
{
	bool valid;

	skip_space(c);
	if (c->values++ == JSON_VALUES_MAX)
		return refuse(c, "too many values");
	if (at(c, '{') || at(c, '['))
		valid = check_container(c);
	else if (at(c, '"'))
		valid = check_string(c);
	else if (at(c, '-') || at_digit(c))
		valid = check_number(c);
	else
		valid = check_word(c);
	if (valid)
		skip_space(c);
	return valid;
}

const char *json_check(const char *text, size_t n, size_t max_containers, size_t *ret_at)
{
	struct check c = {.start = (const unsigned char *)text, .max_containers = max_containers};

	c.at = c.start;
	c.end = c.start + n;
	if (check_value(&c) && c.at < c.end)
		refuse(&c, "data after the value");
	if (c.reason)
		*ret_at = (size_t)(c.at - c.start);
	return c.reason;
}
