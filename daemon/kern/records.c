/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/records.h"

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
#include "kern/answer.h"
#include "util/write-all.h"

#define TEMPORARY ".new-"

/* Compared as bytes, so there is no padding. What differs here might answer otherwise. */
struct origin {
	char version[32]; /* of the daemon */
	uint64_t device;  /* of the loader's file, as the following */
	uint64_t inode;
	uint64_t size;
	int64_t changed_s;
	int64_t changed_ns;
};

struct head {
	struct origin origin;
	uint8_t sum[SHA256_SIZE]; /* of the answer that follows */
};

_Static_assert(sizeof(struct origin) == 32 + 5 * 8, "padding would be compared");

/* An upgrade of the package replaces the file. */
static int find_origin(const struct records *records, struct origin *ret)
{
	struct stat status;

	if (stat(records->loader_path, &status) < 0)
		return -errno;
	*ret = (struct origin){
		.version = IOURINGD_VERSION,
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = (uint64_t)status.st_size,
		.changed_s = status.st_ctim.tv_sec,
		.changed_ns = status.st_ctim.tv_nsec,
	};
	return 0;
}

/* Calls @each for the files, and returns how many there are. */
static unsigned int for_each(int directory_fd, void (*each)(int directory_fd, const char *file))
{
	_cleanup_close_ int copy = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	unsigned int n = 0;

	if (!directory)
		return 0;
	(void)take_fd(&copy); /* goes with the directory */
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (each)
			each(directory_fd, entry->d_name);
		n++;
	}
	closedir(directory);
	return n;
}

static void remove_file(int directory_fd, const char *file)
{
	unlinkat(directory_fd, file, 0);
}

int records_init(struct records *records, const char *path, const char *loader_path)
{
	*records = RECORDS_NONE;
	if (!path)
		return 0;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	records->directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (records->directory < 0)
		return -errno;
	records->loader_path = strdup(loader_path);
	if (!records->loader_path) {
		records_done(records);
		return -ENOMEM;
	}
	if (for_each(records->directory, NULL) > RECORDS_MAX)
		records_clear(records);
	return 0;
}

unsigned int records_clear(const struct records *records)
{
	return for_each(records->directory, remove_file);
}

void records_done(struct records *records)
{
	safe_close(records->directory);
	free(records->loader_path);
	*records = RECORDS_NONE;
}

/* Whether nobody but us could have written it. */
static bool is_ours(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
	       (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* False: the file ends before. */
static bool read_all(int fd, void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)buffer + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* -ENOENT: it does not count. */
static int read_record(int fd, const struct origin *origin, void **ret, size_t *ret_size)
{
	_cleanup_free_ void *answer = NULL;
	uint8_t sum[SHA256_SIZE];
	struct stat status;
	struct head head;
	size_t size;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!is_ours(&status) || status.st_size <= (off_t)sizeof(head) ||
	    status.st_size > (off_t)(sizeof(head) + ANSWER_MAX) ||
	    !read_all(fd, &head, sizeof(head)) ||
	    memcmp(&head.origin, origin, sizeof(*origin)) != 0)
		return -ENOENT;
	size = (size_t)status.st_size - sizeof(head);
	answer = malloc(size);
	if (!answer)
		return -ENOMEM;
	if (!read_all(fd, answer, size))
		return -ENOENT;
	sha256(answer, size, sum);
	if (memcmp(head.sum, sum, sizeof(sum)) != 0)
		return -ENOENT;
	*ret = take_ptr(answer);
	*ret_size = size;
	return 0;
}

int records_find(const struct records *records, const uint8_t digest[SHA256_SIZE], void **ret,
		 size_t *ret_size)
{
	_cleanup_close_ int fd = -1;
	char file[SHA256_TEXT_SIZE];
	struct origin origin = {};
	int r;

	if (records->directory < 0)
		return -ENOENT;
	r = find_origin(records, &origin);
	if (r < 0)
		return r;
	sha256_text(digest, file);
	fd = openat(records->directory, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : read_record(fd, &origin, ret, ret_size);
}

void records_keep(const struct records *records, const uint8_t digest[SHA256_SIZE],
		  const void *answer, size_t size)
{
	char file[SHA256_TEXT_SIZE], temporary[SHA256_TEXT_SIZE + sizeof(TEMPORARY) + 16];
	_cleanup_close_ int fd = -1;
	struct head head = {};
	int r;

	if (records->directory < 0 || find_origin(records, &head.origin) < 0)
		return;
	sha256(answer, size, head.sum);
	sha256_text(digest, file);
	/* by thread: two threads may inspect the same object */
	snprintf(temporary, sizeof(temporary), TEMPORARY "%d-%s", gettid(), file);
	fd = openat(records->directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	r = write_all(fd, (const char *)&head, sizeof(head));
	if (r == 0)
		r = write_all(fd, answer, size);
	if (r < 0 || renameat(records->directory, temporary, records->directory, file) < 0)
		unlinkat(records->directory, temporary, 0);
}

void records_forget(const struct records *records, const uint8_t digest[SHA256_SIZE])
{
	char file[SHA256_TEXT_SIZE];

	if (records->directory < 0)
		return;
	sha256_text(digest, file);
	unlinkat(records->directory, file, 0);
}
