// SPDX-License-Identifier: GPL-2.0-only
/*
 * copy-paced - copies a file at no more than bytes_per_second
 *
 * It has the parameters of copy, so that a running copy can be swapped to it and back.
 */
#include "copy-core.bpf.h"

IOURD_PROGRAM(copy_params, .name = "copy-paced",
	      .summary = "Copies a file at no more than a given rate", COPY_DESCRIPTION);

IOURD_STEP(copy_paced_loop, ring, wait)
{
	return copy_step(ring, wait, 1);
}

IOURD_LOOP(copy_paced_loop);
