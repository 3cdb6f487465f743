/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kern/kern.h"
#include "kern/kernel-btf.h"
#include "kern/release.h"
#include "kern/ring-probe.h"
#include "common/cleanup.h"

#define DETAIL_SIZE 256u

/* The input of the probes. */
struct probe {
	const struct kernel_btf *btf;
	struct utsname kernel;
	const char *pin_directory;
	struct surroundings surroundings;
	struct ring_probe ring;
	uint64_t effective; /* capabilities of this process */
};

struct row {
	const char *name;
	const char *since;
	bool required;
	/* Whether it is present; may fill @detail (DETAIL_SIZE bytes, empty at first). */
	bool (*probe)(const struct probe *probe, char *detail);
};

__attribute__((format(printf, 2, 3))) static void set_detail(char *detail, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, DETAIL_SIZE, format, arguments);
	va_end(arguments);
}

static bool probe_btf(const struct probe *probe, char *detail)
{
	if (!probe->btf->error)
		return true;
	set_detail(
		detail,
		"the kernel's types cannot be read: %s (is it built with CONFIG_DEBUG_INFO_BTF?)",
		strerror(probe->btf->error));
	return false;
}

static bool probe_ops(const struct probe *probe, char *detail)
{
	if (!probe->btf->ops) {
		set_detail(detail,
			   "the kernel has no struct io_uring_bpf_ops (CONFIG_IO_URING_BPF_OPS)");
		return false;
	}
	if (release_is_older(probe->kernel.release))
		set_detail(detail, "loop_step takes a struct %s; Linux %s has it from a patch",
			   probe->btf->context, probe->kernel.release);
	else
		set_detail(detail, "loop_step takes a struct %s", probe->btf->context);
	return true;
}

static bool detail_function(bool present, char *detail)
{
	if (!present)
		set_detail(detail, "the kernel has no such function for BPF programs");
	return present;
}

static bool probe_submit_sqes(const struct probe *probe, char *detail)
{
	return detail_function(probe->btf->submit_sqes, detail);
}

static bool probe_get_region(const struct probe *probe, char *detail)
{
	return detail_function(probe->btf->get_region, detail);
}

static bool probe_safe_reattach(const struct probe *probe, char *detail)
{
	if (!release_is_unsafe(probe->kernel.release))
		return true;
	set_detail(detail,
		   "Linux %s has CVE-2026-72112, a use after free that attaching can trigger",
		   probe->kernel.release);
	return false;
}

static bool probe_safe_adoption(const struct probe *probe, char *detail)
{
	if (!release_trusts_submitters(probe->kernel.release))
		return true;
	set_detail(detail,
		   "on Linux %s an application that runs its own ring can crash the kernel: "
		   "reserved for root",
		   probe->kernel.release);
	return false;
}

/* So far no kernel bounds the wait, and the series in kernel/patches does not, either. */
static bool probe_bounded_attach(const struct probe *probe, char *detail)
{
	set_detail(detail,
		   "an application that runs its own ring can keep every user from making rings: "
		   "adoptedRings in iouringd.conf is root by default");
	return false;
}

static bool probe_enabled(const struct probe *probe, char *detail)
{
	int disabled = probe->surroundings.disabled, group = probe->surroundings.group;

	if (probe->ring.plain == -ENOSYS) {
		set_detail(detail, "the kernel has no io_uring (CONFIG_IO_URING)");
		return false;
	}
	if (disabled >= 2 || (disabled == 1 && group < 0)) {
		set_detail(detail, "kernel.io_uring_disabled is %d: set it to 0", disabled);
		return false;
	}
	if (disabled == 1)
		set_detail(
			detail,
			"kernel.io_uring_disabled is 1: only members of group %d can create rings",
			group);
	return true;
}

/* As in linux/landlock.h, whose version the build machine decides. */
#define LANDLOCK_VERSION    (1u << 0)
#define LANDLOCK_WITH_SCOPE 6

