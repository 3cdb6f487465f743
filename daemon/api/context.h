/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* context.h - the api, as its parts see it */
#ifndef DAEMON_API_CONTEXT_H
#define DAEMON_API_CONTEXT_H

#include "api/api.h"
#include "api/call.h"

struct api {			 /* owned by the daemon */
	struct manager *manager; /* borrowed, as are the next two */
	const struct declared *declared;
	struct kern *kern;
	const struct policies *policies; /* borrowed */
	struct wire_limits limits;	 /* those that are not the policy's */
	struct list sessions;
	struct list calls; /* without a reply yet; owned */
	struct list watchers;
};

struct session {	 /* of one connection, which owns it */
	struct api *api; /* borrowed, as is the next */
	struct conn *conn;
	struct call *call;	 /* under way; the api's */
	struct watcher *watcher; /* of a Watch; owned */
	struct list_link link;
};

/* watch.c: all output was written; the session owns the watcher. */
void watcher_drained(struct watcher *watcher);
void watcher_free(struct watcher *watcher); /* NULL is fine */

#endif
