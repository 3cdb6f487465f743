/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* turn-away.h - answers the clients of a daemon that cannot start */
#ifndef DAEMON_OS_TURN_AWAY_H
#define DAEMON_OS_TURN_AWAY_H

/*
 * Refuses, with FAULT_CANNOT_START, all clients that wait at the socket of systemd, if it passed
 * one that nobody has taken yet. Otherwise they would wait for ever, and keep systemd starting the
 * service.
 */
void turn_away_clients(const char *reason);

#endif
