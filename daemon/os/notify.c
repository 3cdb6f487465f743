/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/notify.h"

#include <inttypes.h>
#include <stdint.h>
#include <systemd/sd-daemon.h>
#include <time.h>

/* Failures are ignored: they do not affect clients. */
void notify_ready(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

/* By MONOTONIC_USEC systemd tells the READY=1 that ends this reload from an earlier one. */
void notify_reloading(const char *status)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=%s",
			 (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u, status);
}

void notify_status(const char *status)
{
	(void)sd_notifyf(0, "STATUS=%s", status);
}

void notify_stopping(const char *status)
{
	(void)sd_notifyf(0, "STOPPING=1\nSTATUS=%s", status);
}
