/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/store.h"
#include "common/cleanup.h"
#include "util/write-all.h"

#define SUFFIX	   ".bpf.o"
#define TEMPORARY  ".new-"

#define TARGET_MAX (STORE_NAME_MAX + 16) /* "../DIGEST.bpf.o@UID" */

static void object_file(const uint8_t digest[SHA256_SIZE], char ret[STORE_NAME_MAX])
{
	sha256_text(digest, ret);
	strcpy(ret + 2 * SHA256_SIZE, SUFFIX);
}

/* False if @file is not an object of ours. */
static bool file_digest(const char *file, uint8_t ret[SHA256_SIZE])
{
	if (strlen(file) != STORE_NAME_MAX - 1 || strcmp(file + 2 * SHA256_SIZE, SUFFIX) != 0)
		return false;
	return sha256_of_text(file, ret);
}

static int open_directory(int parent, const char *path, int *ret_fd)
{
	int fd;

	if (mkdirat(parent, path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int store_init(struct store *store, const char *path)
{
	int r;

	*store = STORE_NONE;
	if (!path)
		return 0;
	r = open_directory(AT_FDCWD, path, &store->directory);
	if (r == 0)
		r = open_directory(store->directory, "loaded", &store->loaded);
	if (r < 0)
		store_done(store);
	return r;
}

void store_done(struct store *store)
{
	safe_close(store->directory);
	safe_close(store->loaded);
	*store = STORE_NONE;
}

int store_save(const struct store *store, const uint8_t digest[SHA256_SIZE], const void *image,
	       size_t size, bool *ret_existed)
{
	char file[STORE_NAME_MAX], temporary[STORE_NAME_MAX + sizeof(TEMPORARY) + 16];
	_cleanup_close_ int fd = -1;
	int r;

	*ret_existed = false;
	if (store->directory < 0)
		return 0;
	object_file(digest, file);
	if (faccessat(store->directory, file, F_OK, 0) == 0) {
		*ret_existed = true;
		return 0;
	}
	/* by thread: two threads may save the same object */
	snprintf(temporary, sizeof(temporary), TEMPORARY "%d-%s", gettid(), file);
	fd = openat(store->directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, image, size);
	if (r == 0 && renameat(store->directory, temporary, store->directory, file) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(store->directory, temporary, 0);
	return r;
}

int store_open(const struct store *store, const uint8_t digest[SHA256_SIZE])
{
	char file[STORE_NAME_MAX];
	int fd;

	if (store->directory < 0)
		return -ENOENT;
	object_file(digest, file);
	fd = openat(store->directory, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void store_remove(const struct store *store, const uint8_t digest[SHA256_SIZE])
{
	char file[STORE_NAME_MAX];

	object_file(digest, file);
	if (store->directory >= 0)
		unlinkat(store->directory, file, 0);
}

int store_mark(const struct store *store, const char *name, const uint8_t digest[SHA256_SIZE],
	       uid_t payer)
{
	char target[TARGET_MAX] = "../", temporary[RING_NAME_MAX + sizeof(TEMPORARY)];
	size_t length;

	if (store->directory < 0)
		return 0;
	object_file(digest, target + 3);
	length = strlen(target);
	if (payer != 0)
		snprintf(target + length, sizeof(target) - length, "@%u", (unsigned int)payer);
	snprintf(temporary, sizeof(temporary), TEMPORARY "%s", name);
	unlinkat(store->loaded, temporary, 0);
	if (symlinkat(target, store->loaded, temporary) < 0 ||
	    renameat(store->loaded, temporary, store->loaded, name) < 0)
		return -errno;
	return 0;
}

void store_unmark(const struct store *store, const char *name)
{
	if (store->directory >= 0)
		unlinkat(store->loaded, name, 0);
}

/* Calls @each for the files of @fd, which stays open. */
static int for_each_file(int fd, int (*each)(void *arg, const char *file), void *arg)
{
	_cleanup_close_ int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *directory;
	int r = 0;

	if (copy < 0)
		return -errno;
	directory = fdopendir(copy);
	if (!directory)
		return -errno;
	(void)take_fd(&copy); /* goes with the directory */
	while (r == 0 && (entry = readdir(directory)))
		r = each(arg, entry->d_name);
	closedir(directory);
	return r;
}

struct marks {
	const struct store *store;
	struct store_mark *all;
	size_t n;
};

/* Cuts @target. */
static bool parse_target(char *target, struct store_mark *mark)
{
	char *user = strchr(target, '@'), *end;
	unsigned long uid = 0;

	if (user) {
		*user++ = '\0';
		errno = 0;
		uid = strtoul(user, &end, 10);
		if (*user < '0' || *user > '9' || *end || errno || uid >= UINT32_MAX)
			return false;
	}
	mark->payer = (uid_t)uid;
	return strncmp(target, "../", 3) == 0 && file_digest(target + 3, mark->digest);
}

static int add_mark(void *arg, const char *file)
{
	struct marks *marks = arg;
	char target[TARGET_MAX];
	struct store_mark *all, mark;
	ssize_t n;

	n = readlinkat(marks->store->loaded, file, target, sizeof(target) - 1);
	if (n < 0 || !name_valid(file, sizeof(mark.name)))
		return 0;
	target[n] = '\0';
	if (!parse_target(target, &mark))
		return 0;
	all = reallocarray(marks->all, marks->n + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	strcpy(mark.name, file);
	marks->all = all;
	all[marks->n++] = mark;
	return 0;
}

int store_marks(const struct store *store, struct store_mark **ret, size_t *ret_n)
{
	struct marks marks = {.store = store};
	int r = store->directory < 0 ? 0 : for_each_file(store->loaded, add_mark, &marks);

	if (r < 0) {
		free(marks.all);
		return r;
	}
	*ret = marks.all;
	*ret_n = marks.n;
	return 0;
}

struct cleaning {
	const struct store *store;
	bool (*needed)(void *arg, const uint8_t *digest);
	void *arg;
};

static int clean_one(void *arg, const char *file)
{
	const struct cleaning *cleaning = arg;
	uint8_t digest[SHA256_SIZE];

	if (strncmp(file, TEMPORARY, strlen(TEMPORARY)) == 0 ||
	    (file_digest(file, digest) && !cleaning->needed(cleaning->arg, digest)))
		unlinkat(cleaning->store->directory, file, 0);
	return 0;
}

void store_clean(const struct store *store, bool (*needed)(void *arg, const uint8_t *digest),
		 void *arg)
{
	struct cleaning cleaning = {.store = store, .needed = needed, .arg = arg};

	if (store->directory >= 0)
		for_each_file(store->directory, clean_one, &cleaning);
}
