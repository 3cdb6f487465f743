/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* restore.h - a ring of an earlier daemon becomes one of this daemon's */
#ifndef RING_RESTORE_H
#define RING_RESTORE_H

#include "host/control.h"

struct manager;
struct ring;
struct ring_restoration;

/*
 * By its ledger; takes over its dispatcher and its host, which is asked how it is.
 * -ECONNREFUSED: the host has ended. If it fails, the dispatcher stays the caller's.
 */
int ring_restore(struct manager *manager, const struct ring_restoration *restoration);
/* What the host says it is doing: it, and not the ledger, knows. */
void ring_found(struct ring *ring, enum control_type state, int result, int ring_fd);

#endif
