/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-host/identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Control sockets, lease, region, ring, eventfd and the files of all slots, with a reserve. */
#define FILES_MAX 32

_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "setgroups() takes the groups of the message");

static int set_limit(int resource, rlim_t value)
{
	struct rlimit limit = {.rlim_cur = value, .rlim_max = value};

	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

/* The client may have a lower hard limit, which then holds. */
static int limit_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	return set_limit(RLIMIT_NOFILE, limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX);
}

/* Without CAP_SYS_RESOURCE, as in some containers, the hard limit is the most that is possible. */
static int raise_memlock(void)
{
	struct rlimit limit;
	int r;

	r = set_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
	if (r != -EPERM)
		return r;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &limit) < 0 ? -errno : 0;
}

int identity_set_limits(void)
{
	int r;

	r = set_limit(RLIMIT_CORE, 0);
	if (r == 0)
		r = limit_files();
	if (r == 0)
		r = raise_memlock();
	return r;
}

int identity_close_limits(void)
{
	return set_limit(RLIMIT_MEMLOCK, 0);
}

/* For a client of uid 0: setresuid() takes no privilege from it, and execve() would grant it. */
static int disempower_root(void)
{
	for (unsigned long cap = 0; cap <= 63; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL) /* past the kernel's last capability */
				break;
			return -errno;
		}
	if (prctl(PR_SET_SECUREBITS,
		  SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
			  SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
		  0, 0, 0) < 0)
		return -errno;
	return 0;
}

static int clear_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	/* Clearing the inheritable set clears the ambient set. */
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

int identity_take_groups(uint32_t gid, const uint32_t *groups, size_t n_groups)
{
	return setgroups(n_groups, groups) < 0 || setresgid(gid, gid, gid) < 0 ? -errno : 0;
}

int identity_drop(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n_groups)
{
	int r;

	if (uid == 0) {
		r = disempower_root();
		if (r < 0)
			return r;
	}
	r = identity_take_groups(gid, groups, n_groups);
	if (r < 0)
		return r;
	if (setresuid(uid, uid, uid) < 0)
		return -errno;
	r = clear_capabilities();
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}
