/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/title.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDING "-ending-" /* and a number: of a ring that does not end */

void title_key(uid_t space, const char *name, char ret[RING_KEY_MAX])
{
	if (space == 0)
		snprintf(ret, RING_KEY_MAX, "%s", name);
	else
		snprintf(ret, RING_KEY_MAX, "u%u-%s", (unsigned int)space, name);
}

/* The part of @key behind the space's number; @key itself if it has none. */
static const char *split_key(const char *key, uid_t *ret_space)
{
	unsigned long space;
	char *end;

	*ret_space = 0;
	if (key[0] != 'u' || key[1] < '1' || key[1] > '9')
		return key;
	errno = 0;
	space = strtoul(key + 1, &end, 10);
	if (errno != 0 || space >= (uid_t)-1 || *end != '-' || !name_valid(end + 1, RING_NAME_MAX))
		return key;
	*ret_space = (uid_t)space;
	return end + 1;
}

void title_of_key(const char *key, char full[RING_FULL_MAX], struct ring_title *ret)
{
	uid_t space;
	const char *name = split_key(key, &space);

	snprintf(full, RING_FULL_MAX, "%u/%s", (unsigned int)space, name);
	*ret = (struct ring_title){.space = space, .name = name, .full = full};
}

static bool is_ending(const char *name)
{
	size_t length = strlen(name), digits = 0;

	while (digits < length && name[length - digits - 1] >= '0' &&
	       name[length - digits - 1] <= '9')
		digits++;
	length -= digits;
	return digits > 0 && length > strlen(ENDING) &&
	       memcmp(name + length - strlen(ENDING), ENDING, strlen(ENDING)) == 0;
}

bool title_ending_key(const char *key, unsigned int n, char ret[RING_KEY_MAX])
{
	char suffix[24], name[RING_NAME_MAX], full[RING_FULL_MAX];
	int length = snprintf(suffix, sizeof(suffix), ENDING "%u", n);
	struct ring_title title;

	title_of_key(key, full, &title);
	if (is_ending(title.name))
		return false;
	snprintf(name, sizeof(name), "%.*s%s", (int)sizeof(name) - 1 - length, title.name, suffix);
	title_key(title.space, name, ret);
	return true;
}

bool title_matches(const struct ring_title *title, uid_t reader, bool shared, const char *text)
{
	if (strchr(text, '/'))
		return strcmp(title->full, text) == 0;
	return (title->space == reader || (shared && title->space == 0)) &&
	       strcmp(title->name, text) == 0;
}
