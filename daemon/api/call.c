/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "common/cleanup.h"
#include "util/log.h"
#include "util/log-record.h"
#include "wire/json.h"

struct call *call_new(struct session *session)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->api = session->api;
	call->session = session;
	call->object.memfd = -1;
	session->call = call;
	list_append(&call->api->calls, &call->link);
	return call;
}

void call_orphan(struct call *call)
{
	call->session = NULL;
}

void call_free(struct call *call)
{
	list_unlink(&call->link);
	if (call->session)
		call->session->call = NULL;
	if (call->input)
		schema_done(call->schema->input, call->input);
	free(call->input);
	message_call_done(&call->message);
	parcel_free(call->parcel);
	safe_close(call->object.memfd);
	note_done(&call->note);
	free(call);
}

/* The client has disconnected, or asked for no reply. */
static bool expects_no_reply(const struct call *call)
{
	return !call->session || call->message.oneway;
}

static int send_output(struct call *call, const void *output, bool continues)
{
	_cleanup_json_ struct json_object *parameters = NULL;
	_cleanup_(schema_fds_done) struct schema_fds fds = {0};
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r;

	r = schema_encode(call->schema->output, output, &fds, &parameters);
	if (r == 0)
		r = message_build_reply(parameters, continues, &text, &length);
	if (r == 0)
		r = conn_may_send(call->session->conn, length, &call->note);
	if (r != 0)
		return r;
	conn_send(call->session->conn, text, length, &fds);
	return 0;
}

static void finish(struct call *call)
{
	struct session *session = call->session;

	call_free(call);
	if (session)
		conn_replied(session->conn);
}

void call_reply(struct call *call, const void *output)
{
	int r = expects_no_reply(call) ? 0 : send_output(call, output, false);

	if (r != 0)
		call_fail(call, r, &call->note);
	else
		finish(call);
}

void call_reply_empty(struct call *call)
{
	const struct in_none nothing = {0};

	call_reply(call, &nothing);
}

/* Logs -errno once, here; but not -ESHUTDOWN, which only says that the service stops. */
static void log_internal(const struct call *call, int r)
{
	if (r == -ESHUTDOWN)
		return;
	log_of_client(LOG_LEVEL_ERROR, call->peer.user.uid, "%s of user %u, process %d failed: %s",
		      call->message.method ? call->message.method : "a call", call->peer.user.uid,
		      call->peer.pid, strerror(-r));
}

/* What the policy, a quota or the kernel refuses; what is only mistaken, or not there, is none. */
static void record_refusal(const struct call *call, const struct note *note)
{
	uid_t uid = call->peer.user.uid;
	struct log_record record;
	const char *name;

	if (!note || (note->fault != FAULT_NOT_PERMITTED && note->fault != FAULT_QUOTA_EXCEEDED &&
		      note->fault != FAULT_PROGRAM_REJECTED && note->fault != FAULT_FILE_REFUSED))
		return;
	if (!log_of_client_fits(uid))
		return;
	name = fault_name(note->fault);
	log_record_begin(&record, LOG_LEVEL_NOTICE, LOG_ID_REFUSED,
			 "%s of user %u refused: %s: %s%s%s", call->message.name, (unsigned int)uid,
			 name, note->texts[0] ? note->texts[0] : "", note->texts[1] ? ": " : "",
			 note->texts[1] ? note->texts[1] : "");
	log_record_text(&record, "METHOD", call->message.name);
	log_record_text(&record, "ERROR_NAME", name);
	log_record_number(&record, "USER_ID", uid);
	if (note->fault == FAULT_QUOTA_EXCEEDED) {
		log_record_text(&record, "LIMIT", note->texts[0]);
		log_record_text(&record, "RULE", note->texts[2]);
	} else {
		log_record_text(&record, "REASON",
				note->fault == FAULT_NOT_PERMITTED ? note->texts[0]
								   : note->texts[1]);
	}
	log_record_client(&record, call->peer.pid, call->session ? call->peer.cgroup : NULL);
	log_record_send(&record);
}

void call_fail(struct call *call, int r, const struct note *note)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (r < 0)
		log_internal(call, r);
	else
		record_refusal(call, note);
	if (!expects_no_reply(call)) {
		if (message_build_fault(r, note, &text, &length) < 0)
			conn_give_up(call->session->conn);
		else
			conn_send(call->session->conn, text, length, NULL);
	}
	finish(call);
}

int call_reply_more(struct call *call, const void *output)
{
	return expects_no_reply(call) ? 0 : send_output(call, output, true);
}
