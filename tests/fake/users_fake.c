/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake/users_fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *number;
	uid_t uid;
} known[] = {{"root", "0", 0}, {"alice", "1000", 1000}, {"bob", "1001", 1001}};

#define KNOWN (sizeof(known) / sizeof(known[0]))

static int fake_find(struct users *users, const char *name, struct user *ret)
{
	struct users_fake *fake = (struct users_fake *)users;

	fake->finds++;
	if (fake->find_result != 0)
		return fake->find_result;
	for (size_t i = 0; i < KNOWN; i++) {
		if (strcmp(name, known[i].name) != 0 && strcmp(name, known[i].number) != 0)
			continue;
		*ret = (struct user){.uid = known[i].uid, .gid = known[i].uid};
		ret->groups = calloc(1, sizeof(gid_t));
		if (!ret->groups)
			return -ENOMEM;
		ret->groups[ret->n_groups++] = 100;
		return 0;
	}
	return -ENOENT;
}

static int outcome(uid_t uid, const char *path)
{
	static const struct {
		const char *prefix;
		int result;
	} places[] = {{"/good/", 0},	  {"/missing/", -ENOENT}, {"/read-only/", -EROFS},
		      {"/proc/", -EXDEV}, {"/link/", -ELOOP},	  {"/pipe/", -ENXIO}};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strncmp(path, places[i].prefix, strlen(places[i].prefix)) == 0)
			return places[i].result;
	for (size_t i = 0; i < KNOWN; i++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "/of/%s/", known[i].name);
		if (strncmp(path, prefix, strlen(prefix)) == 0)
			return uid == known[i].uid ? 0 : -EACCES;
	}
	return -ENOENT;
}

static int fake_open(struct users *users, const struct user *user, const char *path, int flags,
		     int *ret_fd)
{
	struct users_fake *fake = (struct users_fake *)users;
	char link[64];
	int r, memory;

	fake->opens++;
	fake->opened_as = user->uid;
	fake->opened_flags = flags;
	snprintf(fake->opened_path, sizeof(fake->opened_path), "%s", path);
	r = outcome(user->uid, path);
	if (r < 0)
		return r;
	memory = memfd_create("file", MFD_CLOEXEC);
	if (memory < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", memory);
	*ret_fd = open(link, flags | O_CLOEXEC);
	close(memory);
	return *ret_fd < 0 ? -errno : 0;
}

void users_fake_init(struct users_fake *fake)
{
	*fake = (struct users_fake){.users = {.find = fake_find, .open = fake_open}};
}
