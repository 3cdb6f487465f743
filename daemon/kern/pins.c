/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

#define NAME_BYTES_MAX 64u

/* Whether it is a valid name on a bpffs, which allows no dots. */
static bool is_ring_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return n > 0 && n <= NAME_BYTES_MAX && name[n] == '\0';
}

static int folder_path(const char *directory, const char *name, char **ret)
{
	if (!is_ring_name(name))
		return -EINVAL;
	return asprintf(ret, "%s/%s", directory, name) < 0 ? -ENOMEM : 0;
}

int pins_make(const char *directory, const char *name)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = folder_path(directory, name, &path);
	if (r < 0) {
		path = NULL;
		return r;
	}
	return mkdir(path, 0700) < 0 ? -errno : 0;
}

static int object_path(const char *directory, const char *name, const char *object, char **ret)
{
	if (!is_ring_name(name))
		return -EINVAL;
	return asprintf(ret, "%s/%s/%s", directory, name, object) < 0 ? -ENOMEM : 0;
}

int pins_add(const char *directory, const char *name, const char *object, int fd)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = object_path(directory, name, object, &path);
	if (r < 0) {
		path = NULL;
		return r;
	}
	return bpf_obj_pin(fd, path);
}

int pins_exist(const char *directory, const char *name)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = folder_path(directory, name, &path);
	if (r < 0) {
		path = NULL;
		return r;
	}
	return access(path, F_OK) < 0 ? -errno : 0;
}

int pins_rename(const char *directory, const char *from, const char *to)
{
	_cleanup_free_ char *old = NULL, *new = NULL;
	int r;

	r = folder_path(directory, from, &old);
	if (r < 0) {
		old = NULL;
		return r;
	}
	r = folder_path(directory, to, &new);
	if (r < 0) {
		new = NULL;
		return r;
	}
	return renameat2(AT_FDCWD, old, AT_FDCWD, new, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

int pins_get(const char *directory, const char *name, const char *object)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = object_path(directory, name, object, &path);
	if (r < 0) {
		path = NULL;
		return r;
	}
	return bpf_obj_get(path);
}

static int remove_object(const char *directory, const char *name, const char *object)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = object_path(directory, name, object, &path);
	if (r < 0) {
		path = NULL;
		return r;
	}
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Pins that another version may have made. */
static int remove_others(const char *path)
{
	struct dirent *entry;
	DIR *folder;
	int r = 0;

	folder = opendir(path);
	if (!folder)
		return -errno;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.' && unlinkat(dirfd(folder), entry->d_name, 0) < 0 &&
		    errno != ENOENT && r == 0)
			r = -errno;
	closedir(folder);
	return r;
}

int pins_remove(const char *directory, const char *name)
{
	/* the link first: it holds the others */
	static const char *const objects[] = {PIN_LINK, PIN_DISPATCHER, PIN_STATE, PIN_ARRAY};
	_cleanup_free_ char *path = NULL;
	int r;

	r = folder_path(directory, name, &path);
	if (r < 0) {
		path = NULL;
		return r;
	}
	/* by path, which also works without free descriptors */
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		r = remove_object(directory, name, objects[i]);
		if (r < 0)
			return r;
	}
	if (rmdir(path) == 0)
		return 0;
	if (errno != ENOTEMPTY)
		return -errno;
	r = remove_others(path);
	return r == 0 && rmdir(path) < 0 ? -errno : r;
}

static int add_name(const char *name, char ***names, size_t *n)
{
	char **larger = reallocarray(*names, *n + 1, sizeof(*larger)), *copy;

	if (!larger)
		return -ENOMEM;
	*names = larger;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	larger[(*n)++] = copy;
	return 0;
}

int pins_list(const char *directory, char ***ret_names, size_t *ret_n)
{
	struct dirent *entry;
	char **names = NULL;
	size_t n = 0;
	DIR *folder;
	int r = 0;

	folder = opendir(directory);
	if (!folder && errno != ENOENT)
		return -errno;
	while (folder && r == 0 && (entry = readdir(folder)))
		if (entry->d_type == DT_DIR && is_ring_name(entry->d_name))
			r = add_name(entry->d_name, &names, &n);
	if (folder)
		closedir(folder);
	if (r < 0) {
		while (n > 0)
			free(names[--n]);
		free(names);
		return r;
	}
	*ret_names = names;
	*ret_n = n;
	return 0;
}
