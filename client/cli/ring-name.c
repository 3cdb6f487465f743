/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring-name.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind the slash; NULL if there is none, or nothing before it. */
static const char *split(const char *text, char user[USER_NAME_MAX])
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : 0;

	if (length == 0 || length >= USER_NAME_MAX)
		return NULL;
	memcpy(user, text, length);
	user[length] = '\0';
	return slash + 1;
}

static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

int ring_name_of_text(const char *text, char ret[RING_TEXT_MAX])
{
	char user[USER_NAME_MAX];
	const char *name = split(text, user);
	const struct passwd *entry;

	if (!name || is_number(user)) {
		snprintf(ret, RING_TEXT_MAX, "%s", text);
		return 0;
	}
	entry = getpwnam(user);
	if (!entry)
		return -ESRCH;
	snprintf(ret, RING_TEXT_MAX, "%u/%s", (unsigned int)entry->pw_uid, name);
	return 0;
}

const char *user_text(int64_t uid, char buffer[USER_NAME_MAX])
{
	const struct passwd *entry = getpwuid((uid_t)uid);

	if (entry)
		snprintf(buffer, USER_NAME_MAX, "%s", entry->pw_name);
	else
		snprintf(buffer, USER_NAME_MAX, "%" PRId64, uid);
	return buffer;
}

const char *ring_text_of_name(const char *name, char buffer[RING_TEXT_MAX])
{
	char uid[USER_NAME_MAX], user[USER_NAME_MAX];
	const char *rest = split(name, uid);

	if (!rest || strlen(uid) > 10 || !is_number(uid)) /* a uid has 10 digits at most */
		return name;
	snprintf(buffer, RING_TEXT_MAX, "%s/%s", user_text(strtoll(uid, NULL, 10), user), rest);
	return buffer;
}
