/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/helper.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int r;

	sigfillset(&all);
	sigemptyset(&none);
	r = posix_spawnattr_setsigdefault(attributes, &all);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF |
								 POSIX_SPAWN_SETSIGMASK |
								 POSIX_SPAWN_SETSID);
	return -r;
}

static int spawn(const char *path, const char *const *arguments, int fd, pid_t *ret_pid)
{
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	r = -posix_spawn_file_actions_init(&actions);
	if (r < 0)
		return r;
	r = -posix_spawnattr_init(&attributes);
	if (r < 0)
		goto free_actions;
	r = set_attributes(&attributes);
	if (r == 0)
		r = -posix_spawn_file_actions_adddup2(&actions, fd, HELPER_FD);
	if (r == 0)
		r = -posix_spawn(ret_pid, path, &actions, &attributes, (char *const *)arguments,
				 environment);
	posix_spawnattr_destroy(&attributes);
free_actions:
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int helper_spawn(const char *path, const char *const *arguments, int fd, pid_t *ret_pid,
		 int *ret_pidfd)
{
	pid_t pid;
	int pidfd, r;

	r = spawn(path, arguments, fd, &pid);
	if (r < 0)
		return r;
	/* Only this process can reap it, so the pid is still valid. */
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		r = -errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return r;
	}
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return 0;
}
