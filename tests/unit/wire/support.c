/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

struct json_object *json(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	struct json_object *value = NULL;
	struct note note = {};

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	if (json_parse(copy, strlen(copy), &note, &value) != 0)
		fail_msg("%s: %s", text, note.texts[0]);
	return value;
}

void assert_json(struct json_object *value, const char *expected)
{
	_cleanup_json_ struct json_object *other = json(expected);
	_cleanup_free_ char *a = NULL, *b = NULL;

	assert_int_equal(json_print(value, false, &a), 0);
	assert_int_equal(json_print(other, false, &b), 0);
	assert_string_equal(a, b);
}

uint32_t random_number(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

void assert_invalid(int r, struct note *note, const char *parameter, const char *value,
		    const char *expected)
{
	assert_int_equal(r, FAULT_INVALID_PARAMETER);
	assert_int_equal(note->fault, FAULT_INVALID_PARAMETER);
	assert_string_equal(note->texts[0], parameter);
	if (value)
		assert_string_equal(note->texts[1], value);
	else
		assert_null(note->texts[1]);
	assert_non_null(note->texts[2]);
	if (!strstr(note->texts[2], expected))
		fail_msg("%s: \"%s\" does not contain \"%s\"", parameter, note->texts[2], expected);
	note_done(note);
}
