/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reasons.h - why a ring stopped, failed or ended, in one line for a person */
#ifndef RING_REASONS_H
#define RING_REASONS_H

#include <stdbool.h>

struct ring;

/* Its program said that it is finished: what the region's progress line says of that. */
void reason_stopped(struct ring *ring);
/* io_uring_enter returned @result < 0; or 0, though no program asked for it. Sets error too. */
void reason_returned(struct ring *ring, int result);
/* The host could not @stage: sets error too. */
void reason_refused(struct ring *ring, const char *stage, int error);
/* Its host ended unasked. True if that is how hosts end whose client is gone. */
bool reason_exited(struct ring *ring, int code, int status);

#endif
