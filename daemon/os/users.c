/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * users.c - looks up users, and opens files with their rights
 *
 * File permissions are checked with the credentials of the thread. glibc's setgroups() and related
 * functions change all threads, so this code makes the system calls directly. A separate thread
 * opens the file and ends: a thread of the pool that failed to become root again would run the next
 * job as another user.
 */
#include "os/users.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/open-path.h"
#include "common/cleanup.h"

#ifdef SYS_setgroups32 /* where the other one takes groups of 16 bits */
#define SYSCALL_SETGROUPS SYS_setgroups32
#define SYSCALL_SETFSGID  SYS_setfsgid32
#define SYSCALL_SETFSUID  SYS_setfsuid32
#else
#define SYSCALL_SETGROUPS SYS_setgroups
#define SYSCALL_SETFSGID  SYS_setfsgid
#define SYSCALL_SETFSUID  SYS_setfsuid
#endif

#define NSS_TEXT_MAX (1u << 20) /* bytes of one entry; a longer one is an error */
#define GROUPS_MAX   65536	/* the kernel's limit */

/* ---- look-up ---- */

static bool is_number(const char *name, uid_t *ret)
{
	char *end;
	unsigned long number;

	if (*name < '0' || *name > '9')
		return false;
	errno = 0;
	number = strtoul(name, &end, 10);
	if (errno || *end || number >= (uid_t)-1)
		return false;
	*ret = (uid_t)number;
	return true;
}

/* *ret points into *ret_text, which the caller frees. */
static int find_entry(const char *name, struct passwd *ret, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	struct passwd *found;
	uid_t uid;
	int r;

	for (size_t size = 1024; size <= NSS_TEXT_MAX; size *= 4) {
		free(text);
		text = malloc(size);
		if (!text)
			return -ENOMEM;
		if (is_number(name, &uid))
			r = getpwuid_r(uid, ret, text, size, &found);
		else
			r = getpwnam_r(name, ret, text, size, &found);
		if (r == ERANGE)
			continue;
		if (r != 0 && !found && r != ESRCH && r != ENOENT)
			return -r;
		if (!found)
			return -ENOENT;
		*ret_text = take_ptr(text);
		return 0;
	}
	return -ERANGE;
}

static int find_groups(const struct passwd *entry, gid_t **ret, size_t *ret_n)
{
	_cleanup_free_ gid_t *groups = NULL;

	for (int n = 64; n <= GROUPS_MAX;) {
		int found = n;

		free(groups);
		groups = calloc((size_t)n, sizeof(*groups));
		if (!groups)
			return -ENOMEM;
		if (getgrouplist(entry->pw_name, entry->pw_gid, groups, &found) >= 0) {
			*ret = take_ptr(groups);
			*ret_n = (size_t)found;
			return 0;
		}
		n = found > n ? found : n * 2;
	}
	return -E2BIG;
}

static int linux_find(struct users *users, const char *name, struct user *ret)
{
	_cleanup_free_ char *text = NULL;
	struct passwd entry;
	struct user user;
	int r;

	r = find_entry(name, &entry, &text);
	if (r < 0)
		return r;
	user.uid = entry.pw_uid;
	user.gid = entry.pw_gid;
	r = find_groups(&entry, &user.groups, &user.n_groups);
	if (r == 0)
		*ret = user;
	return r;
}

/* ---- files ---- */

struct opening { /* the thread's argument */
	const struct user *user;
	const char *path;
	int flags;
	int result; /* a descriptor, or -errno */
};

/* For this thread, until it ends. With the user id the kernel drops root's rights to files. */
static int become(const struct user *user)
{
	if (syscall(SYSCALL_SETGROUPS, user->n_groups, user->groups) < 0)
		return -errno;
	/* these two report no failure; setting -1 changes nothing and returns the current id */
	syscall(SYSCALL_SETFSGID, user->gid);
	syscall(SYSCALL_SETFSUID, user->uid);
	if ((gid_t)syscall(SYSCALL_SETFSGID, -1) != user->gid ||
	    (uid_t)syscall(SYSCALL_SETFSUID, -1) != user->uid)
		return -EPERM;
	return 0;
}

/* Opening must not wait for the other end of a pipe; later reads must wait for its data. */
static int open_file(const char *path, int flags, uid_t uid)
{
	_cleanup_close_ int fd = open_path(path, flags | O_NONBLOCK | O_NOCTTY, uid);

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) < 0)
		return -errno;
	return take_fd(&fd);
}

static void *open_as(void *arg)
{
	struct opening *opening = arg;

	opening->result = become(opening->user);
	if (opening->result == 0)
		opening->result = open_file(opening->path, opening->flags, opening->user->uid);
	return NULL;
}

static int linux_open(struct users *users, const struct user *user, const char *path, int flags,
		      int *ret_fd)
{
	struct opening opening = {.user = user, .path = path, .flags = flags};
	int dumpable = prctl(PR_GET_DUMPABLE);
	pthread_t thread;
	int r;

	r = pthread_create(&thread, NULL, open_as, &opening);
	if (r != 0)
		return -r;
	pthread_join(thread, NULL);
	/* changing credentials made the whole process undumpable; that thread has ended */
	if (dumpable == 1)
		prctl(PR_SET_DUMPABLE, 1);
	if (opening.result < 0)
		return opening.result;
	*ret_fd = opening.result;
	return 0;
}

struct users *users_linux(void)
{
	static struct users users = {.find = linux_find, .open = linux_open};

	return &users;
}
