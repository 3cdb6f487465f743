/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.c - hosts that systemd puts into their control group, while they wait */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/container-of.h"
#include "host/hosts-linux.h"
#include "host/message.h"
#include "util/job.h"
#include "util/log.h"

struct placing { /* owned by the port, until its job is done */
	struct job job;
	struct list_link link;
	struct hosts_linux *hosts;
	uint64_t serial; /* of the host, which may be gone at the end of the job */
	struct placement placement;
	place_process place;
	pid_t pid;
	int r;
};

void hosts_linux_set_systemd(struct hosts *port, struct executor *executor, place_process place)
{
	struct hosts_linux *hosts = (struct hosts_linux *)port;

	hosts->executor = executor;
	hosts->place = place;
}

static void placing_free(struct placing *placing)
{
	list_unlink(&placing->link);
	free(placing);
}

static void work(struct job *job)
{
	struct placing *placing = container_of(job, struct placing, job);

	placing->r = placing->place(&placing->placement, placing->pid);
}

static void placed(struct host *host, const struct placing *placing)
{
	const struct control_head placed = control_command(CONTROL_PLACED);

	if (host->exited || host->freed)
		return;
	if (placing->r == 0) { /* if sending fails, it is exiting */
		control_send(host->connection, &placed, sizeof(placed), NULL, 0);
		return;
	}
	log_of_client(LOG_LEVEL_WARNING, placing->job.uid,
		      "systemd cannot put the host of ring %s into the control group of %s: %s",
		      host->name, placing->placement.unit, strerror(-placing->r));
	host_callback_begin(host);
	host->callbacks.refused(host->arg, STAGE_CGROUP, -placing->r);
	host_kill(host);
	host_callback_end(host);
}

static void done(struct job *job)
{
	struct placing *placing = container_of(job, struct placing, job);
	struct host *host = host_by_serial(placing->hosts, placing->serial);

	if (host)
		placed(host, placing);
	placing_free(placing);
}

int host_place(struct host *host, uid_t uid, const struct placement *placement)
{
	struct hosts_linux *hosts = host->owner;
	struct placing *placing = calloc(1, sizeof(*placing));

	if (!placing)
		return -ENOMEM;
	placing->job = (struct job){.work = work, .done = done, .uid = uid};
	placing->hosts = hosts;
	placing->serial = host->serial;
	placing->placement = *placement;
	placing->place = hosts->place;
	placing->pid = host->pid;
	list_append(&hosts->placings, &placing->link);
	hosts->executor->submit(hosts->executor, &placing->job);
	return 0;
}

void placings_done(struct hosts_linux *hosts)
{
	struct placing *placing;

	list_for_each(placing, &hosts->placings, link)
		placing_free(placing);
}
