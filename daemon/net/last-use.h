/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* last-use.h - the port of util/last-use.h on the event loop */
#ifndef DAEMON_NET_LAST_USE_H
#define DAEMON_NET_LAST_USE_H

struct last_use_port;
struct loop;

/* @loop: borrowed. */
int last_use_port_new(struct loop *loop, struct last_use_port **ret);
/* All uses must be idle. NULL is fine. */
void last_use_port_free(struct last_use_port *port);

#endif
