/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "service.h"

#define DIRECTORY   "/run/iouringd"
#define SOCKET_PATH DIRECTORY "/bench"
#define LISTEN_FD   3 /* where a socket-activated service finds its socket */

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	measure_check(fd < 0 ? -errno : 0, "socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	measure_check(bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0, path);
	measure_check(listen(fd, 16) < 0 ? -errno : 0, path);
	return fd;
}

pid_t service_start(const char *daemon)
{
	char number[16];
	pid_t pid;
	int fd;

	if (mkdir(DIRECTORY, 0755) < 0 && errno != EEXIST)
		measure_check(-errno, DIRECTORY);
	fd = listen_at(SOCKET_PATH);
	setenv("IOURINGD_SOCKET", SOCKET_PATH, 1);
	fflush(NULL);
	pid = fork();
	measure_check(pid < 0 ? -errno : 0, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (fd == LISTEN_FD)
			fcntl(fd, F_SETFD, 0);
		else
			dup2(fd, LISTEN_FD);
		snprintf(number, sizeof(number), "%d", (int)getpid());
		setenv("LISTEN_PID", number, 1);
		setenv("LISTEN_FDS", "1", 1);
		execl(daemon, daemon, NULL);
		fprintf(stderr, "bench: cannot run %s: %s\n", daemon, strerror(errno));
		_exit(127);
	}
	close(fd);
	return pid;
}

void service_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	unlink(SOCKET_PATH);
}
