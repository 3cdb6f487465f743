/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/owners.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

#define LINE_MAX_BYTES 512

void owners_done(struct owners *owners)
{
	for (size_t i = 0; i < owners->n; i++) {
		free(owners->ranges[i].name);
		user_done(&owners->ranges[i].user);
	}
	free(owners->ranges);
	*owners = (struct owners){};
}

/* A whole number without sign or space; false if it is anything else. */
static bool read_number(const char *text, unsigned long long *ret)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

/* Cuts @line. False: it is none of the form NAME:FIRST:COUNT, or leaves the range of uids. */
static bool read_line(char *line, struct owner_range *range)
{
	char *first = strchr(line, ':'), *count = first ? strchr(first + 1, ':') : NULL;
	unsigned long long from, n;

	if (!count || first == line)
		return false;
	*first++ = *count++ = '\0';
	if (!read_number(first, &from) || !read_number(count, &n))
		return false;
	if (from == 0 || n == 0 || from >= (uid_t)-1 || n > (uid_t)-1 - from)
		return false;
	range->first = (uid_t)from;
	range->last = (uid_t)(from + n - 1);
	range->name = line;
	return true;
}

static int add(struct owners *owners, const struct owner_range *range)
{
	_cleanup_free_ char *name = strdup(range->name);
	struct owner_range *ranges;

	if (!name)
		return -ENOMEM;
	ranges = reallocarray(owners->ranges, owners->n + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	owners->ranges = ranges;
	ranges[owners->n] = *range;
	ranges[owners->n++].name = take_ptr(name);
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct owner_range *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Of two that overlap the one that begins first keeps what they share. */
static void separate(struct owners *owners)
{
	size_t n = 0;

	qsort(owners->ranges, owners->n, sizeof(*owners->ranges), by_first);
	for (size_t i = 0; i < owners->n; i++) {
		struct owner_range range = owners->ranges[i];

		if (n > 0 && range.first <= owners->ranges[n - 1].last) {
			if (range.last <= owners->ranges[n - 1].last) {
				free(range.name);
				continue;
			}
			range.first = owners->ranges[n - 1].last + 1;
		}
		owners->ranges[n++] = range;
	}
	owners->n = n;
}

static int add_line(struct owners *owners, const char *file, unsigned int number, const char *at,
		    size_t length, struct problems *problems)
{
	struct owner_range range = {.line = number};
	char line[LINE_MAX_BYTES];

	if (length == 0 || *at == '#')
		return 0;
	if (length < sizeof(line) && !memchr(at, '\0', length)) {
		memcpy(line, at, length);
		line[length] = '\0';
		if (read_line(line, &range))
			return add(owners, &range);
	}
	problems_add(problems, "%s:%u: expected USER:FIRST:COUNT; the line is ignored", file,
		     number);
	return 0;
}

int owners_parse(struct owners *owners, const char *file, const char *text, size_t size,
		 struct problems *problems)
{
	const char *end = text + size;
	unsigned int number = 0;
	int r = 0;

	for (const char *at = text; r == 0 && at < end;) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at)) ?: end;

		if (owners->n == OWNERS_MAX) {
			problems_add(problems, "%s:%u: only the first %d ranges are used", file,
				     number + 1, OWNERS_MAX);
			break;
		}
		r = add_line(owners, file, ++number, at, (size_t)(line_end - at), problems);
		at = line_end + 1;
	}
	if (owners->n > 0)
		separate(owners);
	return r;
}

const struct owner_range *owners_find(const struct owners *owners, uid_t uid)
{
	size_t low = 0, high = owners->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct owner_range *range = &owners->ranges[middle];

		if (uid < range->first)
			high = middle;
		else if (uid > range->last)
			low = middle + 1;
		else
			return range;
	}
	return NULL;
}
