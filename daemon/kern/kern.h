/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kern.h - the kernel port: all that the daemon asks of BPF and io_uring
 *
 * The domain (daemon/ring) sees this header only. There are two implementations: kern_linux()
 * (this room: libbpf and raw system calls) and kern_fake() (tests/fake), held to the same
 * assertions by tests/contract.
 *
 * Every operation may be called from any thread, several at once, except that operations on one
 * object (program, dispatcher) must not overlap. Those marked "slow" may take from milliseconds to
 * seconds: never call them on the event loop. Return values as in client/wire/fault.h.
 */
#ifndef DAEMON_KERN_H
#define DAEMON_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "iourd/abi.h"
#include "dispatcher/state.h"
#include "kern/ledger.h"
#include "wire/fault.h"
#include "layout/layout.h"

struct kern;
struct kern_program;
struct kern_dispatcher;

struct kern_capability {
	const char *name;   /* "struct_ops.io_uring_bpf_ops" */
	const char *since;  /* "Linux 7.1" */
	const char *detail; /* what was found, or why it is missing; or NULL */
	bool present;
	bool required; /* without it no ring can be made */
};

/*
 * Not required. Without it, whoever runs a ring of its own can crash the kernel, or pass by its
 * checks: hosts do not let their clients.
 */
#define KERN_SAFE_ADOPTION "kernel.safe_adoption"

/* What is known of an object once it was opened; owned by the program, never changes. */
struct kern_program_info {
	struct iourd_descriptor descriptor; /* checked: texts end, numbers are in range */
	struct layout layout;		    /* of the parameter struct */
	uint8_t digest[32];		    /* SHA-256 of the object file */
	uint64_t id;			    /* digest's first 8 bytes, little endian */
};

/* What is pinned of a ring. */
struct kern_pins {
	bool array;
	bool state;
	bool dispatcher;
	bool link;
	bool has_ledger;	    /* in a state that is there, of a version that has one */
	struct iourd_ledger ledger; /* a copy */
};

struct kern_ops {
	/* Frees the port; no object of it may be left. */
	void (*free)(struct kern *kern);

	/* The table and its texts live as long as the port. Fast: probed once, at creation. */
	const struct kern_capability *(*capabilities)(struct kern *kern, size_t *ret_n);

	/*
	 * Reads an object file from its start to its end (any offset, sealed or not: it is copied
	 * first), checks ELF, descriptor and BTF. Nothing reaches the kernel. Slow.
	 * FAULT_PROGRAM_REJECTED says what is wrong with it.
	 */
	int (*program_open)(struct kern *kern, int object_fd, struct note *note,
			    struct kern_program **ret);
	const struct kern_program_info *(*program_info)(const struct kern_program *program);
	/*
	 * Verifies and loads; FAULT_PROGRAM_REJECTED has the verifier's log. Does nothing if it is
	 * loaded already. Slow.
	 */
	int (*program_load)(struct kern_program *program, struct note *note);
	/* The object file's content, borrowed, until program_load; NULL after it. */
	const void *(*program_image)(const struct kern_program *program, size_t *ret_size);
	/* The kernel's id of the loaded program; 0: it is not loaded. */
	uint32_t (*program_kernel_id)(const struct kern_program *program);
	/* NULL is fine. Rings that run it keep it loaded in the kernel until they are swapped. */
	void (*program_free)(struct kern_program *program);

