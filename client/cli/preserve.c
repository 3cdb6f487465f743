/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preserve.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"

#define ACL	    "system.posix_acl_access"
#define PERMISSIONS (S_IRWXU | S_IRWXG | S_IRWXO)

bool preserve_parse(const char *list, unsigned int *what)
{
	static const struct {
		const char *word;
		unsigned int what;
	} words[] = {
		{"mode", PRESERVE_MODE},
		{"ownership", PRESERVE_OWNERSHIP},
		{"timestamps", PRESERVE_TIMESTAMPS},
		{"xattr", PRESERVE_XATTR},
		{"all", PRESERVE_ALL},
	};

	if (!list) {
		*what |= PRESERVE_DEFAULT;
		return true;
	}
	for (;;) {
		size_t length = strcspn(list, ","), i = 0;

		while (i < sizeof(words) / sizeof(words[0]) &&
		       (strlen(words[i].word) != length ||
			strncmp(list, words[i].word, length) != 0))
			i++;
		if (i == sizeof(words) / sizeof(words[0])) {
			output_error("--preserve: expected mode, ownership, timestamps, xattr or "
				     "all, or several with commas, not \"%.*s\"",
				     (int)length, list);
			return false;
		}
		*what |= words[i].what;
		if (!list[length])
			return true;
		list += length + 1;
	}
}

mode_t preserve_initial_mode(const struct stat *source, unsigned int what)
{
	mode_t mode = source->st_mode & PERMISSIONS;

	if (what & PRESERVE_OWNERSHIP) /* not for the caller's group before it is the source's */
		mode &= S_IRWXU;
	if (what & PRESERVE_XATTR) /* the kernel asks for it, whatever the descriptor may do */
		mode |= S_IWUSR;
	return mode;
}

static int failed(const char *path, const char *attribute)
{
	output_error("%s: cannot preserve the %s: %s", path, attribute, strerror(errno));
	return STATUS_FAILED;
}

/* As cp does: without the privilege to change the owner, only the group, if that is permitted. */
static int preserve_ownership(int fd, const char *path, const struct stat *source)
{
	if (fchown(fd, source->st_uid, source->st_gid) == 0)
		return 0;
	if ((errno != EPERM && errno != EINVAL) || geteuid() == 0)
		return failed(path, "ownership");
	(void)!fchown(fd, (uid_t)-1, source->st_gid);
	return 0;
}

/* Permissions are the mode's; the labels of security modules belong to the place of a file. */
static bool is_skipped(const char *name)
{
	return strncmp(name, "system.", 7) == 0 || strcmp(name, "security.selinux") == 0 ||
	       strcmp(name, "security.evm") == 0;
}

/* A value from malloc, of *ret_size bytes; NULL, with errno. */
static void *read_xattr(int fd, const char *name, size_t *ret_size)
{
	size_t size = XATTR_SIZE_MAX;
	char *value = malloc(size);
	ssize_t n;

	if (!value)
		abort();
	n = fgetxattr(fd, name, value, size);
	if (n < 0) {
		int error = errno;

		free(value);
		errno = error;
		return NULL;
	}
	*ret_size = (size_t)n;
	return value;
}

static int preserve_xattr(int fd, const char *path, int source, const char *name, bool lenient)
{
	size_t size;
	void *value = read_xattr(source, name, &size);
	int error;

	if (!value && errno == ENODATA) /* it was removed meanwhile */
		return 0;
	if (value && fsetxattr(fd, name, value, size, 0) == 0) {
		free(value);
		return 0;
	}
	error = errno;
	free(value);
	output_error("%s%s: cannot preserve the extended attribute %s: %s", lenient ? "note: " : "",
		     path, name, strerror(error));
	return lenient ? 0 : STATUS_FAILED;
}

static int preserve_xattrs(int fd, const char *path, int source, bool lenient)
{
	char *names = malloc(XATTR_LIST_MAX);
	ssize_t size;
	int r = 0;

	if (!names)
		abort();
	size = flistxattr(source, names, XATTR_LIST_MAX);
	if (size < 0 && errno != EOPNOTSUPP)
		r = failed(path, "extended attributes");
	for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1)
		if (!is_skipped(name) && preserve_xattr(fd, path, source, name, lenient) != 0)
			r = STATUS_FAILED;
	free(names);
	return r;
}

/* The source's ACL, or none. */
static int preserve_acl(int fd, const char *path, int source)
{
	size_t size;
	void *acl = read_xattr(source, ACL, &size);
	int r = 0;

	if (!acl && errno != ENODATA && errno != EOPNOTSUPP)
		return failed(path, "ACL");
	if (acl && fsetxattr(fd, ACL, acl, size, 0) < 0)
		r = failed(path, "ACL");
	else if (!acl && fremovexattr(fd, ACL) < 0 && errno != ENODATA && errno != EOPNOTSUPP)
		r = failed(path, "mode");
	free(acl);
	return r;
}

/* No set-user-ID or set-group-ID bit of another's file becomes one of the target's owner. */
static int preserve_mode(int fd, const char *path, int source, const struct stat *status)
{
	mode_t mode = status->st_mode & 07777;
	int r = preserve_acl(fd, path, source);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return failed(path, "mode");
	if (st.st_uid != status->st_uid || st.st_gid != status->st_gid)
		mode &= PERMISSIONS;
	return fchmod(fd, mode) < 0 ? failed(path, "mode") : r;
}

int preserve_apply(int fd, const char *path, int source, const struct stat *status,
		   unsigned int what, bool created, int mode)
{
	const struct timespec times[] = {status->st_atim, status->st_mtim};
	int r = 0;

	/* not for others before it has both owner and mode of the source */
	if (!created && (what & PRESERVE_OWNERSHIP) && (what & PRESERVE_MODE) &&
	    fchmod(fd, preserve_initial_mode(status, what)) < 0)
		return failed(path, "mode");
	if (what & PRESERVE_OWNERSHIP)
		r |= preserve_ownership(fd, path, status);
	if (what & PRESERVE_XATTR)
		r |= preserve_xattrs(fd, path, source, what & PRESERVE_LENIENT);
	if (what & PRESERVE_MODE)
		r |= preserve_mode(fd, path, source, status);
	else if (mode >= 0 && fchmod(fd, (mode_t)mode) < 0)
		r |= failed(path, "mode");
	if ((what & PRESERVE_TIMESTAMPS) && futimens(fd, times) < 0)
		r |= failed(path, "timestamps");
	return r ? STATUS_FAILED : 0;
}
