/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * api.h - what clients may ask: the Varlink methods over the domain
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

struct api_setup {
	struct manager *manager; /* borrowed, as are the next two */
	const struct declared *declared;
	struct kern *kern;
	struct wire_limits limits;
};

/* Owned by the daemon. */
int api_new(const struct api_setup *setup, struct api **ret);
/*
 * After its last connection. Calls that the domain still owes an answer for may be left, if the
 * manager is not going to give it any more; NULL is fine.
 */
void api_free(struct api *api);

/* What a listener needs; its argument is the api. */
extern const struct conn_handler api_handler;

/* The manager's: tells everybody who watches. */
void api_event(struct api *api, const struct manager_event *event);

#endif