static bool probe_landlock(const struct probe *probe, char *detail)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);

	if (version < 0)
		set_detail(detail, "%s: only their system call filters confine hosts and loaders",
			   strerror(errno));
	else if (version < LANDLOCK_WITH_SCOPE)
		set_detail(detail, "Landlock has version %ld, without scoped signals", version);
	else
		set_detail(detail, "version %ld", version);
	return version >= LANDLOCK_WITH_SCOPE;
}

static bool detail_errno(int r, const char *what, char *detail)
{
	if (r < 0)
		set_detail(detail, "%s: %s", what, strerror(-r));
	return r >= 0;
}

static bool probe_defer_taskrun(const struct probe *probe, char *detail)
{
	return detail_errno(probe->ring.defer_taskrun, "io_uring_setup", detail);
}

static bool probe_no_sqarray(const struct probe *probe, char *detail)
{
	return detail_errno(probe->ring.no_sqarray, "io_uring_setup", detail);
}

static bool probe_sq_rewind(const struct probe *probe, char *detail)
{
	return detail_errno(probe->ring.sq_rewind, "io_uring_setup", detail);
}

static bool probe_mem_region(const struct probe *probe, char *detail)
{
	return detail_errno(probe->ring.mem_region, "io_uring_register", detail);
}

static bool probe_restrictions(const struct probe *probe, char *detail)
{
	return detail_errno(probe->ring.restrictions, "io_uring_register", detail);
}

static bool probe_futex(const struct probe *probe, char *detail)
{
	return detail_errno(probe->ring.futex, "IORING_OP_FUTEX_WAIT", detail);
}

static bool has_capability(const struct probe *probe, unsigned int number)
{
	return probe->effective >> number & 1;
}

static bool probe_pidfd_getfd(const struct probe *probe, char *detail)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), fd = -1;

	if (pidfd < 0)
		return detail_errno(-errno, "pidfd_open", detail);
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, pidfd, 0);
	return detail_errno(fd < 0 ? -errno : 0, "pidfd_getfd", detail);
}

static bool probe_cap_bpf(const struct probe *probe, char *detail)
{
	bool bpf = has_capability(probe, CAP_BPF), perfmon = has_capability(probe, CAP_PERFMON);

	if (bpf && perfmon)
		return true;
	set_detail(detail, "this process lacks %s%s%s", bpf ? "" : "CAP_BPF",
		   bpf || perfmon ? "" : " and ", perfmon ? "" : "CAP_PERFMON");
	return false;
}

static bool probe_cap_ptrace(const struct probe *probe, char *detail)
{
	if (has_capability(probe, CAP_SYS_PTRACE))
		return true;
	set_detail(detail,
		   "this process lacks CAP_SYS_PTRACE, so it cannot fetch rings of other users");
	return false;
}

static bool probe_pins(const struct probe *probe, char *detail)
{
	int r = probe->surroundings.pins;

	if (r == -EMEDIUMTYPE)
		set_detail(detail,
			   "%s is not on a bpf file system: mount one on /sys/fs/bpf, then restart "
			   "iouringd",
			   probe->pin_directory);
	else if (r == -EROFS) /* the service's sandbox: see iouringd.service */
		set_detail(detail, "%s is missing: restart iouringd, which makes it",
			   probe->pin_directory);
	else if (r < 0)
		set_detail(detail, "%s: %s", probe->pin_directory, strerror(-r));
	return r == 0;
}

