/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/control-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "common/peer-pidfd.h"
#include "host/control.h"

#define BACKLOG 8

static int make_directories(const char *path)
{
	char partial[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(partial))
		return -ENAMETOOLONG;
	memcpy(partial, path, length + 1);
	for (char *slash = strchr(partial + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(partial, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int control_directory_open(const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	r = make_directories(path);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid())
		return -EPERM;
	if ((st.st_mode & 07777) != 0700 && fchmod(fd, 0700) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

bool control_name_is_valid(const char *name)
{
	return name_valid(name, CONTROL_NAME_MAX);
}

/* The path leads through the directory's descriptor, so it always fits an address. */
static void fill_address(int directory_fd, const char *name, const char *suffix,
			 struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s%s", directory_fd, name,
		 suffix);
}

static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int control_socket_listen(int directory_fd, const char *name, const char *suffix, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;
	int r;

	fd = new_socket();
	if (fd < 0)
		return fd;
	fill_address(directory_fd, name, suffix, &address);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == EADDRINUSE ? -EEXIST : -errno;
	if (listen(fd, BACKLOG) < 0) {
		r = -errno;
		control_socket_remove(directory_fd, name, suffix);
		return r;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int control_socket_connect(int directory_fd, const char *name, const char *suffix, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;

	fd = new_socket();
	if (fd < 0)
		return fd;
	fill_address(directory_fd, name, suffix, &address);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

void control_socket_peer(int connection, uid_t *ret_uid, pid_t *ret_pid, int *ret_pidfd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	*ret_uid = (uid_t)-1;
	*ret_pid = 0;
	*ret_pidfd = -1;
	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return;
	*ret_uid = peer.uid;
	*ret_pid = peer.pid;
	if (peer.pid != getpid())
		*ret_pidfd = peer_pidfd(connection);
}

int control_socket_rename(int directory_fd, const char *from, const char *to, const char *suffix)
{
	char old[CONTROL_NAME_MAX + sizeof(CONTROL_ADOPTED_SUFFIX)];
	char new[CONTROL_NAME_MAX + sizeof(CONTROL_ADOPTED_SUFFIX)];

	if (!control_name_is_valid(to))
		return -EINVAL;
	snprintf(old, sizeof(old), "%s%s", from, suffix);
	snprintf(new, sizeof(new), "%s%s", to, suffix);
	return renameat2(directory_fd, old, directory_fd, new, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

void control_socket_remove(int directory_fd, const char *name, const char *suffix)
{
	char file[CONTROL_NAME_MAX + sizeof(CONTROL_ADOPTED_SUFFIX)];

	snprintf(file, sizeof(file), "%s%s", name, suffix);
	unlinkat(directory_fd, file, 0);
}
