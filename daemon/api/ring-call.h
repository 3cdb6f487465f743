/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring-call.h - parts that calls about rings share */
#ifndef DAEMON_API_RING_CALL_H
#define DAEMON_API_RING_CALL_H

#include "manager/manager.h"
#include "wire/schema.h"

/* @files: of struct wire_file. Descriptors and texts in *ret are borrowed; the caller frees it. */
int ring_call_files(const struct schema_array *files, struct ring_file **ret);
/* A ring_done: @arg is the struct call; replies with the ring. */
void ring_call_reply(void *arg, int r, const struct note *note, const struct ring_view *view);

#endif