static const struct row rows[] = {
	{"kernel.btf", "Linux 5.4", true, probe_btf},
	{"struct_ops.io_uring_bpf_ops", "Linux 7.1", true, probe_ops},
	{"kfunc.bpf_io_uring_submit_sqes", "Linux 7.1", true, probe_submit_sqes},
	{"kfunc.bpf_io_uring_get_region", "Linux 7.1", true, probe_get_region},
	{"kernel.safe_reattach", "Linux 7.1.5", true, probe_safe_reattach},
	{KERN_SAFE_ADOPTION, "Linux 7.3", false, probe_safe_adoption},
	{KERN_BOUNDED_ATTACH, "no release", false, probe_bounded_attach},
	{"io_uring.enabled", "Linux 5.1", true, probe_enabled},
	{"io_uring.restrictions", "Linux 5.10", true, probe_restrictions},
	{"io_uring.defer_taskrun", "Linux 6.1", true, probe_defer_taskrun},
	{"io_uring.no_sqarray", "Linux 6.6", true, probe_no_sqarray},
	{"io_uring.futex", "Linux 6.7", false, probe_futex},
	{"io_uring.mem_region", "Linux 6.13", true, probe_mem_region},
	{"io_uring.sq_rewind", "Linux 7.0", true, probe_sq_rewind},
	{"pidfd_getfd", "Linux 5.6", true, probe_pidfd_getfd},
	{"landlock.scope", "Linux 6.12", false, probe_landlock},
	{"bpf.pins", "Linux 4.4", true, probe_pins},
	{"process.cap_bpf", "Linux 5.8", true, probe_cap_bpf},
	{"process.cap_sys_ptrace", "Linux 2.2", true, probe_cap_ptrace},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static uint64_t read_effective(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

/* As a member of the group that may make rings, if only its members may. */
static void probe_rings(const struct surroundings *surroundings, struct ring_probe *ret)
{
	bool restricted = surroundings->disabled == 1 && surroundings->group >= 0;
	int own = restricted ? setfsgid((gid_t)surroundings->group) : 0; /* this thread only */

	ring_probe(ret);
	if (restricted)
		setfsgid((gid_t)own);
}

int capabilities_init(struct capabilities *capabilities, const struct kernel_btf *btf,
		      const char *pin_directory)
{
	struct probe probe = {
		.btf = btf,
		.pin_directory = pin_directory,
		.surroundings = surroundings_look(pin_directory),
		.effective = read_effective(),
	};
	struct capabilities found = {.n = N_ROWS, .surroundings = probe.surroundings};

	if (uname(&probe.kernel) < 0)
		return -errno;
	found.items = calloc(N_ROWS, sizeof(*found.items));
	if (!found.items)
		return -ENOMEM;
	probe_rings(&probe.surroundings, &probe.ring);
	for (size_t i = 0; i < N_ROWS; i++) {
		char detail[DETAIL_SIZE] = "";

		found.items[i] = (struct kern_capability){
			.name = rows[i].name,
			.since = rows[i].since,
			.required = rows[i].required,
			.present = rows[i].probe(&probe, detail),
		};
		if (!*detail)
			continue;
		found.items[i].detail = strdup(detail);
		if (!found.items[i].detail) {
			capabilities_done(&found);
			return -ENOMEM;
		}
	}
	*capabilities = found;
	return 0;
}

void capabilities_refresh(struct capabilities *capabilities, const struct kernel_btf *btf,
			  const char *pin_directory)
{
	const struct surroundings now = surroundings_look(pin_directory);
	struct capabilities found;

	if (surroundings_equal(&now, &capabilities->surroundings))
		return;
	if (capabilities_init(&found, btf, pin_directory) < 0)
		return;
	capabilities_done(capabilities);
	*capabilities = found;
}

void capabilities_done(struct capabilities *capabilities)
{
	for (size_t i = 0; i < capabilities->n; i++)
		free((char *)capabilities->items[i].detail);
	free(capabilities->items);
	*capabilities = (struct capabilities){};
}

size_t capabilities_missing(const struct capabilities *capabilities)
{
	for (size_t i = 0; i < capabilities->n; i++)
		if (capabilities->items[i].required && !capabilities->items[i].present)
			return i;
	return CAPABILITIES_COMPLETE;
}

const char *capability_name(size_t index)
{
	return rows[index].name;
}

const char *capability_since(size_t index)
{
	return rows[index].since;
}
