/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * daemon.h - the service: its start, its composition and its end
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

struct config;

/* Serves until SIGTERM or SIGINT. Logs failures; returns the exit status. */
int daemon_run(const struct config *config);

#endif
