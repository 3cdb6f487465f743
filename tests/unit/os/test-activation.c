/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket that clients connect to, and the lock: what is there already is respected, and said.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/activation.h"
#include "os/lock.h"
#include "common/cleanup.h"
#include "wire/socket.h"

struct place {
	char directory[64];
	char path[96]; /* in it */
};

static void place_init(struct place *place)
{
	strcpy(place->directory, "/tmp/os-test-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->path, sizeof(place->path), "%s/socket", place->directory);
}

static void place_done(struct place *place)
{
	unlink(place->path);
	assert_int_equal(rmdir(place->directory), 0);
}

static void assert_says(const char *problem, const char *part)
{
	assert_non_null(problem);
	if (!strstr(problem, part))
		fail_msg("%s does not say %s", problem, part);
}

static void test_own(void **state)
{
	struct listen_socket listening = {.fd = -1};
	_cleanup_free_ char *problem = NULL;
	struct place place;
	struct stat status;
	int fd;

	place_init(&place);
	assert_int_equal(listen_socket_init(&listening, place.path, &problem), 0);
	assert_int_equal(stat(place.path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0666);
	assert_true(fcntl(listening.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(listening.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(socket_connect_unix(place.path, -1, &fd), 0);
	close(fd);
	listen_socket_done(&listening);
	assert_int_equal(access(place.path, F_OK), -1);
	listen_socket_done(&listening);
	place_done(&place);
}

static void test_somebody_listens(void **state)
{
	struct listen_socket first = {.fd = -1}, second = {.fd = -1};
	_cleanup_free_ char *problem = NULL;
	char pid[32];
	struct place place;
	int fd;

	place_init(&place);
	assert_int_equal(listen_socket_init(&first, place.path, &problem), 0);
	assert_int_equal(listen_socket_init(&second, place.path, &problem), -EADDRINUSE);
	snprintf(pid, sizeof(pid), "pid %d", getpid());
	assert_says(problem, pid);
	assert_says(problem, place.path);
	assert_int_equal(second.fd, -1);
	assert_int_equal(socket_connect_unix(place.path, -1, &fd), 0);
	close(fd);
	listen_socket_done(&first);
	place_done(&place);
}

static void test_stale(void **state)
{
	struct listen_socket dead = {.fd = -1}, next = {.fd = -1};
	_cleanup_free_ char *problem = NULL;
	struct place place;
	int fd;

	place_init(&place);
	assert_int_equal(listen_socket_init(&dead, place.path, &problem), 0);
	dead.fd = safe_close(dead.fd); /* as if it had been killed */
	assert_int_equal(listen_socket_init(&next, place.path, &problem), 0);
	assert_int_equal(socket_connect_unix(place.path, -1, &fd), 0);
	close(fd);
	free(dead.path);
	listen_socket_done(&next);
	place_done(&place);
}

static void test_no_socket(void **state)
{
	struct listen_socket listening = {.fd = -1};
	_cleanup_free_ char *file = NULL, *directory = NULL, *long_path = NULL;
	struct place place;
	char path[200];

	place_init(&place);
	close(open(place.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(listen_socket_init(&listening, place.path, &file), -EEXIST);
	assert_says(file, place.path);
	assert_says(file, "is not a socket");
	assert_int_equal(access(place.path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/nowhere/socket", place.directory);
	assert_int_equal(listen_socket_init(&listening, path, &directory), -ENOENT);
	assert_says(directory, path);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(listen_socket_init(&listening, path, &long_path), -ENAMETOOLONG);
	assert_int_equal(listening.fd, -1);
	place_done(&place);
}

/* In a process of its own, with @fd as what systemd passed: its exit status. */
static int passed(int fd, const char *path, const char *says)
{
	char pid[16];
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct listen_socket listening = {.fd = -1};
		char *problem = NULL;
		int r;

		if (fd != 3)
			dup2(fd, 3);
		snprintf(pid, sizeof(pid), "%d", getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "1", 1);
		r = listen_socket_init(&listening, path, &problem);
		if (says)
			_exit(r < 0 && problem && strstr(problem, says) ? 0 : 1);
		/* systemd's socket is used, and what is at the path is not ours to remove */
		if (r < 0 || listening.fd != 3 || !(fcntl(3, F_GETFL) & O_NONBLOCK))
			_exit(2);
		listen_socket_done(&listening);
		_exit(access(path, F_OK) == 0 && !getenv("LISTEN_FDS") ? 0 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_passed(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct place place;
	int stream, pair[2];

	place_init(&place);
	strcpy(address.sun_path, place.path);
	stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(stream, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(passed(stream, place.path, "not a listening Unix stream socket"), 0);
	assert_int_equal(listen(stream, 1), 0);
	assert_int_equal(passed(stream, place.path, NULL), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(passed(pair[0], place.path, "not a listening Unix stream socket"), 0);
	close(pair[0]);
	close(pair[1]);
	close(stream);
	place_done(&place);
}

static void test_lock(void **state)
{
	_cleanup_free_ char *problem = NULL, *nowhere = NULL;
	char directory[96], lock[128], pid[32];
	struct place place;
	int first, second;

	place_init(&place);
	snprintf(directory, sizeof(directory), "%s/run", place.directory);
	snprintf(lock, sizeof(lock), "%s/lock", directory);
	assert_int_equal(lock_take(directory, "/run/here", &first, &problem), 0);
	assert_int_equal(lock_take(directory, "/run/there", &second, &problem), -EEXIST);
	snprintf(pid, sizeof(pid), "process %d, ", getpid());
	assert_says(problem, pid);
	assert_says(problem, "/run/here");
	close(first);
	free(problem);
	assert_int_equal(lock_take(directory, "/run/there", &second, &problem), 0);
	close(second);
	assert_int_equal(lock_take("/nowhere/at/all", "/run/x", &second, &nowhere), -ENOENT);
	assert_says(nowhere, "/nowhere/at/all");
	unlink(lock);
	rmdir(directory);
	place_done(&place);
}

static void test_lock_directory(void **state)
{
	_cleanup_free_ char *problem = NULL;
	struct place place;
	int first, second;

	place_init(&place);
	assert_int_equal(lock_take_directory(place.directory, &first, &problem), 0);
	assert_int_equal(lock_take_directory(place.directory, &second, &problem), -EEXIST);
	assert_says(problem, place.directory);
	close(first);
	free(problem);
	assert_int_equal(lock_take_directory(place.directory, &second, &problem), 0);
	close(second);
	assert_int_equal(lock_take_directory("/nowhere/at/all", &first, &problem), 0);
	assert_int_equal(first, -1);
	place_done(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_somebody_listens),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_no_socket),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_lock_directory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("os-activation", tests, NULL, NULL);
}
