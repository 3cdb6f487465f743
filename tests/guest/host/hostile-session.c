/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hostile-session.c - hostile code in the place of a host's main loop (hostile.h) */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "hostile.h"
#include "iouring-host/session.h"

static struct hostile_order *order;
static const struct session *host;

#define ATTEMPT(name, call)                                                                        \
	static long name(void)                                                                     \
	{                                                                                          \
		return (long)(call);                                                               \
	}

static long connect_to(const void *address, socklen_t size, int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? fd : connect(fd, address, size);
}

static long connect_abstract(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path + 1, HOSTILE_ABSTRACT, strlen(HOSTILE_ABSTRACT));
	return connect_to(
		&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(HOSTILE_ABSTRACT)),
		AF_UNIX);
}

static long connect_path(void)
{
	const struct sockaddr_un address = {AF_UNIX, HOSTILE_PATH};

	return connect_to(&address, sizeof(address), AF_UNIX);
}

static long connect_tcp(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(order->port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return connect_to(&address, sizeof(address), AF_INET);
}

static long bind_tcp(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? fd : bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static long open_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", order->parent);
	return open(path, O_RDWR | O_CLOEXEC);
}

static long open_handle(void)
{
	struct {
		struct file_handle head;
		unsigned char bytes[MAX_HANDLE_SZ];
	} handle = {.head = {.handle_bytes = 8, .handle_type = 1}};

	return syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY);
}

static long vm(long number)
{
	char byte = 'x';
	const struct iovec local = {&byte, 1}, remote = {(void *)order->address, 1};

	return syscall(number, order->victim, &local, 1, &remote, 1, 0);
}

static long take_descriptor(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, order->victim, 0);

	return pidfd < 0 ? pidfd : syscall(SYS_pidfd_getfd, pidfd, 0, 0);
}

static long enter_namespace(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, order->victim, 0);

	return pidfd < 0 ? pidfd : syscall(SYS_setns, pidfd, CLONE_NEWNS);
}

static long limit_victim(void)
{
	const struct rlimit limit = {1, 1};

	return syscall(SYS_prlimit64, order->victim, RLIMIT_NOFILE, &limit, NULL);
}

static long execute_memfd(void)
{
	char *const arguments[] = {"true", NULL};
	int fd = (int)syscall(SYS_memfd_create, "true", 0);

	return fd < 0 ? fd : syscall(SYS_execveat, fd, "", arguments, NULL, AT_EMPTY_PATH);
}

static long clone_process(void)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};

	return syscall(SYS_clone3, &arguments, sizeof(arguments));
}

static long load_bpf(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes));
}

static long open_perf(void)
{
	struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
					     .size = sizeof(attributes)};

	return syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

static long make_ring(void)
{
	struct io_uring_params params = {0};

	return syscall(SYS_io_uring_setup, 1, &params);
}

static long register_files(void)
{
	const int files[] = {0};

	return syscall(SYS_io_uring_register, host->ring_fd, IORING_REGISTER_FILES, files, 1);
}

static long execute(void)
{
	char *const arguments[] = {"true", NULL};

	return syscall(SYS_execve, "/bin/true", arguments, NULL);
}

ATTEMPT(open_file, open("/etc/passwd", O_RDONLY | O_CLOEXEC))
ATTEMPT(open_own_file, open(HOSTILE_FILE, O_RDWR | O_CLOEXEC))
ATTEMPT(open_root, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
ATTEMPT(open_status, open("/proc/self/status", O_RDONLY | O_CLOEXEC))
ATTEMPT(make_file, open(HOSTILE_FILE ".new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600))
ATTEMPT(make_directory, mkdir(HOSTILE_FILE ".new", 0700))
ATTEMPT(remove_file, unlink(HOSTILE_FILE))
ATTEMPT(rename_file, rename(HOSTILE_FILE, HOSTILE_FILE ".new"))
ATTEMPT(truncate_file, truncate(HOSTILE_FILE, 0))
ATTEMPT(change_mode, chmod(HOSTILE_FILE, 0777))
ATTEMPT(make_memfd, syscall(SYS_memfd_create, "x", 0))
ATTEMPT(map_code, syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
ATTEMPT(make_code, mprotect((void *)CONTROL_REGION_ADDRESS, 4096, PROT_READ | PROT_EXEC))
ATTEMPT(fork_process, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0))
ATTEMPT(make_socket, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
ATTEMPT(signal_parent, kill(order->parent, SIGKILL))
ATTEMPT(signal_victim, kill(order->victim, SIGKILL))
ATTEMPT(signal_thread, syscall(SYS_tgkill, order->victim, order->victim, SIGKILL))
ATTEMPT(signal_pidfd, syscall(SYS_pidfd_open, order->victim, 0))
ATTEMPT(trace_parent, ptrace(PTRACE_SEIZE, order->parent, NULL, NULL))
ATTEMPT(trace_victim, ptrace(PTRACE_SEIZE, order->victim, NULL, NULL))
ATTEMPT(read_victim, vm(SYS_process_vm_readv))
ATTEMPT(write_victim, vm(SYS_process_vm_writev))
ATTEMPT(set_uid, syscall(SYS_setuid, 0))
ATTEMPT(mount_tmpfs, mount("none", "/tmp", "tmpfs", 0, NULL))
ATTEMPT(unshare_user, syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS))
ATTEMPT(change_root, chroot("/"))
ATTEMPT(ask_keys, syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0))
ATTEMPT(add_key, syscall(SYS_add_key, "user", "x", "x", 1, KEY_SPEC_USER_KEYRING))
ATTEMPT(allow_tracing, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))

static void futex(uint32_t *word, int operation, uint32_t value)
{
	syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

_Noreturn void __wrap_session_run(struct session *session);

_Noreturn void __wrap_session_run(struct session *session)
{
	static long (*const attempts[])(void) = {
#define FUNCTION(function, ...) function,
		HOSTILE_ATTEMPTS(FUNCTION)
#undef FUNCTION
	};
	uint32_t attempt;
	long r;

	host = session;
	order = (struct hostile_order *)(CONTROL_REGION_ADDRESS + HOSTILE_OFFSET);
	for (;;) {
		while ((attempt = __atomic_load_n(&order->attempt, __ATOMIC_ACQUIRE)) == 0)
			futex(&order->attempt, FUTEX_WAIT, 0);
		__atomic_store_n(&order->attempt, 0, __ATOMIC_RELAXED);
		r = attempts[(attempt - 1) % (sizeof(attempts) / sizeof(attempts[0]))]();
		order->result = r < 0 ? -errno : r;
		__atomic_store_n(&order->done, 1, __ATOMIC_RELEASE);
		futex(&order->done, FUTEX_WAKE, 1);
	}
}
