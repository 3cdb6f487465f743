/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* params.h - a ring's parameters, and the size of the data area that they need */
#ifndef RING_PARAMS_H
#define RING_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/kern.h"

struct json_object;
struct note;

/* The program's initial values, replaced by those in @object (or NULL). The caller frees. */
int params_make(const struct kern_program_info *info, struct json_object *object, struct note *note,
		void **ret);
/*
 * The least size of the data area in bytes with these parameters; UINT64_MAX if it overflows.
 * @params may be shared memory: the result is a snapshot.
 */
uint64_t params_data_need(const struct kern_program_info *info, const void *params);
/*
 * The data area's size, rounded up to pages: @wanted bytes if @wanted_set; otherwise what the
 * parameters need, or the program's initial size. FAULT_INVALID_PARAMETER if @wanted is too
 * small, or the program's maximum is exceeded.
 */
int params_data_size(const struct kern_program_info *info, const void *params, bool wanted_set,
		     uint64_t wanted, struct note *note, uint64_t *ret);
/* FAULT_INVALID_PARAMETER if the parameters need more than @limit bytes of data. */
int params_check_need(const struct kern_program_info *info, const void *params, uint64_t limit,
		      struct note *note);

#endif
