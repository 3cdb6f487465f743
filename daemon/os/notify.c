/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/notify.h"

#include <systemd/sd-daemon.h>

/* Failures are not told on: a service manager that is deaf changes nothing for our clients. */
void notify_ready(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_status(const char *status)
{
	(void)sd_notifyf(0, "STATUS=%s", status);
}

void notify_stopping(const char *status)
{
	(void)sd_notifyf(0, "STOPPING=1\nSTATUS=%s", status);
}
