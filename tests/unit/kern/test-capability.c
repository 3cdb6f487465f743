/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-capability.c - probing says what is there, wherever it runs; and rings that may be taken */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#include "kern/capability.h"
#include "kern/kern.h"
#include "kern/kernel-btf.h"
#include "kern/fetch-ring.h"
#include "kern/release.h"

static const struct kern_capability *find(const struct capabilities *capabilities, const char *name)
{
	for (size_t i = 0; i < capabilities->n; i++)
		if (strcmp(capabilities->items[i].name, name) == 0)
			return &capabilities->items[i];
	fail_msg("there is no capability %s", name);
	return NULL;
}

static void releases_with_the_flaw_are_known(void **state)
{
	assert_true(release_is_unsafe("7.1"));
	assert_true(release_is_unsafe("7.1.0"));
	assert_true(release_is_unsafe("7.1-rc3"));
	assert_true(release_is_unsafe("7.1.4+deb13-cloud-amd64"));
	assert_false(release_is_unsafe("7.1.5"));
	assert_false(release_is_unsafe("7.1.12"));
	assert_false(release_is_unsafe("7.2.0"));
	assert_false(release_is_unsafe("6.12.107"));
	assert_false(release_is_unsafe("17.1.1"));
	assert_false(release_is_unsafe(""));
}

static void releases_that_trust_submitters_are_known(void **state)
{
	assert_true(release_trusts_submitters("7.1.5"));
	assert_true(release_trusts_submitters("7.2.13+deb14-cloud-amd64"));
	assert_false(release_trusts_submitters("7.3-rc1"));
	assert_false(release_trusts_submitters("7.3.4+deb13-cloud-amd64"));
	assert_false(release_trusts_submitters("7.10.2"));
	assert_false(release_trusts_submitters("7.20"));
	assert_false(release_trusts_submitters("8.1"));
	assert_false(release_trusts_submitters("6.12.107-iouringd"));
	assert_false(release_trusts_submitters(""));
}

static void patched_kernels_are_told(void **state)
{
	struct kernel_btf btf = {.ops = true, .context = "iou_ctx"};
	struct capabilities capabilities;
	struct utsname names;
	const char *detail;

	assert_true(release_is_older("6.12.117-iouringd"));
	assert_true(release_is_older("7.0.9"));
	assert_false(release_is_older("7.1.0"));
	assert_false(release_is_older("17.0"));
	assert_false(release_is_older("next"));

	assert_int_equal(uname(&names), 0);
	assert_int_equal(capabilities_init(&capabilities, &btf, "/tmp/iouringd-no-bpffs"), 0);
	detail = find(&capabilities, "struct_ops.io_uring_bpf_ops")->detail;
	assert_non_null(strstr(detail, "iou_ctx"));
	assert_int_equal(strstr(detail, "from a patch") != NULL, release_is_older(names.release));
	capabilities_done(&capabilities);
}

static void kernel_without_types_lacks_the_feature(void **state)
{
	struct kernel_btf btf = {.error = ENOENT};
	struct capabilities capabilities;

	assert_int_equal(capabilities_init(&capabilities, &btf, "/tmp/iouringd-no-bpffs"), 0);
	assert_false(find(&capabilities, "kernel.btf")->present);
	assert_non_null(strstr(find(&capabilities, "kernel.btf")->detail, "CONFIG_DEBUG_INFO_BTF"));
	assert_false(find(&capabilities, "struct_ops.io_uring_bpf_ops")->present);
	assert_string_equal(capability_name(capabilities_missing(&capabilities)), "kernel.btf");
	/* and nothing was made where no bpffs is */
	assert_non_null(strstr(find(&capabilities, "bpf.pins")->detail, "bpf file system"));
	assert_int_equal(access("/tmp/iouringd-no-bpffs", F_OK), -1);
	capabilities_done(&capabilities);
}

static void context_type_is_told(void **state)
{
	struct kernel_btf btf = {.ops = true, .context = "io_ring_ctx"};
	struct capabilities capabilities;

	assert_int_equal(capabilities_init(&capabilities, &btf, "/tmp/iouringd-no-bpffs"), 0);
	assert_non_null(
		strstr(find(&capabilities, "struct_ops.io_uring_bpf_ops")->detail, "io_ring_ctx"));
	capabilities_done(&capabilities);
}

/* In a process of its own, as nobody. */
static int probe_as_nobody(void)
{
	struct kernel_btf btf = {};
	struct capabilities capabilities;
	const struct kern_capability *missing;

	if (getuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	if (capabilities_init(&capabilities, &btf, "/sys/fs/bpf/iouringd-test") < 0)
		return 2;
	missing = find(&capabilities, "process.cap_bpf");
	if (missing->present || !strstr(missing->detail, "CAP_BPF and CAP_PERFMON"))
		return 3;
	if (find(&capabilities, "process.cap_sys_ptrace")->present)
		return 4;
	capabilities_done(&capabilities);
	return 0;
}

static void unprivileged_process_probes_too(void **state)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(probe_as_nobody());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int make_ring(uint32_t flags)
{
	struct io_uring_params params = {.flags = flags};

	return (int)syscall(SYS_io_uring_setup, 4, &params);
}

static void only_disabled_rings_are_taken(void **state)
{
	int disabled = make_ring(IORING_SETUP_R_DISABLED), enabled = make_ring(0);
	int event = eventfd(0, EFD_CLOEXEC), taken = -7;
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (disabled < 0 || enabled < 0) {
		print_message("# no io_uring here\n");
		skip();
	}
	assert_true(pidfd >= 0 && event >= 0);
	assert_int_equal(fetch_ring_fd(pidfd, event, &taken), -EINVAL);
	assert_int_equal(fetch_ring_fd(pidfd, enabled, &taken), -EBUSY);
	assert_int_equal(fetch_ring_fd(pidfd, 9999, &taken), -EBADF);
	assert_int_equal(fetch_ring_fd(event, disabled, &taken), -EBADF);
	assert_int_equal(taken, -7);
	assert_int_equal(fetch_ring_fd(pidfd, disabled, &taken), 0);
	assert_true(taken > 2 && taken != disabled);
	assert_int_equal(
		syscall(SYS_io_uring_register, disabled, IORING_REGISTER_ENABLE_RINGS, NULL, 0), 0);
	close(taken);
	assert_int_equal(fetch_ring_fd(pidfd, disabled, &taken), -EBUSY);
	close(disabled);
	close(enabled);
	close(event);
	close(pidfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(releases_with_the_flaw_are_known),
		cmocka_unit_test(releases_that_trust_submitters_are_known),
		cmocka_unit_test(patched_kernels_are_told),
		cmocka_unit_test(kernel_without_types_lacks_the_feature),
		cmocka_unit_test(context_type_is_told),
		cmocka_unit_test(unprivileged_process_probes_too),
		cmocka_unit_test(only_disabled_rings_are_taken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("capabilities", tests, NULL, NULL);
}
