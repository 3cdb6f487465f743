/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files opened in a user's name, with nothing but that user's rights. Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/users.h"
#include "common/cleanup.h"

#define NOBODY 65534u
#define GROUP  4711u

static int needs_root(void **state)
{
	return geteuid() == 0 ? 0 : -1;
}

struct place {
	char directory[64];
	char path[96];
};

/* A file with @mode of root and GROUP. */
static void place_init(struct place *place, mode_t mode)
{
	int fd;

	strcpy(place->directory, "/tmp/users-test-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	assert_int_equal(chmod(place->directory, 0755), 0);
	snprintf(place->path, sizeof(place->path), "%s/file", place->directory);
	fd = open(place->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chown(place->path, 0, GROUP), 0);
	assert_int_equal(chmod(place->path, mode), 0);
}

static void place_done(struct place *place)
{
	unlink(place->path);
	assert_int_equal(rmdir(place->directory), 0);
}

/* What opening it as @user gives: 0 or -errno. This thread is root before and after. */
static int open_as(const struct user *user, const char *path, int flags)
{
	struct users *users = users_linux();
	gid_t before[64], after[64];
	int n = getgroups(64, before);
	int fd = -1, r;

	r = users->open(users, user, path, flags, &fd);
	assert_int_equal(setfsuid((uid_t)-1), 0);
	assert_int_equal(setfsgid((gid_t)-1), 0);
	assert_int_equal(getgroups(64, after), n);
	assert_memory_equal(before, after, (size_t)n * sizeof(gid_t));
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
	if (r < 0) {
		assert_int_equal(fd, -1);
		return r;
	}
	assert_int_equal(r, 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, flags);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	return 0;
}

static void test_rights(void **state)
{
	gid_t groups[] = {12, GROUP};
	const struct user root = {0};
	const struct user nobody = {.uid = NOBODY, .gid = NOBODY};
	const struct user member = {.uid = NOBODY, .gid = NOBODY, .groups = groups, .n_groups = 2};
	const struct user own = {.uid = NOBODY, .gid = GROUP};
	struct place place;

	place_init(&place, 0640);
	assert_int_equal(open_as(&root, place.path, O_RDWR), 0);
	assert_int_equal(open_as(&nobody, place.path, O_RDONLY), -EACCES);
	assert_int_equal(open_as(&nobody, place.path, O_WRONLY), -EACCES);
	assert_int_equal(open_as(&member, place.path, O_RDONLY), 0);
	assert_int_equal(open_as(&member, place.path, O_RDWR), -EACCES);
	assert_int_equal(open_as(&own, place.path, O_RDONLY), 0);
	assert_int_equal(chmod(place.directory, 0700), 0); /* the way to it counts, too */
	assert_int_equal(open_as(&own, place.path, O_RDONLY), -EACCES);
	place_done(&place);
}

/* The groups of root are not those of the user. */
static void test_groups_are_dropped(void **state)
{
	const struct user nobody = {.uid = NOBODY, .gid = NOBODY};
	struct place place;

	place_init(&place, 0040);
	assert_int_equal(chown(place.path, 0, 0), 0);
	assert_int_equal(open_as(&nobody, place.path, O_RDONLY), -EACCES);
	place_done(&place);
}

static void test_odd_files(void **state)
{
	const struct user root = {0};
	struct place place;
	char path[64];
	int fd;

	place_init(&place, 0644);
	fd = open(place.path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* what the daemon has open is nobody's to be had by a path */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(open_as(&root, path, O_RDONLY), -EXDEV);
	close(fd);
	assert_int_equal(open_as(&root, "/proc/self/status", O_RDONLY), -EXDEV);
	assert_int_equal(open_as(&root, "/nowhere/at/all", O_RDONLY), -ENOENT);
	assert_int_equal(unlink(place.path), 0);
	assert_int_equal(symlink("/proc/self/fd/0", place.path), 0);
	assert_int_equal(open_as(&root, place.path, O_RDONLY), -EXDEV);
	assert_int_equal(unlink(place.path), 0);
	/* a pipe without another end: no waiting */
	assert_int_equal(mkfifo(place.path, 0600), 0);
	assert_int_equal(open_as(&root, place.path, O_WRONLY), -ENXIO);
	assert_int_equal(open_as(&root, place.path, O_RDONLY), 0);
	place_done(&place);
}

/* @link, in the place's directory, is made to lead to @target; what opening @path there gives. */
static int open_by_link(const struct place *place, const char *link, const char *target,
			const char *path)
{
	const struct user nobody = {.uid = NOBODY, .gid = NOBODY};
	char from[128], whole[256];
	int r;

	snprintf(from, sizeof(from), "%s/%s", place->directory, link);
	snprintf(whole, sizeof(whole), "%s/%s", place->directory, path);
	assert_int_equal(symlink(target, from), 0);
	r = open_as(&nobody, whole, O_RDONLY);
	unlink(from);
	return r;
}

static void test_links(void **state)
{
	const struct user nobody = {.uid = NOBODY, .gid = NOBODY};
	struct place place;
	char path[256], outside[64];

	place_init(&place, 0644);
	snprintf(outside, sizeof(outside), "..%s", strrchr(place.directory, '/'));
	assert_int_equal(open_by_link(&place, "l", "file", "l"), 0);
	assert_int_equal(open_by_link(&place, "l", place.path, "l"), 0);
	assert_int_equal(open_by_link(&place, "l", "file", "l/"), -ENOTDIR);
	assert_int_equal(open_by_link(&place, "l", "file", "l/x"), -ENOTDIR);
	assert_int_equal(open_by_link(&place, "l", place.directory, "l//./file"), 0);
	assert_int_equal(open_by_link(&place, "l", ".", "l/l/l/l/l/file"), 0);
	assert_int_equal(open_by_link(&place, "l", "nowhere", "l"), -ENOENT);
	assert_int_equal(open_by_link(&place, "l", "l", "l"), -ELOOP);
	assert_int_equal(open_by_link(&place, "l", "l/file", "l/file"), -ELOOP);
	assert_int_equal(open_by_link(&place, "l", "/proc/self", "l/status"), -EXDEV);
	assert_int_equal(open_by_link(&place, "l", "/proc/self/root", "l/etc/passwd"), -EXDEV);
	assert_int_equal(open_by_link(&place, "l", "..", outside), 0);
	snprintf(path, sizeof(path), "//..%s/", place.directory);
	assert_int_equal(open_as(&nobody, path, O_RDONLY), 0);
	assert_int_equal(open_as(&nobody, place.directory, O_WRONLY), -EISDIR);
	place_done(&place);
}

/* As in /tmp: a link there is its owner's own, or root's, whose directory it is. */
static void test_traps(void **state)
{
	const struct user nobody = {.uid = NOBODY, .gid = NOBODY};
	struct place place;
	char path[128];

	place_init(&place, 0644);
	assert_int_equal(chmod(place.directory, 01777), 0);
	snprintf(path, sizeof(path), "%s/l", place.directory);
	assert_int_equal(symlink("file", path), 0);
	assert_int_equal(open_as(&nobody, path, O_RDONLY), 0);
	assert_int_equal(lchown(path, NOBODY, NOBODY), 0);
	assert_int_equal(open_as(&nobody, path, O_RDONLY), 0);
	assert_int_equal(lchown(path, 1, 1), 0);
	assert_int_equal(open_as(&nobody, path, O_RDONLY), -ELOOP);
	assert_int_equal(chmod(place.directory, 0777), 0);
	assert_int_equal(open_as(&nobody, path, O_RDONLY), 0);
	unlink(path);
	place_done(&place);
}

static void test_find(void **state)
{
	struct users *users = users_linux();
	struct user user;

	assert_int_equal(users->find(users, "root", &user), 0);
	assert_int_equal(user.uid, 0);
	assert_int_equal(user.gid, 0);
	assert_true(user.n_groups >= 1);
	user_done(&user);
	assert_int_equal(users->find(users, "0", &user), 0);
	assert_int_equal(user.uid, 0);
	user_done(&user);
	assert_int_equal(users->find(users, "65534", &user), 0);
	assert_int_equal(user.uid, NOBODY);
	user_done(&user);
	assert_int_equal(users->find(users, "no-such-user", &user), -ENOENT);
	assert_int_equal(users->find(users, "123456789", &user), -ENOENT);
	assert_int_equal(users->find(users, "4294967295", &user), -ENOENT);
	assert_int_equal(users->find(users, "-1", &user), -ENOENT);
	assert_int_equal(users->find(users, "0x0", &user), -ENOENT);
	assert_int_equal(users->find(users, "", &user), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights),	  cmocka_unit_test(test_groups_are_dropped),
		cmocka_unit_test(test_odd_files), cmocka_unit_test(test_links),
		cmocka_unit_test(test_traps),	  cmocka_unit_test(test_find),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("os-users", tests, needs_root, NULL);
}
