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
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	measure_check(fd < 0 ? -errno : 0, "socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	measure_check(bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0,
		      path);
	measure_check(listen(fd, 16) < 0 ? -errno : 0, path);
	return fd;
}

/* In the child, where nothing of the bench's other descriptors may go. */
static _Noreturn void become_daemon(const struct service *service)
{
	char number[16];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (service->listen_fd == LISTEN_FD)
		fcntl(LISTEN_FD, F_SETFD, 0);
	else
		dup2(service->listen_fd, LISTEN_FD);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
	setenv("LISTEN_FDS", "1", 1);
	execl(service->daemon, service->daemon, NULL);
	fprintf(stderr, "bench: cannot run %s: %s\n", service->daemon, strerror(errno));
	_exit(127);
}

void service_again(struct service *service)
{
	fflush(NULL);
	service->pid = fork();
	measure_check(service->pid < 0 ? -errno : 0, "fork");
	if (service->pid == 0)
		become_daemon(service);
}

void service_start(struct service *service, const char *daemon)
{
	if (mkdir(DIRECTORY, 0755) < 0 && errno != EEXIST)
		measure_check(-errno, DIRECTORY);
	service->daemon = daemon;
	service->listen_fd = listen_at(SOCKET_PATH);
	setenv("IOURINGD_SOCKET", SOCKET_PATH, 1);
	service_again(service);
}

static void end(struct service *service, int signal)
{
	kill(service->pid, signal);
	waitpid(service->pid, NULL, 0);
}

void service_kill(struct service *service)
{
	end(service, SIGKILL);
}

void service_stop(struct service *service)
{
	end(service, SIGTERM);
	close(service->listen_fd);
	unlink(SOCKET_PATH);
}
