/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of copies, compared with those of cp. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "files-on-disk.h"
#include "interrupt.h"
#include "preserve.h"
#include "target.h"

#define CONTENT "content\n"

static char directory[] = "/tmp/test-preserve-XXXXXX";
static bool root;

/* Copies as iouctl copy does, but without a ring. */
static void copy(const char *from, const char *to, const struct target_options *options)
{
	struct source source;
	struct target target;

	assert_int_equal(source_open(&source, from), 0);
	assert_int_equal(target_open(&target, to, &source, options), 0);
	assert_int_equal(ftruncate(target.fd, 0), 0);
	assert_int_equal(write(target.fd, CONTENT, strlen(CONTENT)), strlen(CONTENT));
	assert_int_equal(target_finish(&target), 0);
	close(source.fd);
	close(target.fd);
	target_done(&target);
	interrupt_defer(false);
}

static void cp(const char *list)
{
	char option[64];
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		snprintf(option, sizeof(option), "--preserve=%s", list ? list : "");
		execlp("cp", "cp", list ? option : "--", "source", "theirs", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static ssize_t read_xattr(const char *path, const char *name, char *value, size_t size)
{
	ssize_t n = getxattr(path, name, value, size);

	return n < 0 ? -1 : n;
}

/*
 * @what: PRESERVE_TIMESTAMPS: times are compared, too. @laxer: cp keeps what @a has not: with
 * --preserve=mode, an old target's ACL if the source has none, and set-ID bits although the
 * target belongs to another user.
 */
static void assert_same(const char *name, const char *a, const char *b, unsigned int what,
			bool laxer)
{
	static const char *const names[] = {"user.colour", "user.old", "trusted.shape",
					    "system.posix_acl_access"};
	struct stat one, other;
	char x[256], y[256];

	assert_int_equal(stat(a, &one), 0);
	assert_int_equal(stat(b, &other), 0);
	if (laxer && root && one.st_uid != 1234)
		other.st_mode &= ~(mode_t)(S_ISUID | S_ISGID);
	if (one.st_mode != other.st_mode || one.st_uid != other.st_uid ||
	    one.st_gid != other.st_gid)
		fail_msg("%s: mode %o, owner %u:%u; with cp mode %o, owner %u:%u", name,
			 one.st_mode, one.st_uid, one.st_gid, other.st_mode, other.st_uid,
			 other.st_gid);
	if (what & PRESERVE_TIMESTAMPS)
		assert_memory_equal(&one.st_mtim, &other.st_mtim, sizeof(one.st_mtim));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ssize_t n = read_xattr(a, names[i], x, sizeof(x)),
			m = read_xattr(b, names[i], y, sizeof(y));

		if (laxer && strncmp(names[i], "system.", 7) == 0)
			m = -1;
		if (n != m || (n > 0 && memcmp(x, y, (size_t)n) != 0))
			fail_msg("%s: %s has %zd bytes, with cp %zd", name, names[i], n, m);
	}
}

/* Version 2; user 6, user 4321 6, group 4, mask 6, others 0 */
static const unsigned char acl[] = {
	2, 0,	 0,    0,    1,	   0,	 6,    0, 0xff, 0xff, 0xff, 0xff, 2,	0,    6,
	0, 0xe1, 0x10, 0,    0,	   4,	 0,    4, 0,	0xff, 0xff, 0xff, 0xff, 0x10, 0,
	6, 0,	 0xff, 0xff, 0xff, 0xff, 0x20, 0, 0,	0,    0xff, 0xff, 0xff, 0xff,
};

static void make_source(mode_t mode, bool with_acl)
{
	static const struct timespec times[] = {{981173106, 1}, {981173106, 123456789}};

	unlink("source");
	write_file("source", CONTENT, 0600);
	setxattr("source", "user.colour", "blue", 4, 0); /* where the file system has them */
	setxattr("source", "trusted.shape", "round", 5, 0);
	if (root)
		assert_int_equal(chown("source", 1234, 5678), 0);
	if (with_acl)
		setxattr("source", "system.posix_acl_access", acl, sizeof(acl), 0);
	else
		assert_int_equal(chmod("source", mode), 0);
	assert_int_equal(utimensat(AT_FDCWD, "source", times, 0), 0);
}

/* A target that is there already, or none */
static void make_target(const char *path, bool exists)
{
	unlink(path);
	if (!exists)
		return;
	write_file(path, "old, and longer than the new content\n", 0640);
	setxattr(path, "user.old", "yes", 3, 0);
	setxattr(path, "system.posix_acl_access", acl, sizeof(acl), 0);
	if (root)
		assert_int_equal(chown(path, 77, 88), 0);
}

static void attributes_are_those_of_cp(void **state)
{
	static const char *const lists[] = {
		NULL,
		"mode",
		"ownership",
		"timestamps",
		"xattr",
		"all",
		"mode,ownership,timestamps",
	};
	static const mode_t modes[] = {0600, 0644, 0755, 04755, 02711, 0400, 0666};
	static const mode_t masks[] = {022, 077};

	for (size_t i = 0; i < 2 * 8 * 7 * 2; i++) {
		const char *list = lists[i / 32];
		mode_t mask = masks[i / 16 % 2];
		size_t m = i / 2 % 8; /* the last one stands for an ACL */
		bool exists = i % 2, laxer;
		struct target_options options = {.sync = true};
		char name[128];

		snprintf(name, sizeof(name), "--preserve=%s, mode %o%s, umask %o%s",
			 list ? list : "nothing", m < 7 ? modes[m] : 0, m < 7 ? "" : " and ACL",
			 mask, exists ? ", exists" : "");
		make_source(m < 7 ? modes[m] : 0, m == 7);
		make_target("ours", exists);
		make_target("theirs", exists);
		umask(mask);
		if (list)
			assert_true(preserve_parse(list, &options.preserve));
		copy("source", "ours", &options);
		cp(list);
		umask(022);
		laxer = (options.preserve & PRESERVE_MODE) && m < 7;
		assert_same(name, "ours", "theirs", options.preserve, laxer);
		assert_content("ours", CONTENT);
		if (exists)
			continue;
		unlink("ours"); /* a new file is the same with --atomic */
		options.atomic = true;
		umask(mask);
		copy("source", "ours", &options);
		umask(022);
		assert_same(name, "ours", "theirs", options.preserve, laxer);
	}
}

static void words_of_preserve(void **state)
{
	static const char *const wrong[] = {"",	   "modes",   "mode,", ",mode", "mode,,xattr",
					    "ALL", "context", "mod"};
	unsigned int what = 0;
	int saved = dup(STDERR_FILENO);

	assert_true(preserve_parse("mode,xattr", &what));
	assert_int_equal(what, PRESERVE_MODE | PRESERVE_XATTR);
	assert_true(preserve_parse(NULL, &what));
	assert_int_equal(what, PRESERVE_DEFAULT | PRESERVE_XATTR);
	assert_true(preserve_parse("all", &what));
	assert_int_equal(what, PRESERVE_ALL);
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(preserve_parse(wrong[i], &what));
	dup2(saved, STDERR_FILENO);
}

static int setup(void **state)
{
	root = geteuid() == 0;
	umask(022);
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = {"source", "ours", "theirs",	 "kept",
					    "hard",   "soft", "dangling"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	return rmdir(directory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_those_of_cp),
		cmocka_unit_test(words_of_preserve),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
