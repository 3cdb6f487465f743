/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * take-over.c - continues with the host of an earlier daemon
 *
 * A host is its client's process and may send anything. The kernel identifies it, as the listener
 * on its socket; the inode in the ledger identifies its region. A process whose socket does not
 * lead to it (it is stopped and the backlog is full, it has called listen(fd, 0), or another
 * process listens) is the one that the ledger names.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "host/hosts-linux.h"
#include "host/message.h"
#include "host/process.h"

#define DESCRIPTORS_MAX 32 /* a host's limit (iouring-host/identity.c) */

static int get_descriptor(int pidfd, int number)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
}

static bool is_region(const struct stat *st, const struct host_takeover *takeover)
{
	return S_ISREG(st->st_mode) && st->st_dev == takeover->region_device &&
	       st->st_ino == takeover->region_inode;
}

static bool is_lease(const struct stat *st, const struct host_takeover *takeover)
{
	return S_ISSOCK(st->st_mode) && takeover->lease_inode != 0 &&
	       st->st_ino == takeover->lease_inode;
}

/* Searches the host's descriptors for its region (*ret_fd; -1: not found), and for its lease. */
static int search_descriptors(struct host *host, const struct host_takeover *takeover, int *ret_fd)
{
	_cleanup_close_ int region = -1;
	int r;

	for (int number = 0; number < DESCRIPTORS_MAX; number++) {
		_cleanup_close_ int fd = get_descriptor(host->pidfd, number);
		struct stat st;

		if (fd < 0 && errno == EBADF)
			continue;
		if (fd < 0 && errno == ESRCH)
			return -ECONNREFUSED; /* it is exiting */
		if (fd < 0 || fstat(fd, &st) < 0)
			return -errno;
		if (region < 0 && is_region(&st, takeover)) {
			region = take_fd(&fd);
		} else if (is_lease(&st, takeover)) {
			r = lease_watch(host, fd);
			if (r < 0 && r != -EEXIST) /* a duplicate of the lease */
				return r;
		}
	}
	*ret_fd = take_fd(&region);
	return 0;
}

/* Of an application's descriptors only the one that the ledger names is fetched. */
static int take_adopted(struct host *host, const struct host_takeover *takeover, int *ret_fd)
{
	_cleanup_close_ int fd =
		host->pidfd >= 0 ? get_descriptor(host->pidfd, takeover->region_fd) : -1;
	struct stat st;
	bool is = fd >= 0 && fstat(fd, &st) == 0 && is_region(&st, takeover);

	*ret_fd = is ? take_fd(&fd) : -1;
	return 0;
}

static int take_hosted(struct host *host, const struct host_takeover *takeover, int *ret_region_fd)
{
	const struct control_head query = control_command(CONTROL_QUERY);
	_cleanup_close_ int region = -1;
	int r;

	r = search_descriptors(host, takeover, &region);
	if (r == 0 && !host->unreachable) {
		host->query_pending = true;
		r = control_send(host->connection, &query, sizeof(query), NULL, 0);
	}
	if (r < 0)
		return r == -EPIPE || r == -ECONNRESET ? -ECONNREFUSED : r;
	*ret_region_fd = take_fd(&region);
	return 0;
}

/* Whether the orphan's socket leads to the process that runs the ring. */
static bool leads_to_runner(const struct orphan *orphan, const struct host_takeover *takeover)
{
	/* a host of version 1 listens as root; only root can listen in that directory */
	return orphan && orphan->connection >= 0 && orphan->adopted == takeover->adopted &&
	       (orphan->uid == takeover->uid || orphan->uid == 0) &&
	       (orphan->pidfd >= 0 || orphan->adopted);
}

/*
 * What identifies the process. Of an application any one of these is enough: its process, the
 * connection to its lease, or that somebody still holds the lease.
 */
static int find_runner(const struct orphan *orphan, const struct host_takeover *takeover,
		       int *ret_pidfd, bool *ret_reachable)
{
	bool application = orphan && takeover->adopted && orphan->adopted;
	int pidfd = process_open(takeover->process_pid, takeover->process_inode);

	if (!leads_to_runner(orphan, takeover) && pidfd < 0 && !(application && orphan->alive)) {
		if (!orphan)
			return -ENOENT;
		if (orphan->connection >= 0)
			return -EPERM;
		return orphan->alive ? -EAGAIN : -ECONNREFUSED;
	}
	*ret_pidfd = pidfd;
	*ret_reachable = leads_to_runner(orphan, takeover);
	return 0;
}

/* The host gets the orphan's descriptors, except those of a stranger. @pidfd: by the ledger. */
static void take_descriptors(struct host *host, struct orphan *orphan, int pidfd)
{
	bool application = orphan && orphan->adopted && host->adopted;

	if (orphan && (!host->unreachable || application))
		host->connection = take_fd(&orphan->connection); /* ends with the lease */
	if (pidfd < 0 && orphan && !host->unreachable) {
		host->pid = orphan->pid;
		host->pidfd = take_fd(&orphan->pidfd);
	}
}

/* It stays an orphan, which can be ended. */
static void give_back(struct host *host, struct orphan *orphan)
{
	if (!orphan)
		return;
	if (host->connection >= 0)
		orphan->connection = take_fd(&host->connection);
	if (orphan->pidfd < 0 && !host->unreachable)
		orphan->pidfd = take_fd(&host->pidfd);
}

int host_take_over(struct hosts *port, const struct host_takeover *takeover,
		   const struct host_callbacks *callbacks, void *arg, int *ret_region_fd,
		   struct host **ret)
{
	struct hosts_linux *hosts = (struct hosts_linux *)port;
	struct orphan *orphan = orphan_search(hosts, takeover->name);
	_cleanup_close_ int pidfd = -1;
	struct host *host;
	bool reachable;
	int r;

	r = find_runner(orphan, takeover, &pidfd, &reachable);
	if (r < 0)
		return r;
	host = host_new(hosts, takeover->name, callbacks, arg);
	if (!host)
		return -ENOMEM;
	host->inherited = true;
	host->adopted = takeover->adopted;
	host->unreachable = !reachable;
	take_descriptors(host, orphan, pidfd);
	if (pidfd >= 0) {
		host->pid = takeover->process_pid;
		host->pidfd = take_fd(&pidfd);
	}
	r = host->adopted ? take_adopted(host, takeover, ret_region_fd)
			  : take_hosted(host, takeover, ret_region_fd);
	if (r < 0) {
		give_back(host, orphan);
		host_destroy(host);
		return r;
	}
	if (orphan)
		orphan_close(orphan);
	if (host->adopted)
		host_adopted_watch(host);
	else
		host_watch(host);
	*ret = host;
	return 0;
}
