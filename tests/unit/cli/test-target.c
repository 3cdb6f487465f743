/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Targets of iouctl copy: refused, written in place, or put into place when complete. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "files-on-disk.h"
#include "interrupt.h"
#include "target.h"

#define CONTENT "content\n"
#define OLD	"old, and longer than the new content\n"

static char directory[] = "/tmp/test-target-XXXXXX";

/* Without standard error, whose text is in @ret if that is not NULL. */
static int open_quietly(struct target *target, const char *path, const struct source *source,
			const struct target_options *options, char *ret, size_t size)
{
	int saved = dup(STDERR_FILENO), into = memfd_create("stderr", 0), r;

	assert_true(saved >= 0 && into >= 0);
	dup2(into, STDERR_FILENO);
	r = target_open(target, path, source, options);
	dup2(saved, STDERR_FILENO);
	if (ret) {
		memset(ret, 0, size);
		assert_true(pread(into, ret, size - 1, 0) >= 0);
	}
	close(saved);
	close(into);
	return r;
}

/* With or without --atomic, @path is refused with a message that has @text. */
static void refused(const char *path, bool atomic, int status, const char *text)
{
	struct target_options options = {.atomic = atomic, .no_clobber = status == TARGET_EXISTS};
	struct source source;
	struct target target;
	char message[512];

	assert_int_equal(source_open(&source, "source"), 0);
	assert_int_equal(open_quietly(&target, path, &source, &options, message, sizeof(message)),
			 status);
	if (!strstr(message, text))
		fail_msg("%s: \"%s\" is not in: %s", path, text, message);
	close(source.fd);
	target_done(&target);
	interrupt_defer(false);
}

static void refusals(void **state)
{
	write_file("source", CONTENT, 0644);
	write_file("kept", "kept\n", 0644);
	assert_int_equal(link("source", "hard"), 0);
	assert_int_equal(symlink("source", "soft"), 0);
	assert_int_equal(symlink("absent", "dangling"), 0);
	for (int atomic = 0; atomic < 2; atomic++) {
		refused("source", atomic, STATUS_FAILED, "are the same file");
		refused("hard", atomic, STATUS_FAILED, "are the same file");
		refused("soft", atomic, STATUS_FAILED, "are the same file");
		refused("new/", atomic, STATUS_FAILED, "is not a directory");
		refused("absent/new", atomic, STATUS_FAILED, "No such file or directory");
		refused("kept", atomic, TARGET_EXISTS, "");
		refused("dangling", atomic, TARGET_EXISTS, "");
	}
	refused("dangling", false, STATUS_FAILED, "symbolic link to a file that does not exist");
	refused("dangling", true, STATUS_FAILED, "No such file or directory");
	refused(".", false, STATUS_FAILED, "Is a directory");
	refused("/dev/null", true, STATUS_FAILED, "no regular file");
	assert_content("source", CONTENT);
	assert_content("kept", "kept\n");
}

static size_t count_files(void)
{
	DIR *dir = opendir(".");
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void an_atomic_target_appears_when_it_is_complete(void **state)
{
	const struct target_options options = {.atomic = true, .sync = true};
	struct source source;
	struct target target;
	struct stat before, after;
	size_t n;

	write_file("source", CONTENT, 0644);
	write_file("ours", OLD, 0640);
	if (geteuid() == 0)
		assert_int_equal(chown("ours", 77, 88), 0);
	assert_int_equal(stat("ours", &before), 0);
	n = count_files();
	for (int finish = 0; finish < 2; finish++) {
		assert_int_equal(source_open(&source, "source"), 0);
		assert_int_equal(target_open(&target, "ours", &source, &options), 0);
		assert_int_equal(write(target.fd, CONTENT, strlen(CONTENT)), strlen(CONTENT));
		assert_content("ours", OLD);
		if (finish)
			assert_int_equal(target_finish(&target), 0);
		close(source.fd);
		close(target.fd);
		target_done(&target);
		interrupt_defer(false);
		assert_int_equal(stat("ours", &after), 0);
		assert_int_equal(after.st_ino == before.st_ino, !finish);
		assert_int_equal(count_files(), n); /* no temporary file */
	}
	assert_content("ours", CONTENT);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_int_equal(after.st_gid, before.st_gid);
}

/* Another process makes the target after it was found to be absent. */
static void no_clobber_holds_to_the_end(void **state)
{
	for (int no_clobber = 0; no_clobber < 2; no_clobber++) {
		struct target_options options = {.atomic = true, .no_clobber = no_clobber};
		struct source source;
		struct target target;
		int saved = dup(STDERR_FILENO);

		unlink("ours");
		assert_int_equal(source_open(&source, "source"), 0);
		assert_int_equal(target_open(&target, "ours", &source, &options), 0);
		write_file("ours", "theirs\n", 0644);
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		assert_int_equal(target_finish(&target), no_clobber ? STATUS_FAILED : 0);
		dup2(saved, STDERR_FILENO);
		close(saved);
		close(source.fd);
		close(target.fd);
		target_done(&target);
		interrupt_defer(false);
		assert_content("ours", no_clobber ? "theirs\n" : "");
	}
}

/* Ctrl-C before the ring runs: the file that was created is gone, a file that existed is not. */
static void an_interrupt_removes_what_was_created(void **state)
{
	for (int exists = 0; exists < 2; exists++) {
		struct target_options options = {};
		pid_t pid;
		int status;

		write_file("source", CONTENT, 0644);
		unlink("ours");
		if (exists)
			write_file("ours", OLD, 0644);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct source source;
			struct target target;

			dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
			interrupt_catch();
			if (source_open(&source, "source") != 0 ||
			    target_open(&target, "ours", &source, &options) != 0 ||
			    access("ours", F_OK) != 0)
				_exit(1);
			raise(SIGINT);
			_exit(2);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), STATUS_INTERRUPTED);
		assert_int_equal(access("ours", F_OK) == 0, exists);
	}
}

static int setup(void **state)
{
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
		cmocka_unit_test(refusals),
		cmocka_unit_test(an_atomic_target_appears_when_it_is_complete),
		cmocka_unit_test(no_clobber_holds_to_the_end),
		cmocka_unit_test(an_interrupt_removes_what_was_created),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
