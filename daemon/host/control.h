/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * control.h - what the daemon and an iouring-host say to each other
 *
 * A SOCK_SEQPACKET socket, one message a packet, structs in native byte order (one machine). The
 * daemon binds /run/iouringd/hosts/RING.socket, hands the listening descriptor to the host as fd 3
 * and connects; a later daemon connects again, and the newest connection wins. Each message starts
 * with struct control_head. A host of an older version must be understood by a newer daemon:
 * messages only ever grow at the end (a setup before its groups), and the receiver takes missing
 * bytes as zero.
 *
 * A host calls listen() on fd 3 once more when it starts, and (version 2) when it has become its
 * client: from then on the SO_PEERCRED and SO_PEERPIDFD of whoever connects name the host, by the
 * kernel's word, even if it is stopped.
 */
#ifndef DAEMON_HOST_CONTROL_H
#define DAEMON_HOST_CONTROL_H

#include <signal.h>
#include <stdint.h>

#include "iourd/abi.h"

/* 2: a host keeps its region's descriptor open, and listens as its client. */
#define CONTROL_VERSION	    2u
#define CONTROL_LISTEN_FD   3 /* in the host */
#define CONTROL_GROUPS_MAX  1024u
#define CONTROL_MESSAGE_MAX 8192u /* bytes */
#define CONTROL_NAME_MAX    64u	  /* bytes of a ring's name, with the final NUL */
#define CONTROL_FDS_MAX	    (2u + IOURD_SLOTS_MAX)

/*
 * Only the thread that runs the loop takes it, and enters again: whoever may signal the host makes
 * the loop take a step, and nothing else.
 */
#define CONTROL_SIGNAL SIGUSR1

/* Where a host maps its region: a fixed place, so that no forged header can move it. */
#define CONTROL_REGION_ADDRESS 0x100000000000ull

enum control_type {
	/* daemon to host */
	CONTROL_SETUP = 1, /* struct control_setup; fds: region, lease (if any), files */
	CONTROL_START,	   /* enable the ring and run it */
	CONTROL_PAUSE,	   /* leave the loop (the dispatcher's pause flag is set already) */
	CONTROL_RESUME,	   /* enter it again (the flag is clear already) */
	CONTROL_END,	   /* exit */
	CONTROL_QUERY,	   /* answer with CONTROL_STATE */
	/* host to daemon: all are struct control_event */
	CONTROL_READY = 64, /* ring_fd: the number of the disabled ring in this process */
	CONTROL_REFUSED,    /* setup failed: stage, error; the host exits after it */
	CONTROL_RUNNING,    /* after START and RESUME */
	CONTROL_PAUSED,	    /* after PAUSE; result: 0 or -EINTR */
	CONTROL_RETURNED,   /* io_uring_enter ended by itself: result */
	CONTROL_STATE,	    /* the answer to QUERY: ring_fd, result, state */
};

struct control_head {
	uint16_t version; /* CONTROL_VERSION of the sender */
	uint16_t type;	  /* enum control_type */
	uint32_t size;	  /* of the whole message, with this head */
};

struct control_setup {
	struct control_head head;
	uint32_t uid;
	uint32_t gid;
	uint32_t n_groups;
	uint32_t groups_offset; /* bytes from the start of the message: n_groups gids of 32 bits */
	uint32_t sq_entries;
	uint32_t cq_entries;
	uint32_t n_slots;
	uint32_t reserved;
	uint64_t region_size;
	uint64_t data_offset;
	uint64_t data_size; /* 0: register no buffer */
	uint64_t opcodes[IOURD_OPCODES_MAX / 64];
	uint32_t has_lease;
	uint32_t slots_filled;	     /* bit n: slot n has a file; their fds come in slot order */
	char name[CONTROL_NAME_MAX]; /* of the ring */
};

enum control_stage {
	STAGE_MESSAGE, /* the setup message itself */
	STAGE_CREDENTIALS,
	STAGE_LIMITS,
	STAGE_RING, /* io_uring_setup */
	STAGE_REGION,
	STAGE_FILES,
	STAGE_BUFFERS,
	STAGE_RESTRICTIONS,
	STAGE_SANDBOX,
	STAGE_ENABLE,
};

struct control_event {
	struct control_head head;
	int32_t ring_fd;
	int32_t result; /* what io_uring_enter returned: 0 or -errno */
	uint32_t stage; /* enum control_stage */
	uint32_t error; /* positive errno */
	uint32_t state; /* the last of READY, RUNNING, PAUSED, RETURNED that was sent */
	uint32_t reserved;
};

#endif
