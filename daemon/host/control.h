/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * control.h - the messages between the daemon and an iouring-host
 *
 * They travel over a SOCK_SEQPACKET socket, one message a packet, as structs in native byte order.
 * The daemon binds /run/iouringd/hosts/RING.socket, passes the listening descriptor to the host as
 * fd 3, and connects. A later daemon connects again; the newest connection wins. Each message
 * starts with struct control_head.
 *
 * Daemon and host may be of different versions. So messages only grow at the end (a setup before
 * its groups), the receiver takes missing bytes as zero, and a host ignores unknown commands.
 *
 * A host calls listen() on fd 3 again when it starts and (since version 2) when it has become its
 * client. From then on SO_PEERCRED and SO_PEERPIDFD of a connecting socket identify the host. The
 * kernel vouches for both, even while the host is stopped.
 */
#ifndef DAEMON_HOST_CONTROL_H
#define DAEMON_HOST_CONTROL_H

#include <signal.h>
#include <stdint.h>

#include "iourd/abi.h"

/* Since 2 a host keeps its region's descriptor open, and listens as its client. */
#define CONTROL_VERSION	    2u
#define CONTROL_LISTEN_FD   3 /* in the host */
#define CONTROL_GROUPS_MAX  1024u
#define CONTROL_MESSAGE_MAX 8192u /* bytes */
#define CONTROL_NAME_MAX    64u	  /* bytes of a ring's name, including the final NUL */
#define CONTROL_FDS_MAX	    (3u + IOURD_SLOTS_MAX)

/*
 * Interrupts io_uring_enter in the host's loop thread, which enters again. A process that may
 * signal the host can thus make the loop take a step, and nothing more.
 */
#define CONTROL_SIGNAL SIGUSR1

/* Where a host maps its region: a fixed address, which no forged header can move. */
#ifdef __SANITIZE_ADDRESS__ /* the address sanitizer's own memory is there */
#define CONTROL_REGION_ADDRESS 0x200000000000ull
#else
#define CONTROL_REGION_ADDRESS 0x100000000000ull
#endif

/*
 * Where a host has struct control_queues: where it has mapped its ring's memory, of which the
 * kernel chooses the address. The daemon reads there what a loop submits that waits in the kernel.
 * Hosts of earlier versions have nothing there.
 */
#define CONTROL_QUEUES_ADDRESS (CONTROL_REGION_ADDRESS + (1ull << 36))

struct control_queues {
	uint64_t rings; /* heads and tails */
	uint64_t sqes;
};

enum control_type {
	/* daemon to host */
	/*
	 * struct control_setup; fds: region, lease (if any), cgroup.procs (if any), files or the
	 * socket over which they come
	 */
	CONTROL_SETUP = 1,
	CONTROL_START,	/* enable the ring and run it */
	CONTROL_PAUSE,	/* leave the loop (the dispatcher's pause flag is already set) */
	CONTROL_RESUME, /* enter it again (the flag is already clear) */
	CONTROL_END,	/* exit */
	CONTROL_QUERY,	/* reply with CONTROL_STATE */
	CONTROL_PLACED, /* of CGROUP_WAIT: the host is in its control group */
	/* host to daemon, as struct control_event */
	CONTROL_READY = 64, /* ring_fd: the disabled ring's descriptor in the host */
	CONTROL_REFUSED,    /* setup failed: stage, error; then the host exits */
	CONTROL_RUNNING,    /* after START and RESUME */
	CONTROL_PAUSED,	    /* after PAUSE; result: 0 or -EINTR */
	CONTROL_RETURNED,   /* io_uring_enter returned without a PAUSE: result */
	CONTROL_STATE,	    /* reply to QUERY: ring_fd, result, state */
};

struct control_head {
	uint16_t version; /* CONTROL_VERSION of the sender */
	uint16_t type;	  /* enum control_type */
	uint32_t size;	  /* bytes of the whole message, including this head */
};

enum control_cgroup {		    /* the control group that a host works in */
		      CGROUP_STAY,  /* the service's; so do earlier daemons ask */
		      CGROUP_ENTER, /* the one whose cgroup.procs comes with the setup */
		      CGROUP_WAIT,  /* until CONTROL_PLACED, before it does anything else */
};

/* of struct control_setup */
#define SETUP_HAS_LEASE	  1u
#define SETUP_FILES_APART 2u /* a socket comes in place of the files, over which they follow */

struct control_setup {
	struct control_head head;
	uint32_t uid;
	uint32_t gid;
	uint32_t n_groups;
	uint32_t groups_offset; /* bytes from the message's start to n_groups gids of 32 bits */
	uint32_t sq_entries;
	uint32_t cq_entries;
	uint32_t n_slots;
	uint32_t cgroup;      /* enum control_cgroup */
	uint64_t region_size; /* bytes, as the next two */
	uint64_t data_offset;
	uint64_t data_size; /* 0: register no buffer */
	uint64_t opcodes[IOURD_OPCODES_MAX / 64];
	uint32_t flags;		     /* SETUP_* */
	uint32_t slots_filled;	     /* bit n: slot n has a file; descriptors are in slot order */
	char name[CONTROL_NAME_MAX]; /* of the ring */
};

enum control_stage {
	STAGE_MESSAGE, /* receiving the setup message */
	STAGE_CREDENTIALS,
	STAGE_LIMITS,
	STAGE_RING, /* io_uring_setup */
	STAGE_REGION,
	STAGE_FILES,
	STAGE_BUFFERS,
	STAGE_RESTRICTIONS,
	STAGE_SANDBOX,
	STAGE_ENABLE,
	STAGE_CGROUP,
	STAGE_THREAD,
	STAGE_RECEIVE, /* the files, over a socket of their own */
};

struct control_event {
	struct control_head head;
	int32_t ring_fd;
	int32_t result; /* of io_uring_enter: 0 or -errno */
	uint32_t stage; /* enum control_stage */
	uint32_t error; /* positive errno */
	uint32_t state; /* READY, RUNNING, PAUSED or RETURNED, as last sent */
	uint32_t reserved;
};

#endif
