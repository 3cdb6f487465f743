/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-line.h - the status in one line, for systemctl status */
#ifndef DAEMON_STATUS_LINE_H
#define DAEMON_STATUS_LINE_H

#include <stddef.h>

struct declared;
struct kern;
struct manager;

void status_line(const struct manager *manager, const struct declared *declared, struct kern *kern,
		 char *text, size_t size);

#endif
