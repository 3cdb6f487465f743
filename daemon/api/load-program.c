/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * load-program.c - LoadProgram
 *
 * The object's file is its client's, so its content is copied by the process that holds it, to a
 * memfd of the daemon's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "api/context.h"
#include "api/handlers.h"
#include "api/views.h"
#include "common/cleanup.h"
#include "common/container-of.h"
#include "util/log-record.h"
#include "util/parcel.h"

static void record_load(const struct call *call, const struct program_view *view)
{
	const struct in_load_program *in = call->input;
	struct log_record record;

	if (in->check_only)
		return;
	log_record_begin(&record, LOG_LEVEL_INFO, LOG_ID_PROGRAM_LOADED,
			 "user %u loaded program \"%s\"", (unsigned int)call->peer.user.uid,
			 view->name);
	log_record_text(&record, "PROGRAM", view->name);
	log_record_digest(&record, view->info->digest);
	log_record_number(&record, "USER_ID", call->peer.user.uid);
	log_record_client(&record, call->peer.pid, call->session ? call->peer.cgroup : NULL);
	log_record_send(&record);
}

static void loaded(void *arg, int r, const struct note *note, const struct program_view *view)
{
	struct call *call = arg;
	struct out_load_program out;
	char digest[SHA256_TEXT_SIZE];

	if (r != 0) {
		call_fail(call, r, note);
		return;
	}
	record_load(call, view);
	view_program(view, digest, &out.program);
	call_reply(call, &out);
}

static int refuse(struct note *note, const char *reason)
{
	return fault_program_rejected(note, "(object)", reason, "");
}

static int refuse_error(struct note *note, int error)
{
	char reason[96];

	snprintf(reason, sizeof(reason), "its file cannot be read: %s", strerror(error));
	return refuse(note, reason);
}

static void copied(struct parcel_copy *copy, int r)
{
	struct call *call = container_of(copy, struct call, object.copy);
	const struct in_load_program *in = call->input;

	if (r == -ECONNRESET)
		r = fault_message_refused(&call->note, "its file descriptors are lost, as the "
						       "process that held them has ended");
	else if (r < 0)
		r = refuse_error(&call->note, -r);
	else
		r = manager_program_load(call->api->manager, &call->peer, call->object.memfd,
					 in->check_only, loaded, call, &call->note);
	if (r != 0)
		call_fail(call, r, &call->note);
}

static int check(const struct file_facts *facts, struct note *note)
{
	if (facts->error != 0)
		return refuse_error(note, facts->error);
	if (!S_ISREG(facts->mode))
		return refuse(note, "the descriptor is not of a regular file or a memfd");
	if ((facts->flags & O_PATH) || (facts->flags & O_ACCMODE) == O_WRONLY)
		return refuse(note, "the descriptor is not open for reading");
	return 0;
}

int handle_load_program(struct call *call, const void *input)
{
	const struct in_load_program *in = input;
	struct parcel *parcel = call->parcel;
	int r = manager_may_load(call->api->manager, &call->peer, &call->note);

	if (r == 0)
		r = check(&parcel->facts[in->object_fd], &call->note);
	if (r != 0)
		return r;
	call->object.memfd = memfd_create("iouringd-object", MFD_CLOEXEC);
	if (call->object.memfd < 0)
		return -errno;
	call->object.copy.copied = copied;
	/* one byte more than is permitted tells a larger file */
	return parcel->ops->copy(parcel, (uint32_t)in->object_fd, KERN_OBJECT_MAX + 1,
				 call->object.memfd, &call->object.copy);
}
