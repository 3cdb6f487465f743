/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* notify.h - notifications to systemd; without it they do nothing */
#ifndef DAEMON_OS_NOTIFY_H
#define DAEMON_OS_NOTIFY_H

/* @status: one line for systemctl status. */
void notify_ready(const char *status); /* the end of a reload, too */
void notify_reloading(const char *status);
void notify_status(const char *status);
void notify_stopping(const char *status);

#endif
