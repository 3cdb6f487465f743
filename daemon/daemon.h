/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * daemon.h - the service: everything that is made at its start, and its end
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

struct config;

/* Serves until SIGTERM or SIGINT; what goes wrong is logged. The exit status. */
int daemon_run(const struct config *config);

#endif
