/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stall.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"

#define STALL_SECONDS	 5.0
#define QUESTION_MS	 1000
#define INTERVAL_GROWTH	 2.0
#define WITHOUT_LIMIT_MS (-1)

/* The sentence of the daemon, the caller's; NULL: it knows of no wait, or does not answer. */
static char *ask(struct cli *cli, const char *ring)
{
	struct json_object *reply, *waits;
	char *text = NULL;

	iouctl_set_timeout(cli->connection, QUESTION_MS);
	reply = cli_describe_ring(cli, ring);
	iouctl_set_timeout(cli->connection, WITHOUT_LIMIT_MS);
	waits = json_member(json_member(reply, "ring"), "waits");
	if (json_length(waits) > 0)
		text = strdup(json_text(json_element(waits, 0), "text"));
	json_object_put(reply);
	return text;
}

bool stall_update(struct stall *stall, struct cli *cli, const struct iouctl_ring *ring,
		  const struct iouctl_progress *progress, double now)
{
	if (!stall->begun || progress->done != stall->done ||
	    progress->ring_state != IOURD_RING_RUNNING) {
		stall_done(stall);
		*stall = (struct stall){
			.begun = true,
			.done = progress->done,
			.since = now,
			.next = now + STALL_SECONDS,
		};
		return false;
	}
	if (now < stall->next)
		return false;
	stall->next = stall->since + (now - stall->since) * INTERVAL_GROWTH;
	free(stall->waits);
	stall->waits = ask(cli, iouctl_ring_name(ring));
	return stall->waits;
}

void stall_done(struct stall *stall)
{
	free(stall->waits);
	stall->waits = NULL;
}
