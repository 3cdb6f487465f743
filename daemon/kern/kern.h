/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kern.h - the kernel port: all that the daemon asks of BPF and io_uring
 *
 * The domain includes this header only. kern_linux_new() (this room: libbpf and raw system calls)
 * and kern_fake_new() (tests/fake) implement it; tests/contract holds both to the same assertions.
 *
 * Any thread may call any operation, but operations on one object (program, dispatcher) must not
 * overlap. Operations marked "slow" take milliseconds to seconds: never call them on the event
 * loop. Return values are as in client/wire/fault.h.
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

#define KERN_OBJECT_MAX (16u << 20) /* bytes of a program's object */

struct kern_capability {
	const char *name;   /* "struct_ops.io_uring_bpf_ops" */
	const char *since;  /* "Linux 7.1"; "no release": none so far */
	const char *detail; /* what was found, or why it is missing; or NULL */
	bool present;
	bool required; /* without it no ring can be made */
};

/*
 * Not required. Without it, an application that runs its own ring can crash the kernel or bypass
 * its checks; hosts prevent this for their clients.
 */
#define KERN_SAFE_ADOPTION "kernel.safe_adoption"
/*
 * Not required. Without it, an application that runs its own ring can hold the ring's lock for
 * ever, in a request to a file system that does not answer. An attach or detach of that ring then
 * waits for it, and with the lock that it holds, so does every other attach on the machine.
 */
#define KERN_BOUNDED_ATTACH "kernel.bounded_attach"

/* Describes an open object; owned by the program, never changes. */
struct kern_program_info {
	struct iourd_descriptor
		descriptor;   /* checked: texts are terminated, numbers are in range */
	struct layout layout; /* of the parameter struct */
	uint8_t digest[32];   /* SHA-256 of the object file */
	uint64_t id;	      /* digest's first 8 bytes, little endian */
};

/* The pins of a ring. */
struct kern_pins {
	bool array;
	bool state;
	bool dispatcher;
	bool link;
	bool has_ledger;	    /* the state is pinned, and its version has a ledger */
	struct iourd_ledger ledger; /* a copy */
};

struct kern_ops {
	/* Frees the port, after all its objects. */
	void (*free)(struct kern *kern);

	/* Probed when the port was created. Table and texts live as long as the port. */
	const struct kern_capability *(*capabilities)(struct kern *kern, size_t *ret_n);

	/*
	 * Copies an object file, whatever the descriptor's offset, and has a process of its own
	 * check ELF, descriptor and BTF, which passes nothing to the kernel. FAULT_PROGRAM_REJECTED
	 * has the reason, also if that process crashes or takes too long. Slow.
	 */
	int (*program_open)(struct kern *kern, int object_fd, struct note *note,
			    struct kern_program **ret);
	const struct kern_program_info *(*program_info)(const struct kern_program *program);
	/*
	 * Verifies and loads, in another such process; FAULT_PROGRAM_REJECTED has the verifier's
	 * log. Does nothing if the program is loaded. Slow.
	 */
	int (*program_load)(struct kern_program *program, struct note *note);
	/* The content of the object file, borrowed; NULL once loaded. */
	const void *(*program_image)(const struct kern_program *program, size_t *ret_size);
	/* The kernel's id of the program; 0: not loaded. */
	uint32_t (*program_kernel_id)(const struct kern_program *program);
	/* NULL is fine. The kernel keeps the program loaded while rings run it. */
	void (*program_free)(struct kern_program *program);

