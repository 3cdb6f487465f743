/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/process.h"

#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/control.h"
#include "host/proc.h"
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

#define PIDFS_MAGIC 0x50494446 /* of linux/magic.h, since Linux 6.9 */

uint64_t process_inode(int pidfd)
{
	struct statfs fs;
	struct stat st;

	/* without pidfs all pidfds share one inode */
	if (pidfd < 0 || fstatfs(pidfd, &fs) < 0 || fs.f_type != PIDFS_MAGIC ||
	    fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

int process_open(pid_t pid, uint64_t inode)
{
	_cleanup_close_ int fd = -1;

	if (inode == 0 || pid <= 0)
		return -1;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0 || process_inode(fd) != inode || proc_exited(fd))
		return -1;
	return take_fd(&fd);
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
