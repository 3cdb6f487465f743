/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "in-use.h"

#include <glob.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

bool in_use_is_backing(int loop, const struct stat *file)
{
	struct loop_info64 info = {0};

	return ioctl(loop, LOOP_GET_STATUS64, &info) == 0 && info.lo_inode == file->st_ino &&
	       info.lo_device == file->st_dev;
}

/* @path: a file that holds the path of a loop device's file */
static bool names_file(const char *path, const struct stat *file)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	struct stat st;
	bool same;

	if (!in)
		return false;
	same = getline(&line, &size, in) > 0;
	if (same) {
		line[strcspn(line, "\n")] = '\0';
		same = stat(line, &st) == 0 && st.st_dev == file->st_dev &&
		       st.st_ino == file->st_ino;
	}
	free(line);
	fclose(in);
	return same;
}

bool in_use_by_loop(const struct stat *file, char *ret, size_t size)
{
	static const char pattern[] = "/sys/block/loop*/loop/backing_file";
	glob_t found;
	bool used = false;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !used; i++) {
		const char *device = found.gl_pathv[i] + strlen("/sys/block/");

		used = names_file(found.gl_pathv[i], file);
		if (used)
			snprintf(ret, size, "/dev/%.*s", (int)strcspn(device, "/"), device);
	}
	globfree(&found);
	return used;
}

/* @text: "MAJOR:MINOR" */
static bool is_number_of(const char *text, dev_t device)
{
	char number[32];

	snprintf(number, sizeof(number), "%u:%u", major(device), minor(device));
	return strcmp(text, number) == 0;
}

/* Where @line, of mountinfo, mounts @device; NULL if it does not. Changes the line. */
static const char *mount_point(char *line, dev_t device)
{
	char *fields[5], *save, *dash = strstr(line, " - "), *source;
	struct stat st;

	if (!dash)
		return NULL;
	*dash = '\0';
	strtok_r(dash + 3, " ", &save); /* the type */
	source = strtok_r(NULL, " ", &save);
	fields[0] = strtok_r(line, " ", &save);
	for (size_t i = 1; i < 5; i++)
		fields[i] = strtok_r(NULL, " ", &save);
	if (!fields[4] || !source)
		return NULL;
	if (is_number_of(fields[2], device))
		return fields[4];
	/* a file system such as btrfs has a device number of its own */
	if (*source == '/' && stat(source, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == device)
		return fields[4];
	return NULL;
}

char *in_use_of_device(dev_t device)
{
	FILE *in = fopen("/proc/self/mountinfo", "re");
	const char *place = NULL;
	char *line = NULL, *text;
	size_t size = 0;
	int n;

	while (in && !place && getline(&line, &size, in) > 0)
		place = mount_point(line, device);
	if (place)
		n = asprintf(&text, "is mounted on %s", place);
	else
		n = asprintf(&text, "is in use: the kernel has it, or a part of it, mounted, as "
				    "swap space or as part of another device");
	if (n < 0)
		abort();
	free(line);
	if (in)
		fclose(in);
	return text;
}
