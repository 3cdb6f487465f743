/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Without --atomic the target is opened, or created, and written in its place. With --atomic a new
 * file in its directory is written, which has no name until it is complete (O_TMPFILE), or, where
 * the file system cannot do that, a temporary one.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "files.h"
#include "in-use.h"
#include "interrupt.h"
#include "output.h"
#include "preserve.h"

#define PERMISSIONS (S_IRWXU | S_IRWXG | S_IRWXO)

int source_open(struct source *source, const char *path)
{
	int fd = files_open_at_once(AT_FDCWD, path, O_RDONLY, 0);

	*source = (struct source){.path = path, .fd = fd};
	if (fd < 0 || fstat(fd, &source->status) < 0) {
		output_error("cannot open %s: %s", path, strerror(fd < 0 ? -fd : errno));
	} else if (S_ISDIR(source->status.st_mode)) {
		output_error("%s is a directory; expected a file", path);
	} else if (files_check_source(path, fd) == 0) {
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return STATUS_FAILED;
}

/* Prints "cannot create PATH: ..." for @error, a positive errno. */
static int cannot(const char *verb, const char *path, int error)
{
	output_error("cannot %s %s: %s", verb, path, strerror(error));
	return STATUS_FAILED;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Refuses a target that has the source's data, or data that something else uses. */
static int check_existing(const struct target *target, int fd)
{
	const struct source *source = target->source;
	char device[64];

	if (is_same(&source->status, &target->old)) {
		output_error("%s and %s are the same file", source->path, target->path);
		return STATUS_FAILED;
	}
	if (S_ISBLK(source->status.st_mode) && in_use_is_backing(source->fd, &target->old)) {
		output_error("the data of %s are in %s, which would be overwritten by themselves",
			     source->path, target->path);
		return STATUS_FAILED;
	}
	if (S_ISBLK(target->old.st_mode) && in_use_is_backing(fd, &source->status)) {
		output_error("the data of %s are in %s, which would be overwritten by themselves",
			     target->path, source->path);
		return STATUS_FAILED;
	}
	if (!target->options->atomic && !target->options->force && S_ISREG(target->old.st_mode) &&
	    in_use_by_loop(&target->old, device, sizeof(device))) {
		output_error("%s has the data of %s, which is in use; --force overwrites them",
			     target->path, device);
		return STATUS_FAILED;
	}
	if (target->options->preserve && !S_ISREG(target->old.st_mode)) {
		output_error("--preserve: %s is no regular file, so it keeps its attributes",
			     target->path);
		return STATUS_FAILED;
	}
	return 0;
}

/* The kernel lets nobody open a device exclusively that it uses itself. */
static int open_existing(struct target *target)
{
	int flags = O_WRONLY, r;

	if (stat(target->path, &target->old) < 0) {
		if (errno != ENOENT)
			return cannot("open", target->path, errno);
		output_error("%s is a symbolic link to a file that does not exist", target->path);
		return STATUS_FAILED;
	}
	if (S_ISDIR(target->old.st_mode))
		return cannot("overwrite", target->path, EISDIR);
	if (S_ISBLK(target->old.st_mode) && !target->options->force)
		flags |= O_EXCL;
	target->fd = files_open_at_once(AT_FDCWD, target->path, flags, 0);
	if (target->fd == -EBUSY && (flags & O_EXCL)) {
		char *use = in_use_of_device(target->old.st_rdev);

		output_error("%s %s; --force writes to it nevertheless", target->path, use);
		free(use);
		return STATUS_FAILED;
	}
	if (target->fd < 0)
		return cannot("open", target->path, -target->fd);
	if (fstat(target->fd, &target->old) < 0)
		r = cannot("open", target->path, errno);
	else if (S_ISBLK(target->old.st_mode) && !target->options->force && !(flags & O_EXCL))
		r = cannot("open", target->path, EBUSY); /* it was replaced just now */
	else
		r = check_existing(target, target->fd);
	if (r != 0)
		close(target->fd);
	return r;
}

static int open_in_place(struct target *target)
{
	mode_t mode = preserve_initial_mode(&target->source->status, target->options->preserve);

	interrupt_defer(true);
	target->fd = files_open_at_once(AT_FDCWD, target->path, O_WRONLY | O_CREAT | O_EXCL, mode);
	target->created = target->fd >= 0;
	if (target->created)
		interrupt_set_file(AT_FDCWD, target->path);
	interrupt_defer(false);
	if (target->fd >= 0)
		return 0;
	if (target->fd != -EEXIST)
		return cannot("create", target->path, -target->fd);
	return target->options->no_clobber ? TARGET_EXISTS : open_existing(target);
}

/* Opens the directory that the new file gets its name in, behind symbolic links of the target. */
static int find_place(struct target *target)
{
	char *real = target->created ? NULL : realpath(target->path, NULL);
	const char *path = real ? real : target->path, *slash = strrchr(path, '/');
	char *directory = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);

	target->name = strdup(slash ? slash + 1 : path);
	if (!directory || !target->name)
		abort();
	target->directory = open(slash ? directory : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	free(real);
	return target->directory < 0 ? cannot("create", target->path, errno) : 0;
}

static void choose_temporary(struct target *target)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		abort();
	snprintf(target->temporary, sizeof(target->temporary), ".iouctl-%016" PRIx64, number);
}

/* A file without a name, or with one that an interrupt removes. */
static int open_temporary(struct target *target, mode_t mode)
{
	target->fd = files_open_at_once(target->directory, ".", O_WRONLY | O_TMPFILE, mode);
	if (target->fd != -EOPNOTSUPP && target->fd != -EISDIR)
		return target->fd < 0 ? cannot("create", target->path, -target->fd) : 0;
	choose_temporary(target);
	interrupt_defer(true);
	target->fd = files_open_at_once(target->directory, target->temporary,
					O_WRONLY | O_CREAT | O_EXCL, mode);
	if (target->fd >= 0)
		interrupt_set_file(target->directory, target->temporary);
	interrupt_defer(false);
	if (target->fd >= 0)
		return 0;
	*target->temporary = '\0';
	return cannot("create", target->path, -target->fd);
}

static int open_aside(struct target *target)
{
	const struct target_options *options = target->options;
	struct stat st;
	mode_t mode;
	int r;

	if (lstat(target->path, &st) < 0) {
		if (errno != ENOENT)
			return cannot("create", target->path, errno);
		target->created = true;
	} else if (options->no_clobber) {
		return TARGET_EXISTS;
	} else if (stat(target->path, &target->old) < 0) {
		return cannot("replace", target->path, errno);
	} else if (!S_ISREG(target->old.st_mode)) {
		output_error("--atomic: %s is no regular file, so it cannot be replaced",
			     target->path);
		return STATUS_FAILED;
	} else {
		r = check_existing(target, -1);
		if (r != 0)
			return r;
	}
	r = find_place(target);
	if (r != 0)
		return r;
	mode = preserve_initial_mode(&target->source->status, options->preserve);
	return open_temporary(target, target->created ? mode : S_IRUSR | S_IWUSR);
}

int target_open(struct target *target, const char *path, const struct source *source,
		const struct target_options *options)
{
	size_t length = strlen(path);

	*target = (struct target){
		.path = path, .options = options, .source = source, .directory = -1};
	if (length && path[length - 1] == '/') { /* the caller knows that it is no directory */
		output_error("%s is not a directory", path);
		return STATUS_FAILED;
	}
	return options->atomic ? open_aside(target) : open_in_place(target);
}

static int incomplete(const struct target *target, const char *what, int error)
{
	if (target->options->atomic)
		output_error("%s failed for the new %s: %s", what, target->path, strerror(error));
	else
		output_error("%s is incomplete: %s failed: %s", target->path, what,
			     strerror(error));
	return STATUS_WORK_FAILED;
}

/* Some file systems report failed writes at close: all that is left to do before it is closed. */
static int flush(const struct target *target)
{
	int fd = fcntl(target->fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0 && close(fd) == 0)
		return 0;
	return incomplete(target, "close", errno);
}

/* A file that takes another's place belongs to the same user, as if it had been overwritten. */
static void keep_owner(const struct target *target)
{
	struct stat st;

	if (fstat(target->fd, &st) == 0 && st.st_uid == target->old.st_uid &&
	    st.st_gid == target->old.st_gid)
		return;
	if (fchown(target->fd, target->old.st_uid, target->old.st_gid) < 0)
		output_error("note: %s belongs to another user or group than before: %s",
			     target->path, strerror(errno));
}

static int set_attributes(const struct target *target)
{
	const struct stat *source = &target->source->status;
	unsigned int preserve = target->options->preserve;
	bool replaces = target->options->atomic && !target->created;
	mode_t mask = umask(0);
	int mode = -1;

	umask(mask);
	if (replaces && !(preserve & PRESERVE_OWNERSHIP))
		keep_owner(target);
	if (replaces)
		mode = (int)(target->old.st_mode & PERMISSIONS);
	else if (target->created &&
		 preserve_initial_mode(source, preserve) != (source->st_mode & PERMISSIONS))
		mode = (int)(source->st_mode & PERMISSIONS & ~mask);
	return preserve_apply(target->fd, target->path, target->source->fd, source, preserve,
			      replaces || target->created, mode);
}

/* Gives a file without a name the name @name. 0 or -errno */
static int link_as(const struct target *target, const char *name)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", target->fd);
	return linkat(AT_FDCWD, path, target->directory, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

/* Renames the temporary file; with --no-clobber only if nothing has that name. 0 or -errno */
static int rename_temporary(struct target *target)
{
	unsigned int flags = target->options->no_clobber ? RENAME_NOREPLACE : 0;

	if (renameat2(target->directory, target->temporary, target->directory, target->name,
		      flags) == 0) {
		*target->temporary = '\0';
		return 0;
	}
	if (errno != EINVAL || !flags)
		return -errno;
	/* a file system without RENAME_NOREPLACE; target_done() removes the first name */
	return linkat(target->directory, target->temporary, target->directory, target->name, 0) < 0
		       ? -errno
		       : 0;
}

static int install(struct target *target)
{
	int r = -EEXIST;

	if (!*target->temporary) {
		if (target->created)
			r = link_as(target, target->name);
		if (r == -EEXIST && !target->options->no_clobber) {
			choose_temporary(target);
			r = link_as(target, target->temporary);
			if (r < 0)
				*target->temporary = '\0';
		}
		if (r < 0 || !*target->temporary)
			return r;
	}
	return rename_temporary(target);
}

/* 0, or an exit status after a message */
static int sync_directory(const struct target *target)
{
	int fd = openat(target->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL)) { /* EINVAL: there is nothing to sync */
		output_error("%s is complete, but its directory cannot be synced: %s", target->path,
			     strerror(errno));
		r = STATUS_FAILED;
	}
	if (fd >= 0)
		close(fd);
	return r;
}

int target_finish(struct target *target)
{
	bool atomic = target->options->atomic, sync = target->options->sync;
	int r = flush(target);

	if (r == 0)
		r = set_attributes(target);
	if (r != 0 || !atomic)
		return r;
	if (sync && fsync(target->fd) < 0)
		return incomplete(target, "fsync", errno);
	r = install(target);
	if (r < 0)
		return cannot(target->created ? "create" : "replace", target->path, -r);
	target->installed = true;
	return sync ? sync_directory(target) : 0;
}

void target_done(struct target *target)
{
	interrupt_defer(true);
	if (*target->temporary)
		unlinkat(target->directory, target->temporary, 0);
	if (target->directory >= 0)
		close(target->directory);
	free(target->name);
	interrupt_set_file(-1, NULL);
}
