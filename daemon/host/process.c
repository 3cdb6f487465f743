/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/process.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/control.h"

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

static int spawn(const char *program, const char *name, int listen_fd, pid_t *ret_pid)
{
	char *const arguments[] = {(char *)"iouring-host", (char *)name, NULL};
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
		r = -posix_spawn_file_actions_adddup2(&actions, listen_fd, CONTROL_LISTEN_FD);
	if (r == 0)
		r = -posix_spawn(ret_pid, program, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
free_actions:
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

void host_spawn_undo(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int host_spawn(const char *program, const char *name, int listen_fd, pid_t *ret_pid, int *ret_pidfd)
{
	pid_t pid;
	int pidfd, r;

	r = spawn(program, name, listen_fd, &pid);
	if (r < 0)
		return r;
	/* Only this process can reap it, so the pid is still valid. */
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		r = -errno;
		host_spawn_undo(pid);
		return r;
	}
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return 0;
}

/* From linux/pidfd.h of Linux 6.15; the build machine's headers may be older. */
struct exit_info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code; /* as from wait() */
};

#define INFO_EXIT (1u << 3)
#define GET_INFO  _IOWR(0xff, 11, struct exit_info)

void process_exit_status(int pidfd, int *ret_code, int *ret_status)
{
	struct exit_info info = {.mask = INFO_EXIT};
	int status;

	*ret_code = *ret_status = 0;
	if (ioctl(pidfd, GET_INFO, &info) < 0 || !(info.mask & INFO_EXIT))
		return;
	status = info.exit_code;
	if (WIFSIGNALED(status)) {
		*ret_code = WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
		*ret_status = WTERMSIG(status);
	} else {
		*ret_code = CLD_EXITED;
		*ret_status = WEXITSTATUS(status);
	}
}
