/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "audit.h"

#include <inttypes.h>
#include <stdio.h>

#include "manager/manager.h"
#include "util/log-record.h"

static const struct {
	const char *text;
	const char *id;
} kinds[] = {
	[EVENT_CREATED] = {"created", LOG_ID_RING_CREATED},
	[EVENT_STARTED] = {"started", LOG_ID_RING_CHANGED},
	[EVENT_PAUSED] = {"paused", LOG_ID_RING_CHANGED},
	[EVENT_RESUMED] = {"resumed", LOG_ID_RING_CHANGED},
	[EVENT_SWAPPED] = {"swapped", LOG_ID_RING_SWAPPED},
	[EVENT_ROLLED_BACK] = {"rolled back", LOG_ID_RING_SWAPPED},
	[EVENT_STOPPED] = {"stopped", LOG_ID_RING_ENDED},
	[EVENT_FAILED] = {"failed", LOG_ID_RING_ENDED},
	[EVENT_DESTROYED] = {"destroyed", LOG_ID_RING_ENDED},
};

/* FILE=SLOT DEVICE:INODE, the device as MAJOR:MINOR in hexadecimal digits; one field for each. */
static void add_files(struct log_record *record, const struct manager_event *event)
{
	for (size_t i = 0; i < event->n_files; i++) {
		const struct ring_origin_file *file = &event->files[i];
		char text[128];

		snprintf(text, sizeof(text), "%s %" PRIx64 ":%" PRIu64, file->slot, file->device,
			 file->inode);
		log_record_text(record, "FILE", text);
	}
}

void audit_event(const struct manager_event *event)
{
	struct log_record record;

	log_record_begin(&record, LOG_LEVEL_INFO, kinds[event->kind].id,
			 "ring \"%s\" of user %u %s: program \"%s\", generation %" PRIu64 "%s%s",
			 ring_title_for(&event->ring, 0), (unsigned int)event->uid,
			 kinds[event->kind].text, event->program, event->generation,
			 event->reason ? ": " : "", event->reason ? event->reason : "");
	log_record_text(&record, "RING", ring_title_for(&event->ring, 0));
	log_record_text(&record, "RING_EVENT", kinds[event->kind].text);
	log_record_number(&record, "RING_EVENT_NUMBER", (int64_t)event->number);
	log_record_number(&record, "GENERATION", (int64_t)event->generation);
	log_record_number(&record, "USER_ID", event->uid);
	log_record_text(&record, "PROGRAM", event->program);
	if (event->digest)
		log_record_digest(&record, event->digest);
	log_record_text(&record, "REASON", event->reason);
	log_record_text(&record, "RING_KIND",
			event->adopted	    ? "adopted"
			: event->declared   ? "declared"
			: event->persistent ? "persistent"
					    : "hosted");
	log_record_client(&record, event->client_pid, event->cgroup);
	if (event->kind == EVENT_CREATED)
		add_files(&record, event);
	log_record_send(&record);
}
