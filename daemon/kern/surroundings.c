/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/surroundings.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/cleanup.h"

/* The number in the file of a sysctl; -1: the kernel has no such setting. */
static int read_setting(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	int value;

	return file && fscanf(file, "%d", &value) == 1 ? value : -1;
}

/* Creates @path if its parent is on a bpffs; creates nothing on other file systems. */
static int make_pin_directory(const char *path)
{
	_cleanup_free_ char *parent = strdup(path);
	struct statfs status;
	char *slash;

	if (!parent)
		return -ENOMEM;
	if (statfs(path, &status) < 0) {
		slash = strrchr(parent, '/');
		if (errno != ENOENT || !slash || slash == parent)
			return -errno;
		*slash = '\0';
		if (statfs(parent, &status) < 0)
			return -errno;
		if (status.f_type == BPF_FS_MAGIC && mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	if (status.f_type != BPF_FS_MAGIC)
		return -EMEDIUMTYPE;
	return access(path, R_OK | W_OK | X_OK) < 0 ? -errno : 0;
}

struct surroundings surroundings_look(const char *pin_directory)
{
	return (struct surroundings){
		.disabled = read_setting("/proc/sys/kernel/io_uring_disabled"),
		.group = read_setting("/proc/sys/kernel/io_uring_group"),
		.pins = make_pin_directory(pin_directory),
	};
}

bool surroundings_equal(const struct surroundings *a, const struct surroundings *b)
{
	return a->disabled == b->disabled && a->group == b->group && a->pins == b->pins;
}
