/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hang-ups.h - notices that a client sends no more, while its input is not read
 *
 * A socket with unread input stays readable, whether or not the client has gone. The kernel reports
 * the end of the input as EPOLLRDHUP, which libev does not wait for. The loop waits instead for an
 * epoll instance that reports nothing else.
 */
#ifndef DAEMON_NET_HANG_UPS_H
#define DAEMON_NET_HANG_UPS_H

struct hang_ups;
struct loop;

/* Embedded in its owner, which sets seen. */
struct hang_up {
	/* Runs on the loop, at least once; may not free its owner at once. */
	void (*seen)(struct hang_up *hang_up);
};

/* Freed after the last socket was removed. */
int hang_ups_new(struct loop *loop, struct hang_ups **ret);
void hang_ups_free(struct hang_ups *hang_ups); /* NULL is fine */
int hang_ups_add(struct hang_ups *hang_ups, int socket_fd, struct hang_up *hang_up);
/* Before @socket_fd is closed, as duplicates of it may be left. One not added is fine. */
void hang_ups_remove(struct hang_ups *hang_ups, int socket_fd);

#endif
