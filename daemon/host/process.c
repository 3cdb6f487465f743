/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/process.h"

#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "host/control.h"
#include "util/helper.h"

_Static_assert(CONTROL_LISTEN_FD == HELPER_FD, "a host finds its control socket there");

void host_spawn_undo(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int host_spawn(const char *program, const char *name, int listen_fd, pid_t *ret_pid, int *ret_pidfd)
{
	const char *const arguments[] = {"iouring-host", name, NULL};

	return helper_spawn(program, arguments, listen_fd, ret_pid, ret_pidfd);
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