	/*
	 * Makes and pins the dispatcher of a ring, not attached yet, its array empty. @name is the
	 * ring's, and its folder's under the pin directory. -EEXIST: pins of that name exist;
	 * -EINVAL: the name is not of letters, digits, '_' and '-'; -EOPNOTSUPP: a required
	 * capability is missing. Slow.
	 */
	int (*dispatcher_new)(struct kern *kern, const char *name, struct kern_dispatcher **ret);
	/*
	 * Takes up the dispatcher that an earlier daemon has pinned, attached or not. -ENOENT:
	 * there are no pins of that name; -ENODATA: some are missing, the link, too; -EPROTO: its
	 * record is smaller than one with a ledger, or its ledger's magic is not ours. Slow.
	 */
	int (*dispatcher_open)(struct kern *kern, const char *name, struct kern_dispatcher **ret);
	/*
	 * Frees what this process holds of it, and leaves pins and attachment for the next daemon.
	 * Only of an attached one (a pinned link keeps it all). Fast. NULL is fine.
	 */
	void (*dispatcher_release)(struct kern_dispatcher *dispatcher);
	/* The kernel's id of the program in the array; 0: it is empty. Slow. */
	int (*dispatcher_current)(struct kern_dispatcher *dispatcher, uint32_t *ret_id);
	/* The ring's ledger; of a new dispatcher all zero. Valid until dispatcher_free or _release.
	 */
	struct iourd_ledger *(*dispatcher_ledger)(struct kern_dispatcher *dispatcher);
	/* Puts a program into the array: the next step runs it. -EINVAL: it is not loaded. Slow. */
	int (*dispatcher_set)(struct kern_dispatcher *dispatcher,
			      const struct kern_program *program);
	/*
	 * Takes ring @ring_fd out of the process @pidfd, checks that it is an io_uring, attaches
	 * the dispatcher, and closes the ring again. The ring must still be disabled. Once. Slow.
	 * -EBADF: one of the two is no descriptor; -ESRCH: the process is gone; -EINVAL: it is no
	 * io_uring; -EBUSY: the ring is enabled, or the dispatcher is attached already.
	 */
	int (*dispatcher_attach)(struct kern_dispatcher *dispatcher, int pidfd, int ring_fd);
	/* Shared with the dispatcher; valid until dispatcher_free. */
	volatile struct iourd_dispatch *(*dispatcher_state)(struct kern_dispatcher *dispatcher);
	/*
	 * Removes pins, link, array and program. Only when the ring's process is gone, or the ring
	 * was never started: detaching from a ring that runs can block everybody. Slow. NULL is
	 * fine.
	 */
	void (*dispatcher_free)(struct kern_dispatcher *dispatcher);
	/*
	 * Completions that wait in the completion queue of ring @ring_fd of process @pid, and are
	 * not reaped. -EAGAIN: somebody is at work in the ring right now; -EBADF: it is no ring
	 * (any more); -ESRCH: no such process. Reads what the kernel shows in /proc; never waits.
	 */
	int (*ring_waiting)(struct kern *kern, pid_t pid, int ring_fd, uint32_t *ret_n);
	/* The entries of its two queues; the same. */
	int (*ring_entries)(struct kern *kern, pid_t pid, int ring_fd, uint32_t *ret_sq,
			    uint32_t *ret_cq);
	/*
	 * What the daemon writes down of itself, pinned; of the first daemon all zero but its magic
	 * and version. On a kernel that cannot keep it: memory of this process.
	 */
	struct iourd_journal *(*journal)(struct kern *kern);
	/*
	 * Names under the pin directory, of this or an earlier daemon; the caller frees each and
	 * all.
	 */
	int (*pins_list)(struct kern *kern, char ***ret_names, size_t *ret_n);
	/* What there is under a name; -ENOENT: nothing. Slow. */
	int (*pins_inspect)(struct kern *kern, const char *name, struct kern_pins *ret);
	/* Removes the pins of a name whose ring is dead. Slow. */
	int (*pins_remove)(struct kern *kern, const char *name);
};

/* What every implementation's object starts with. */
struct kern {
	const struct kern_ops *ops;
};

/* The first required capability that the kernel lacks; NULL: rings can be made. */
static inline const struct kern_capability *kern_missing_capability(struct kern *kern)
{
	const struct kern_capability *capabilities;
	size_t n;

	capabilities = kern->ops->capabilities(kern, &n);
	for (size_t i = 0; i < n; i++)
		if (capabilities[i].required && !capabilities[i].present)
			return &capabilities[i];
	return NULL;
}

/*
 * The real one. @dispatcher_path: the dispatcher's object file. @pin_directory: on a bpffs, made if
 * missing. Works on any kernel: what that lacks is in the capabilities, and making a dispatcher or
 * loading a program then returns FAULT_KERNEL_LACKS or -EOPNOTSUPP. Reads the kernel's BTF once.
 */
int kern_linux_new(const char *dispatcher_path, const char *pin_directory, struct kern **ret);

#endif
