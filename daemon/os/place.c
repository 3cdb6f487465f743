/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * place.c - asks systemd to put a process into a control group
 *
 * It asks over systemd's own socket, as systemctl does for root: no message bus need run. systemd
 * sends its signals to all who are connected there.
 */
#include "os/place.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#define ADDRESS		  "unix:path=/run/systemd/private"
#define SYSTEMD		  "org.freedesktop.systemd1"
#define PATH		  "/org/freedesktop/systemd1"
#define MANAGER		  "org.freedesktop.systemd1.Manager"
#define LIMIT_US	  (25u * 1000 * 1000) /* for the job that starts a scope */
#define _cleanup_bus_	  __attribute__((cleanup(sd_bus_flush_close_unrefp)))
#define _cleanup_message_ __attribute__((cleanup(sd_bus_message_unrefp)))

struct scope_job {
	const char *path;  /* NULL: systemd has not answered yet */
	char removed[128]; /* the job that was removed last */
	bool is_done;	   /* that one succeeded */
};

bool place_available(void)
{
	return sd_booted() > 0;
}

static int connect_systemd(sd_bus **ret)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r;

	r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_address(bus, ADDRESS);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0)
		return r;
	*ret = bus;
	bus = NULL;
	return 0;
}

static int attach(sd_bus *bus, const struct placement *placement, pid_t pid)
{
	return sd_bus_call_method(bus, SYSTEMD, PATH, MANAGER, "AttachProcessesToUnit", NULL, NULL,
				  "ssau", placement->unit, placement->group, 1, (uint32_t)pid);
}

/* ---- scopes ---- */

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct scope_job *job = userdata;
	const char *path, *unit, *result;
	uint32_t id;

	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	if (job->path ? strcmp(path, job->path) != 0 : strlen(path) >= sizeof(job->removed))
		return 0;
	strncpy(job->removed, path, sizeof(job->removed) - 1);
	job->is_done = strcmp(result, "done") == 0;
	return 0;
}

/* The process is in the scope when the job that starts it is over. */
static int wait_for_job(sd_bus *bus, struct scope_job *job)
{
	while (strcmp(job->removed, job->path) != 0) {
		int r = sd_bus_process(bus, NULL);

		if (r == 0)
			r = sd_bus_wait(bus, LIMIT_US) == 0 ? -ETIMEDOUT : 0;
		if (r < 0)
			return r;
	}
	return job->is_done ? 0 : -EIO;
}

static int start_scope(sd_bus *bus, const struct placement *placement, pid_t pid)
{
	_cleanup_message_ sd_bus_message *reply = NULL;
	struct scope_job job = {0};
	const char *path;
	int r;

	r = sd_bus_match_signal(bus, NULL, NULL, PATH, MANAGER, "JobRemoved", on_job_removed, &job);
	if (r >= 0)
		r = sd_bus_call_method(bus, SYSTEMD, PATH, MANAGER, "StartTransientUnit", NULL,
				       &reply, "ssa(sv)a(sa(sv))", placement->unit, "fail", 4,
				       "Description", "s", "A ring of iouringd", "Slice", "s",
				       placement->slice, "CollectMode", "s", "inactive-or-failed",
				       "PIDs", "au", 1, (uint32_t)pid, 0);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return r;
	job.path = path;
	return wait_for_job(bus, &job);
}

int place_by_systemd(const struct placement *placement, pid_t pid)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r;

	r = connect_systemd(&bus);
	if (r >= 0)
		r = placement->slice[0] ? start_scope(bus, placement, pid)
					: attach(bus, placement, pid);
	return r < 0 ? r : 0;
}
