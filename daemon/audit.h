/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* audit.h - the events of rings as records of the journal */
#ifndef DAEMON_AUDIT_H
#define DAEMON_AUDIT_H

struct manager_event;

void audit_event(const struct manager_event *event);

#endif