	/*
	 * Creates and pins the dispatcher of a ring, not attached, its array empty. @name is the
	 * ring's, and its folder's under the pin directory. -EEXIST: pins of that name exist;
	 * -EINVAL: the name has other characters than letters, digits, '_' and '-'; -EOPNOTSUPP: a
	 * required capability is missing. Slow.
	 */
	int (*dispatcher_new)(struct kern *kern, const char *name, struct kern_dispatcher **ret);
	/*
	 * Opens the dispatcher that an earlier daemon pinned, attached or not. -ENOENT: no pins of
	 * that name; -ENODATA: array, state or program is not pinned; -EPROTO: its record is
	 * too small for a ledger, or the ledger's magic is wrong. Slow.
	 */
	int (*dispatcher_open)(struct kern *kern, const char *name, struct kern_dispatcher **ret);
	/*
	 * Moves its pins to another name; they keep their attachment. -EEXIST: there are pins of
	 * that name.
	 */
	int (*dispatcher_rename)(struct kern_dispatcher *dispatcher, const char *name);
	/*
	 * Frees this process's part, and leaves pins and attachment to the next daemon. Only if
	 * attached: the pinned link keeps the rest alive. NULL is fine.
	 */
	void (*dispatcher_release)(struct kern_dispatcher *dispatcher);
	/* The kernel's id of the program in the array; 0: empty. Slow. */
	int (*dispatcher_current)(struct kern_dispatcher *dispatcher, uint32_t *ret_id);
	/* The ring's ledger. Valid until dispatcher_free or _release. */
	struct iourd_ledger *(*dispatcher_ledger)(struct kern_dispatcher *dispatcher);
	/* Puts a program into the array; the next step runs it. -EINVAL: not loaded. Slow. */
	int (*dispatcher_set)(struct kern_dispatcher *dispatcher,
			      const struct kern_program *program);
	/*
	 * The ring that is attached later must have these entries: its process may exchange it
	 * until the dispatcher holds it. -EPROTO then if it has others. 0, 0: any, as at first.
	 */
	void (*dispatcher_expect)(struct kern_dispatcher *dispatcher, uint32_t sq, uint32_t cq);
	/*
	 * Fetches descriptor @ring_fd of process @pidfd, attaches the dispatcher to that ring,
	 * which must be disabled, and closes the descriptor. Once. Slow. -EBADF: either number is
	 * not a descriptor; -ESRCH: the process has exited; -EINVAL: not an io_uring; -EBUSY: the
	 * ring is enabled, or the dispatcher is attached already; -EAGAIN: a task holds the ring's
	 * lock.
	 */
	int (*dispatcher_attach)(struct kern_dispatcher *dispatcher, int pidfd, int ring_fd);
	/* Shared with the dispatcher. Valid until dispatcher_free or _release. */
	volatile struct iourd_dispatch *(*dispatcher_state)(struct kern_dispatcher *dispatcher);
	/*
	 * Removes pins, link, array and program. Only if the ring's process has exited or the ring
	 * was never started: detaching from a running ring can block, and with it every other
	 * attach. Slow. NULL is fine.
	 */
	void (*dispatcher_free)(struct kern_dispatcher *dispatcher);
	/*
	 * Unreaped completions in the completion queue of ring @ring_fd of process @pid, read from
	 * /proc without waiting. -EAGAIN: a task holds the ring's lock; -EBADF: not a ring; -ESRCH:
	 * no such process.
	 */
	int (*ring_waiting)(struct kern *kern, pid_t pid, int ring_fd, uint32_t *ret_n);
	/* The entries of the ring's two queues, with the same errors. */
	int (*ring_entries)(struct kern *kern, pid_t pid, int ring_fd, uint32_t *ret_sq,
			    uint32_t *ret_cq);
	/*
	 * The daemon's journal, pinned. The first daemon finds zeros behind magic and version. If
	 * the kernel cannot pin it, it is memory of this process.
	 */
	struct iourd_journal *(*journal)(struct kern *kern);
	/*
	 * Names under the pin directory, from this or an earlier daemon. The caller frees the names
	 * and the array.
	 */
	int (*pins_list)(struct kern *kern, char ***ret_names, size_t *ret_n);
	/* The pins under a name; -ENOENT: none. Slow. */
	int (*pins_inspect)(struct kern *kern, const char *name, struct kern_pins *ret);
	/* Removes the pins of a ring whose process has exited. Slow. */
	int (*pins_remove)(struct kern *kern, const char *name);
};

/* The first member of every implementation's object. */
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
 * The real implementation. @dispatcher_path: the dispatcher's object file, which is trusted.
 * @loader_path: the program iouring-loader, which parses all others. @pin_directory: on a bpffs,
 * created if missing. Works on any kernel: the capabilities have what is missing, and then
 * dispatcher_new returns -EOPNOTSUPP, program_load FAULT_KERNEL_LACKS. @record_directory: made if
 * missing; what is known of objects, so that the next daemon need not inspect them (NULL: nothing).
 */
int kern_linux_new(const char *dispatcher_path, const char *loader_path,
		   const char *record_directory, const char *pin_directory, struct kern **ret);

#endif
