/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/names.h"

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool is_identifier(const char *text)
{
	if (!*text || is_digit(*text))
		return false;
	for (; *text; text++)
		if (!is_lower(*text) && !(*text >= 'A' && *text <= 'Z') && !is_digit(*text) &&
		    *text != '_')
			return false;
	return true;
}

static bool is_printable_char(char c)
{
	return c >= ' ' && c <= '~';
}

bool is_printable(const char *text)
{
	for (; *text; text++)
		if (!is_printable_char(*text))
			return false;
	return true;
}

void make_printable(char *text)
{
	for (; *text; text++)
		if (!is_printable_char(*text) && *text != '\n' && *text != '\t')
			*text = '?';
}
