/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loader-stand-in TASK - a loader that its object has taken over
 *
 * The object is the name of what it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/fd-passing.h"
#include "kern/answer.h"

#define SOCKET_FD 3

static _Noreturn void wait_for_kill(void)
{
	for (;;)
		pause();
}

static void say_head(enum answer_kind kind, uint16_t version, const int *fds, size_t n_fds)
{
	const struct answer_head head = {ANSWER_MAGIC, version, (uint16_t)kind};

	if (send_with_fds(SOCKET_FD, &head, sizeof(head), fds, n_fds, 0) < 0)
		_exit(90);
}

static _Noreturn void answer_without_end(void)
{
	static const char bytes[4096];

	while (send_with_fds(SOCKET_FD, bytes, sizeof(bytes), NULL, 0, 0) > 0)
		;
	_exit(0);
}

/* What a helper inherits (util/helper.h). The exit status tells what else it was. */
static _Noreturn void check_inheritance(int object)
{
	extern char **environ;
	const int writable = fcntl(object, F_GET_SEALS);
	sigset_t mask;

	if (environ[0])
		_exit(20);
	if (sigprocmask(SIG_BLOCK, NULL, &mask) < 0 || sigismember(&mask, SIGUSR2))
		_exit(21);
	if (getsid(0) != getpid())
		_exit(22);
	if (!(writable & F_SEAL_WRITE) || pwrite(object, "x", 1, 0) >= 0 || errno != EPERM)
		_exit(23);
	for (int fd = object + 1; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			_exit(24);
	_exit(0);
}

static void act(const char *what, int object)
{
	const int fds[] = {object, SOCKET_FD, object};

	if (strcmp(what, "crash") == 0)
		raise(SIGSEGV);
	else if (strcmp(what, "abort") == 0)
		abort();
	else if (strcmp(what, "spin") == 0)
		raise(SIGXCPU);
	else if (strcmp(what, "killed") == 0)
		raise(SIGKILL);
	else if (strcmp(what, "hang") == 0)
		wait_for_kill();
	else if (strcmp(what, "hang-mute") == 0)
		close(SOCKET_FD), wait_for_kill();
	else if (strcmp(what, "hang-half") == 0)
		say_head(ANSWER_INSPECTED, ANSWER_VERSION, NULL, 0), wait_for_kill();
	else if (strcmp(what, "status") == 0)
		_exit(3);
	else if (strcmp(what, "endless") == 0)
		answer_without_end();
	else if (strcmp(what, "garbage") == 0)
		send_with_fds(SOCKET_FD, "garbage", 7, NULL, 0, 0);
	else if (strcmp(what, "inherits") == 0)
		check_inheritance(object);
	else if (strcmp(what, "half") == 0)
		say_head(ANSWER_INSPECTED, ANSWER_VERSION, NULL, 0);
	else if (strcmp(what, "old") == 0)
		say_head(ANSWER_LOADED, ANSWER_VERSION + 1, NULL, 0);
	else if (strcmp(what, "nothing-loaded") == 0)
		say_head(ANSWER_LOADED, ANSWER_VERSION, NULL, 0);
	else if (strcmp(what, "other-file") == 0)
		say_head(ANSWER_LOADED, ANSWER_VERSION, fds, 2);
	else if (strcmp(what, "many-files") == 0)
		say_head(ANSWER_LOADED, ANSWER_VERSION, fds, 3);
	/* "silent": nothing at all */
}

int main(void)
{
	char what[64] = "", byte;
	size_t n_fds = 0;
	int object = -1;

	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	if (receive_with_fds(SOCKET_FD, &byte, 1, &object, 1, &n_fds) != 1 || n_fds != 1)
		return 91;
	if (pread(object, what, sizeof(what) - 1, 0) < 0)
		return 92;
	act(what, object);
	return 0;
}
