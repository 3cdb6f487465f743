/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hostile.h - what hostile code in a confined host tries
 *
 * hostile-session.c is linked into iouring-host in place of its main loop: everything up to there,
 * the confinement above all, is the real program's object code. It takes orders from the region,
 * which the host maps and the test shares.
 */
#ifndef TESTS_GUEST_HOST_HOSTILE_H
#define TESTS_GUEST_HOST_HOSTILE_H

#include <stdint.h>

#define HOSTILE_OFFSET	 4096 /* bytes, in the region */
#define HOSTILE_ABSTRACT "iouringd-hostile"
#define HOSTILE_PATH	 "/tmp/iouringd-hostile.socket"
#define HOSTILE_FILE	 "/tmp/iouringd-hostile.file" /* the client's */

struct hostile_order {
	uint32_t attempt; /* futex word: 1 + index of the attempt; 0: none */
	uint32_t done;	  /* futex word */
	int64_t result;	  /* >= 0: it succeeded; else -errno */
	int32_t victim;	  /* a process of the same user, which may be traced */
	int32_t parent;	  /* of the host: root's */
	uint64_t address; /* of a byte in the victim */
	uint16_t port;	  /* of a listening TCP socket */
	uint16_t reserved[3];
};

#define ONLY_FILTER (-1)

/*
 * X(function, text, error, version)
 *
 * With the filter each attempt ends the host with SIGSYS. Without it, @error is what the rest of
 * the confinement returns, Landlock from @version on (0: on any kernel); ONLY_FILTER: nothing else
 * forbids it.
 */
#define HOSTILE_ATTEMPTS(X)                                                                        \
	X(open_file, "open /etc/passwd", EACCES, 1)                                                \
	X(open_own_file, "open a file of the client", EACCES, 1)                                   \
	X(open_root, "open /", EACCES, 1)                                                          \
	X(open_status, "open /proc/self/status", EACCES, 1)                                        \
	X(open_memory, "open /proc/PARENT/mem", EACCES, 0)                                         \
	X(open_handle, "open_by_handle_at", ONLY_FILTER, 0)                                        \
	X(make_file, "create a file", EACCES, 1)                                                   \
	X(make_directory, "create a directory", EACCES, 1)                                         \
	X(remove_file, "unlink a file of the client", EACCES, 1)                                   \
	X(rename_file, "rename a file of the client", EACCES, 1)                                   \
	X(truncate_file, "truncate a file of the client", EACCES, 3)                               \
	X(change_mode, "chmod a file of the client", ONLY_FILTER, 0)                               \
	X(execute, "execve /bin/true", EACCES, 1)                                                  \
	X(execute_memfd, "execute a memfd", ONLY_FILTER, 0)                                        \
	X(make_memfd, "memfd_create", ONLY_FILTER, 0)                                              \
	X(map_code, "map executable memory", ONLY_FILTER, 0)                                       \
	X(make_code, "make the region executable", ONLY_FILTER, 0)                                 \
	X(fork_process, "fork", ONLY_FILTER, 0)                                                    \
	X(clone_process, "clone3", ONLY_FILTER, 0)                                                 \
	X(make_socket, "make a socket", ONLY_FILTER, 0)                                            \
	X(connect_abstract, "connect to an abstract socket", EPERM, 6)                             \
	X(connect_path, "connect to a socket file", EACCES, 9)                                     \
	X(connect_tcp, "connect to a TCP port", EACCES, 4)                                         \
	X(bind_tcp, "bind a TCP port", EACCES, 4)                                                  \
	X(signal_parent, "signal the daemon", EPERM, 0)                                            \
	X(signal_victim, "signal a process of the client", EPERM, 6)                               \
	X(signal_thread, "tgkill a process of the client", EPERM, 6)                               \
	X(signal_pidfd, "pidfd_open", ONLY_FILTER, 0)                                              \
	X(trace_parent, "trace the daemon", EPERM, 0)                                              \
	X(trace_victim, "trace a process of the client", EPERM, 1)                                 \
	X(read_victim, "process_vm_readv", EPERM, 1)                                               \
	X(write_victim, "process_vm_writev", EPERM, 1)                                             \
	X(take_descriptor, "pidfd_getfd", EPERM, 1)                                                \
	X(limit_victim, "prlimit of a process of the client", ONLY_FILTER, 0)                      \
	X(set_uid, "setuid(0)", EPERM, 0)                                                          \
	X(mount_tmpfs, "mount", EPERM, 0)                                                          \
	X(unshare_user, "unshare", ONLY_FILTER, 0)                                                 \
	X(enter_namespace, "setns", EPERM, 0)                                                      \
	X(change_root, "chroot", EPERM, 0)                                                         \
	X(load_bpf, "bpf", ONLY_FILTER, 0)                                                         \
	X(open_perf, "perf_event_open", ONLY_FILTER, 0)                                            \
	X(make_ring, "io_uring_setup", ONLY_FILTER, 0)                                             \
	X(register_files, "register files with the ring", ONLY_FILTER, 0)                          \
	X(ask_keys, "keyctl", ONLY_FILTER, 0)                                                      \
	X(add_key, "add_key", ONLY_FILTER, 0)                                                      \
	X(allow_tracing, "prctl PR_SET_DUMPABLE", ONLY_FILTER, 0)

#endif
