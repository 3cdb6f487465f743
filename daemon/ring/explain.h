/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain.h - the reason and error that an event gives a ring */
#ifndef RING_EXPLAIN_H
#define RING_EXPLAIN_H

#include "ring/event.h"

void explain(struct ring *ring, const struct ring_event *event);

#endif
