/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * api.h - the Varlink methods, on top of the domain
 */
#ifndef DAEMON_API_API_H
#define DAEMON_API_API_H

#include "net/conn.h"
#include "wire/manager.h"

struct api;
struct declared;
struct kern;
struct manager;
struct manager_event;
struct policies;

struct api_setup {
	struct manager *manager; /* borrowed, as are the next two */
	const struct declared *declared;
	struct kern *kern;
	const struct policies *policies; /* borrowed; they have the limits of each user */
	struct wire_limits limits;	 /* others */
};

/* Owned by the daemon. */
int api_new(const struct api_setup *setup, struct api **ret);
/*
 * Call it after the last connection has closed. Calls may be pending only if the manager will not
 * complete them any more. NULL is fine.
 */
void api_free(struct api *api);

/* For the listener; its argument is the api. */
extern const struct conn_handler api_handler;

/* The manager's callback: sends the event to all watchers. */
void api_event(struct api *api, const struct manager_event *event);

#endif
