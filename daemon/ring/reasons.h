/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reasons.h - why a ring stopped, failed or ended, in one line for a person */
#ifndef RING_REASONS_H
#define RING_REASONS_H

#include "host/control.h"

struct ring;

/*
 * Each returns a text that the caller frees; NULL: no memory. *ret_error: positive errno of the
 * failure, or 0; where it is not a parameter the ring's error stays.
 */

/* The program stopped the loop: what the region's progress line reports. */
char *reason_finished(const struct ring *ring);
/* io_uring_enter returned @result < 0; or 0, though no program asked for it. */
char *reason_returned(int result, int *ret_error);
/* The host failed at @stage. */
char *reason_refused(enum control_stage stage, int error);
/* The host exited unasked, @code and @status as of waitid(); @code 0: how is not known. */
char *reason_died(int code, int status);
/* "WHAT: ENOSPC (No space left on device)" */
char *reason_errno(const char *what, int error);

#endif
