/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/policy-d.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/text-file.h"
#include "policy/rules.h"
#include "common/cleanup.h"
#include "util/users.h"

#define SUFFIX	       ".conf"
#define NSS_TEXT_FIRST 1024
#define NSS_TEXT_MAX   (1u << 22) /* bytes of a group with its members */

struct reading {
	const struct policy_d *from;
	struct policy *policy;
	struct problems *errors;
	struct problems *warnings;
};

/* ---- files ---- */

static int open_file(const char *path, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static bool is_null_device(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
}

static int read_file(struct reading *reading, const char *path)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t size = 0;
	int r;

	r = open_file(path, &fd);
	if (r == 0 && is_null_device(fd))
		return 0;
	if (r == 0)
		r = text_file_read(fd, &text, &size);
	if (r == -ENOMEM)
		return r;
	if (r == -EINVAL)
		problems_add(reading->errors, "%s: not a regular file", path);
	else if (r < 0)
		problems_add(reading->errors, "cannot read %s: %s", path, strerror(-r));
	if (r < 0 || size == 0)
		return 0;
	return policy_parse(reading->policy, path, text, size, reading->errors);
}

static int is_policy(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > strlen(SUFFIX) &&
	       strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* Compares bytes: the order must not depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

struct listing {
	struct dirent **entries;
	int n;
	int next;
};

static void listing_done(struct listing *listing)
{
	for (int i = 0; i < listing->n; i++)
		free(listing->entries[i]);
	free(listing->entries);
}

static int list(struct reading *reading, const char *directory, struct listing *ret)
{
	int r;

	ret->n = scandir(directory, &ret->entries, is_policy, by_name);
	if (ret->n >= 0)
		return 0;
	r = -errno;
	*ret = (struct listing){};
	if (r != -ENOENT && r != -ENOMEM)
		problems_add(reading->errors, "cannot read %s: %s", directory, strerror(-r));
	return r == -ENOMEM ? r : 0;
}

static const char *next_name(const struct listing *listing)
{
	return listing->next < listing->n ? listing->entries[listing->next]->d_name : NULL;
}

/* The next file in the order of names; NULL: none is left. */
static const char *take_name(struct listing *own, struct listing *vendor, bool *ret_own)
{
	const char *a = next_name(own), *b = next_name(vendor);
	int order = !a ? 1 : !b ? -1 : strcmp(a, b);

	*ret_own = order <= 0;
	if (!a && !b)
		return NULL;
	own->next += order <= 0;
	vendor->next += order >= 0;
	return order <= 0 ? a : b;
}

static int read_files(struct reading *reading)
{
	_cleanup_(listing_done) struct listing own = {}, vendor = {};
	const struct policy_d *from = reading->from;
	const char *name;
	bool is_own;
	int r;

	r = list(reading, from->directory, &own);
	if (r == 0)
		r = list(reading, from->vendor_directory, &vendor);
	while (r == 0 && (name = take_name(&own, &vendor, &is_own))) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s", is_own ? from->directory : from->vendor_directory,
			     name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		r = read_file(reading, path);
	}
	return r;
}

/* ---- names ---- */

static int find_group(const char *name, uint32_t *ret)
{
	_cleanup_free_ char *text = NULL;
	struct group entry, *found;
	int r;

	for (size_t size = NSS_TEXT_FIRST; size <= NSS_TEXT_MAX; size *= 4) {
		free(text);
		text = malloc(size);
		if (!text)
			return -ENOMEM;
		r = getgrnam_r(name, &entry, text, size, &found);
		if (r == ERANGE)
			continue;
		if (r != 0 && !found && r != ESRCH && r != ENOENT)
			return -r;
		if (!found)
			return -ENOENT;
		*ret = found->gr_gid;
		return 0;
	}
	return -ERANGE;
}

static int find_user(struct users *users, const char *name, uint32_t *ret)
{
	struct user user;
	int r = users->find(users, name, &user);

	if (r < 0)
		return r;
	*ret = user.uid;
	user_done(&user);
	return 0;
}

/* A name that nobody has matches nobody: users come and go, and files of packages name groups. */
static void look_up(struct reading *reading, const char *file, struct policy_names *names,
		    bool groups)
{
	for (size_t i = 0; i < names->n; i++) {
		struct policy_name *name = &names->items[i];
		const char *kind = groups ? "group" : "user";
		int r;

		if (name->known)
			continue;
		r = groups ? find_group(name->text, &name->id)
			   : find_user(reading->from->users, name->text, &name->id);
		name->known = r == 0;
		if (r == -ENOENT)
			problems_add(reading->warnings,
				     "%s:%u: %s \"%.80s\" does not exist; the entry matches nobody",
				     file, name->line, kind, name->text);
		else if (r < 0)
			problems_add(reading->errors, "%s:%u: cannot look up %s \"%.80s\": %s",
				     file, name->line, kind, name->text, strerror(-r));
	}
}

/* ---- subordinate uids ---- */

static int find_owners(struct reading *reading)
{
	struct owners *owners = &reading->policy->owners;
	struct users *users = reading->from->users;

	for (size_t i = 0; i < owners->n; i++) {
		struct owner_range *range = &owners->ranges[i];
		int r = users->find(users, range->name, &range->user);

		if (r == -ENOMEM)
			return r;
		if (r < 0 && r != -ENOENT)
			problems_add(reading->errors, "%s:%u: cannot look up user \"%.80s\": %s",
				     reading->from->subordinate_uids, range->line, range->name,
				     strerror(-r));
		range->known = r == 0 && range->user.uid != 0;
	}
	return 0;
}

static int read_owners(struct reading *reading)
{
	const char *path = reading->from->subordinate_uids;
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t size = 0;
	int r;

	r = open_file(path, &fd);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = text_file_read(fd, &text, &size);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		problems_add(reading->errors, "cannot read %s: %s", path, strerror(-r));
		return 0;
	}
	r = owners_parse(&reading->policy->owners, path, text, size, reading->warnings);
	return r == 0 ? find_owners(reading) : r;
}

static void free_policy(struct policy **policy)
{
	policy_free(*policy);
}

int policy_d_read(const struct policy_d *from, struct policy **ret, struct problems *errors,
		  struct problems *warnings)
{
	_cleanup_(free_policy) struct policy *policy = NULL;
	struct reading reading = {.from = from, .errors = errors, .warnings = warnings};
	int r;

	r = policy_new(from->defaults, &policy);
	if (r < 0)
		return r;
	reading.policy = policy;
	r = read_files(&reading);
	for (size_t i = 0; r == 0 && i < policy->n_rules; i++) {
		look_up(&reading, policy->rules[i].file, &policy->rules[i].users, false);
		look_up(&reading, policy->rules[i].file, &policy->rules[i].groups, true);
	}
	if (r == 0)
		r = read_owners(&reading);
	if (r == 0 && errors->n > 0)
		r = -EINVAL;
	if (r == 0)
		*ret = take_ptr(policy);
	return r;
}
