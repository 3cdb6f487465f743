/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.h - inside the room: one broker process, from its start to its end
 *
 *   brokers.c  the port: users, and which process serves them
 *   parcel.c   parcels, and the messages that they come with
 *   process.c  a process: its orders and answers, and its end
 *
 * Each file calls only those below it.
 */
#ifndef DAEMON_BROKER_PROCESS_H
#define DAEMON_BROKER_PROCESS_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "broker/protocol.h"
#include "common/list.h"

struct broker;

/* An order without an answer yet; owned by its broker, which frees it after answered(). */
struct order {
	struct list_link link;
	enum broker_order_type type;
	uint64_t ticket;
	/* NULL: nobody waits. @answer: of this type, and valid; NULL: the process is dismissed. */
	void (*answered)(struct order *order, const struct broker_answer *answer);
	void *arg;
};

enum broker_end {
	BROKER_DIED,
	BROKER_STUCK, /* it does not answer */
	BROKER_IDLE,
};

struct broker_owner {
	/* It serves no more; its orders fail next. */
	void (*dismissed)(void *arg, struct broker *broker, enum broker_end how);
	/* The process of a dismissed broker has ended. The last callback: broker_free() it. */
	void (*ended)(void *arg, struct broker *broker);
};

struct broker { /* owned by the user that it serves */
	const struct broker_owner *owner;
	void *arg;
	struct list_link link; /* the owner's */
	struct ev_loop *loop;  /* borrowed */
	pid_t pid;
	int pidfd;
	int socket; /* -1: dismissed */
	bool stuck;
	struct ev_io answers;
	struct ev_io process;
	struct ev_timer deadline; /* for the oldest order */
	struct ev_timer idle;
	struct list orders;
	size_t n_orders;
	struct list parcels; /* that the process holds; unlinked when it is dismissed */
	uint64_t last_ticket;
};

/* Starts a process, as @uid and @gid. */
int broker_start(struct ev_loop *loop, const char *program, uid_t uid, gid_t gid,
		 const struct broker_owner *owner, void *arg, struct broker **ret);
/* Dismisses it without callbacks, but those of orders; leaves the process to itself. */
void broker_free(struct broker *broker);
/*
 * Sends an order, with @fd unless it is -1. @ret (NULL: nobody waits): the order, until it is
 * answered. -EAGAIN: too many have no answer; -EPIPE: the process is gone.
 */
int broker_order(struct broker *broker, const struct broker_order *order, int fd,
		 struct order **ret);
/* It serves no more. The process is killed, unless it is idle. */
void broker_dismiss(struct broker *broker, enum broker_end how);

/* ---- parcel.c ---- */

/* Orders up to @n bytes, and what comes with them, from @socket_fd. */
int parcel_receive(struct broker *broker, int socket_fd, size_t n, struct arrival *arrival);
/* True: the broker had it under way. */
bool parcel_receive_cancel(struct broker *broker, struct arrival *arrival);

#endif
