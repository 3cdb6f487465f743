/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring-call.h - what calls about rings have alike */
#ifndef DAEMON_API_RING_CALL_H
#define DAEMON_API_RING_CALL_H

#include "manager/manager.h"
#include "wire/schema.h"

/* Of struct wire_file, for a ring_request; descriptors and texts are borrowed. The caller frees. */
int ring_call_files(const struct schema_array *files, struct ring_file **ret);
/* A ring_done that answers the struct call @arg with the ring. */
void ring_call_told(void *arg, int r, const struct note *note, const struct ring_view *view);

#endif
