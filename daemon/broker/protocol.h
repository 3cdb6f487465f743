/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * protocol.h - the messages between the daemon and an iouring-broker
 *
 * They travel over a SOCK_SEQPACKET socket, one message a packet, as structs in native byte order:
 * both ends are of one version. The broker answers each order but the first, in turn. Descriptors
 * travel to the broker only.
 */
#ifndef BROKER_PROTOCOL_H
#define BROKER_PROTOCOL_H

#include <stdint.h>

#include "common/fd-passing.h"
#include "util/parcel.h"

#define BROKER_FD 3 /* the socket, in the broker */

enum broker_order_type {
	BROKER_BECOME = 1, /* the first: become user @uid with group @gid */
	BROKER_RECEIVE,	   /* up to @n bytes from the connection that comes along, as @ticket */
	BROKER_DROP,	   /* close the descriptors of @ticket */
	BROKER_SEND,	   /* @n of them, by @numbers, over the socket that comes along */
	BROKER_COPY,	   /* up to @n bytes of numbers[0] to the memfd that comes along */
	BROKER_CLOSE,	   /* the connection that comes along */
};

struct broker_order {
	uint32_t type; /* enum broker_order_type */
	uint32_t n;
	uint64_t ticket;
	uint32_t uid;
	uint32_t gid;
	uint32_t numbers[PASSED_FDS_MAX];
};

struct broker_answer {
	uint32_t type;	/* of the order */
	int32_t result; /* -errno, or what the order returns: of RECEIVE, the bytes that follow */
	uint32_t n_fds; /* of RECEIVE */
	uint32_t reserved;
	struct file_facts facts[PASSED_FDS_MAX];
	char bytes[ARRIVAL_BYTES_MAX]; /* the message ends with the last that is used */
};

#endif
