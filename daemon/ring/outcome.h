/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* outcome.h - which event a return of the loop, a stall or a refusal is */
#ifndef RING_OUTCOME_H
#define RING_OUTCOME_H

#include "ring/event.h"

/* io_uring_enter returned @result: LOOP_* or PROGRAM_FAILED*. */
struct ring_event outcome_returned(struct ring *ring, int result);
/* PROGRAM_STALLED* */
struct ring_event outcome_stalled(struct ring *ring);
/* HOST_REFUSED; @note: filled if the refusal is a fault of the client. */
struct ring_event outcome_refused(enum control_stage stage, int error, struct note *note);
/* HOST_ENDED or HOST_DIED */
struct ring_event outcome_exited(const struct ring *ring, int code, int status);
/* Whether the program has reported the end of its work in the region. */
bool outcome_work_over(const struct ring *ring);

#endif
