/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* effects.h - what a transition attempts and does; only machine.c calls these */
#ifndef RING_EFFECTS_H
#define RING_EFFECTS_H

#include "host/host.h"
#include "ring/event.h"

/* If it fails, nothing has changed. @callbacks: of the host that a ring is set up with. */
int attempt(struct ring *ring, enum ring_attempt what, const struct ring_event *event,
	    const struct host_callbacks *callbacks, struct note *note);
/* @effects: bits of enum ring_effect; all but EFFECT_FREE. */
void apply_effects(struct ring *ring, unsigned int effects, const struct ring_event *event);
/* 0 also if the host is exiting: it reports that itself, and all requests get replies then. */
int order_host(struct ring *ring, enum control_type type);

#endif
