/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * broker.h - the port for clients' descriptors: a process for each user who passes some
 *
 * An iouring-broker that does not answer within BROKER_PATIENCE_SECONDS is killed and replaced, and
 * its user's messages with descriptors are refused. One that waits for a file in the kernel cannot
 * be killed: it stays until that file lets it go, holding only what its user has passed. A user
 * with BROKER_STUCK_MAX of them passes no more descriptors meanwhile.
 */
#ifndef DAEMON_BROKER_BROKER_H
#define DAEMON_BROKER_BROKER_H

#define BROKER_PATIENCE_SECONDS 10.
#define BROKER_IDLE_SECONDS	30. /* then one that holds nothing ends */
#define BROKER_STUCK_MAX	4

struct ev_loop;
struct parcels;

/* @loop: borrowed. @program: path of iouring-broker. */
int brokers_new(struct ev_loop *loop, const char *program, struct parcels **ret);
/* After all parcels. Leaves the processes, which end by themselves. NULL is fine. */
void brokers_free(struct parcels *parcels);

#endif
