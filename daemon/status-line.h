/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-line.h - the status line for systemctl status */
#ifndef DAEMON_STATUS_LINE_H
#define DAEMON_STATUS_LINE_H

#include <stddef.h>

struct domain;
struct kern;

void status_line(const struct domain *domain, struct kern *kern, char *text, size_t size);

#endif
