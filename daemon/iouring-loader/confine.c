/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-loader/confine.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/filter.h"
#include "sandbox/landlock.h"

#define NOBODY	      65534u
#define FILES_MAX     64u
#define INSPECT_BYTES (256u << 20) /* of address space: libraries, the object and its parts */
#define LOAD_BYTES    (1u << 30)   /* and the kernel's BTF */

/* struct sock_filter[] as bytes, in the byte order of the machine that runs the loader */
static const _Alignas(struct sock_filter) unsigned char inspect_filter[] = {
#include "inspect-filter.inc"
};
static const _Alignas(struct sock_filter) unsigned char load_filter[] = {
#include "load-filter.inc"
};

_Static_assert(FILTER_VALID(inspect_filter), "a filter that the kernel can take");
_Static_assert(FILTER_VALID(load_filter), "a filter that the kernel can take");

static int set_limit(int resource, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return -errno;
	if (limit.rlim_max < value) /* the administrator's is stricter */
		value = limit.rlim_max;
	limit = (struct rlimit){.rlim_cur = value, .rlim_max = value};
	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

/* SIGXCPU at the limit tells why, where SIGKILL would not. */
static int limit_processor_time(rlim_t seconds)
{
	struct rlimit limit = {.rlim_cur = seconds, .rlim_max = seconds + 1};

	return setrlimit(RLIMIT_CPU, &limit) < 0 ? -errno : 0;
}

static int set_limits(enum loader_task task)
{
	bool load = task == LOADER_LOAD;
	int r;

	r = set_limit(RLIMIT_CORE, 0);
	if (r == 0)
		r = set_limit(RLIMIT_FSIZE, 0);
	if (r == 0)
		r = set_limit(RLIMIT_NOFILE, FILES_MAX);
	if (r == 0)
		r = set_limit(RLIMIT_AS, load ? LOAD_BYTES : INSPECT_BYTES);
	if (r == 0)
		r = limit_processor_time(load ? LOADER_LOAD_CPU_SECONDS
					      : LOADER_INSPECT_CPU_SECONDS);
	return r;
}

static int keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.effective = (uint32_t)keep, .permitted = (uint32_t)keep},
		{.effective = (uint32_t)(keep >> 32), .permitted = (uint32_t)(keep >> 32)},
	};

	/* nothing is inheritable, and so nothing ambient */
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* As root without capabilities it could read what root owns, such as /etc/shadow. */
static int become_nobody(bool keep)
{
	if (geteuid() != 0)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, keep, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return -errno;
	return 0;
}

int confine(enum loader_task task)
{
	static const struct landlock_exceptions no_exceptions = {};
	static const struct landlock_exceptions load_exceptions = {.readable = "/sys/kernel/btf"};
	bool load = task == LOADER_LOAD;
	int r;

	r = set_limits(task);
	if (r == 0)
		r = become_nobody(load);
	if (r == 0)
		r = keep_capabilities(load ? 1ull << CAP_BPF | 1ull << CAP_PERFMON : 0);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	r = landlock_enter(load ? &load_exceptions : &no_exceptions);
	if (r < 0)
		return r;
	if (load)
		return filter_install(load_filter, sizeof(load_filter));
	return filter_install(inspect_filter, sizeof(inspect_filter));
}
