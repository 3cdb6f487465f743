/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parcel.h - the port for clients' descriptors, which the daemon itself never holds
 *
 * close() of a client's file can wait for the client for ever (FUSE), and so can fstat() and
 * fcntl(). A parcel stands for the descriptors of one message, which another process holds, and
 * tells what that process found out about them. The real port is daemon/broker.
 */
#ifndef DAEMON_UTIL_PARCEL_H
#define DAEMON_UTIL_PARCEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/list.h"
#include "util/usage.h"

struct note;
struct parcel;
struct user;

/* What fstat() and F_GETFL say of a file. */
struct file_facts {
	uint64_t device;
	uint64_t inode;
	uint64_t special; /* the device that a device node stands for */
	int64_t size;	  /* bytes */
	int64_t blocks;	  /* of 512 bytes */
	uint32_t mode;
	uint32_t flags; /* O_* */
	int32_t error;	/* a positive errno: the file told nothing; 0 */
	uint32_t reserved;
};

/* Can wait for ever: not for a client's descriptor in the daemon. */
int file_facts_read(int fd, struct file_facts *ret);

/* Embedded in its owner, which frees the parcel first. */
struct parcel_copy {
	/* Runs on the loop, once. @r: 0; -errno; -ECONNRESET: the parcel is lost. */
	void (*copied)(struct parcel_copy *copy, int r);
	struct list_link link; /* the port's */
};

struct parcel_ops {
	/* The descriptors are closed, elsewhere. Copies are cancelled. */
	void (*free)(struct parcel *parcel);
	/*
	 * Sends the descriptors of these numbers, in this order, with one byte over @socket_fd,
	 * which stays the caller's. If that fails later, the other end of the socket hangs up.
	 * -ECONNRESET: the parcel is lost.
	 */
	int (*send)(struct parcel *parcel, const uint32_t *numbers, size_t n, int socket_fd);
	/* Copies the file's content, up to @size bytes, to @memfd, which stays the caller's. */
	int (*copy)(struct parcel *parcel, uint32_t number, size_t size, int memfd,
		    struct parcel_copy *copy);
};

struct parcel { /* owned by whoever received it; freed before its port */
	const struct parcel_ops *ops;
	size_t n; /* descriptors */
	const struct file_facts *facts;
	struct usage_charge charge; /* of its descriptors; set by the receiver */
};

/* NULL is fine. */
static inline void parcel_free(struct parcel *parcel)
{
	if (!parcel)
		return;
	usage_end(&parcel->charge);
	parcel->ops->free(parcel);
}

#define ARRIVAL_BYTES_MAX 16384u /* that are received at a time */

struct arrived {
	int r; /* 0; a fault with @note; -errno; -ECONNRESET: the end of the connection */
	const char *bytes;
	size_t n;
	struct parcel *parcel; /* the receiver's; NULL: no descriptors came */
	struct note *note;
};

/* Embedded in its owner, which cancels it before it is freed. */
struct arrival {
	/* Runs on the loop, once. */
	void (*came)(struct arrival *arrival, struct arrived *arrived);
	struct list_link link; /* the port's */
};

/* No function calls back from within. */
struct parcels {
	/*
	 * Receives up to @n bytes, with the descriptors that come with them, from the connection
	 * @socket_fd of @user, which stays the caller's. A fault if the user's other descriptors
	 * cannot be closed; -errno.
	 */
	int (*receive)(struct parcels *parcels, const struct user *user, int socket_fd, size_t n,
		       struct arrival *arrival, struct note *note);
	/* An idle arrival is fine. */
	void (*cancel)(struct parcels *parcels, struct arrival *arrival);
	/* Shuts the connection down, and closes it where descriptors may wait in it. */
	void (*close_take_fd)(struct parcels *parcels, const struct user *user, int socket_fd);
};

#endif
