/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "iouring-host/seccomp.h"

/* A host without its filter is not a choice: a new machine is added here. */
#if defined(__x86_64__) && defined(__LP64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define MACHINE AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MACHINE AUDIT_ARCH_PPC64LE
#else
#error "seccomp.c: say which AUDIT_ARCH this machine is"
#endif

static const uint32_t allowed[] = {
	SYS_io_uring_enter,
	/* the runner: orders, and the signal that ends an enter */
	SYS_futex,
	SYS_rt_sigreturn,
	SYS_tgkill,
	SYS_sched_yield,
	SYS_clock_gettime, /* the CPU time of a thread */
	/* the main thread: control socket and lease */
	SYS_ppoll,
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_restart_syscall, /* poll's way on after SIGSTOP and SIGCONT */
	SYS_accept4,
	SYS_getsockopt,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_read,
	SYS_write,
	SYS_close,
	SYS_exit_group,
	SYS_exit,
};

#define N_ALLOWED	      (sizeof(allowed) / sizeof(allowed[0]))

#define LOAD(field)	      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what)	      BPF_STMT(BPF_RET | BPF_K, (what))
#define SKIP_UNLESS(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n))
#define SKIP_IF(value, n)     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (n), 0)

/* io_uring_register's second argument is an unsigned int: the low half of what is shown here. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define REGISTER_OPCODE offsetof(struct seccomp_data, args[1])
#else
#define REGISTER_OPCODE (offsetof(struct seccomp_data, args[1]) + sizeof(uint32_t))
#endif

int seccomp_close(void)
{
	const struct sock_filter head[] = {
		LOAD(arch),
		SKIP_IF(MACHINE, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		/* a ring may only be enabled, by a thread that registers and unregisters it
		   (loop_ring_enable()) */
		SKIP_UNLESS(SYS_io_uring_register, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, REGISTER_OPCODE),
		SKIP_IF(IORING_REGISTER_ENABLE_RINGS, 2),
		SKIP_IF(IORING_REGISTER_RING_FDS, 1),
		SKIP_UNLESS(IORING_UNREGISTER_RING_FDS, 1),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_filter filter[sizeof(head) / sizeof(head[0]) + 2 * N_ALLOWED + 1];
	struct sock_fprog program = {.filter = filter};
	unsigned short n = 0;
	long r;

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		filter[n++] = head[i];
	for (size_t i = 0; i < N_ALLOWED; i++) {
		filter[n++] = (struct sock_filter)SKIP_UNLESS(allowed[i], 1);
		filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	}
	filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	program.len = n;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (r < 0)
		return -errno;
	return r == 0 ? 0 : -EBUSY; /* the id of a thread that could not take it */
}
