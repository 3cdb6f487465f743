/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* odd-files.h - descriptors of all kinds, for clients that pass them where a file is expected */
#ifndef TESTS_SYSTEM_ODD_FILES_H
#define TESTS_SYSTEM_ODD_FILES_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

static inline int pipe_end(int end)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	return fds[end]; /* the other end stays open, as the process's */
}

static inline int socket_end(int type)
{
	int fds[2];

	return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) < 0 ? -1 : fds[0];
}

static inline int sealed_memfd(void)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 &&
	    (ftruncate(fd, 4096) < 0 ||
	     fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0))
		return -1;
	return fd;
}

static inline int huge_sparse(void)
{
	int fd = memfd_create("huge", MFD_CLOEXEC);

	return fd >= 0 && ftruncate(fd, INT64_MAX) < 0 ? -1 : fd;
}

static inline int epoll_of_itself(void)
{
	int outer = epoll_create1(EPOLL_CLOEXEC), inner = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};

	epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event);
	return outer;
}

static inline int make_ring(void)
{
	char params[256] = {0};

	return (int)syscall(SYS_io_uring_setup, 1, params);
}

static inline int signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	return signalfd(-1, &none, SFD_CLOEXEC);
}

static inline int open_of(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0600);
}

/* X(kind, descriptor) for each kind; the descriptor is opened, or -1: this machine has none. */
#define ODD_FILES(X)                                                                               \
	X("pipe, read end", pipe_end(0))                                                           \
	X("pipe, write end", pipe_end(1))                                                          \
	X("stream socket", socket_end(SOCK_STREAM))                                                \
	X("datagram socket", socket_end(SOCK_DGRAM))                                               \
	X("packet socket", socket_end(SOCK_SEQPACKET))                                             \
	X("unconnected TCP socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))                \
	X("netlink socket", socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0))                        \
	X("eventfd", eventfd(0, EFD_CLOEXEC))                                                      \
	X("full eventfd", eventfd(UINT32_MAX, EFD_CLOEXEC))                                        \
	X("epoll", epoll_create1(EPOLL_CLOEXEC))                                                   \
	X("epoll of an epoll", epoll_of_itself())                                                  \
	X("timerfd", timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC))                                 \
	X("signalfd", signals())                                                                   \
	X("inotify", inotify_init1(IN_CLOEXEC))                                                    \
	X("pidfd", (int)syscall(SYS_pidfd_open, getpid(), 0))                                      \
	X("io_uring", make_ring())                                                                 \
	X("memfd", memfd_create("plain", MFD_CLOEXEC))                                             \
	X("sealed memfd", sealed_memfd())                                                          \
	X("memfd of 2^63 - 1 bytes", huge_sparse())                                                \
	X("memfd_secret", (int)syscall(SYS_memfd_secret, O_CLOEXEC))                               \
	X("directory", open_of("/tmp", O_RDONLY | O_DIRECTORY))                                    \
	X("path only", open_of("/etc/passwd", O_PATH))                                             \
	X("directory, path only", open_of("/", O_PATH | O_DIRECTORY))                              \
	X("read-only file", open_of("/etc/passwd", O_RDONLY))                                      \
	X("file without a name", open_of("/tmp", O_TMPFILE | O_RDWR))                              \
	X("append-only descriptor", open_of("/dev/shm", O_TMPFILE | O_RDWR | O_APPEND))            \
	X("direct descriptor", open_of("/var/tmp", O_TMPFILE | O_RDWR | O_DIRECT))                 \
	X("/dev/null", open_of("/dev/null", O_RDWR))                                               \
	X("/dev/zero", open_of("/dev/zero", O_RDWR))                                               \
	X("/dev/full", open_of("/dev/full", O_RDWR))                                               \
	X("/dev/random", open_of("/dev/random", O_RDWR))                                           \
	X("/dev/ptmx", open_of("/dev/ptmx", O_RDWR | O_NOCTTY))                                    \
	X("/dev/fuse", open_of("/dev/fuse", O_RDWR))                                               \
	X("/proc/self/mem", open_of("/proc/self/mem", O_RDWR))                                     \
	X("/proc/self/status", open_of("/proc/self/status", O_RDONLY))                             \
	X("namespace", open_of("/proc/self/ns/net", O_RDONLY))                                     \
	X("sysfs file", open_of("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY))          \
	X("control group", open_of("/sys/fs/cgroup/cgroup.procs", O_RDONLY))

#endif
