/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-broker/confine.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "broker/protocol.h"
#include "iouring-host/identity.h"
#include "sandbox/filter.h"

#define FILES_MAX 65536 /* one user's connections, each with two messages of descriptors */

static const _Alignas(struct sock_filter) unsigned char filter[] = {
#include "broker-filter.inc"
};

_Static_assert(FILTER_VALID(filter), "a filter that the kernel can take");

static int set_limits(void)
{
	const struct rlimit no_core = {};
	struct rlimit files;

	if (setrlimit(RLIMIT_CORE, &no_core) < 0 || getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	if (files.rlim_max > FILES_MAX)
		files.rlim_max = FILES_MAX;
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files) < 0 ? -errno : 0;
}

int confine(uint32_t uid, uint32_t gid)
{
	int r;

	if (close_range(0, BROKER_FD - 1, 0) < 0 || close_range(BROKER_FD + 1, ~0u, 0) < 0)
		return -errno;
	r = set_limits();
	if (r == 0 && geteuid() == 0)
		r = identity_drop(uid, gid, NULL, 0);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return filter_install(filter, sizeof(filter));
}
