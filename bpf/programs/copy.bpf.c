// SPDX-License-Identifier: GPL-2.0-only
/*
 * copy - copies a file, up to depth blocks at a time
 *
 * The code is in copy-core.bpf.h, which copy-paced shares.
 */
#include "copy-core.bpf.h"

IOURD_PROGRAM(copy_params, .name = "copy", .summary = "Copies a file, several blocks at a time",
	      COPY_DESCRIPTION);

IOURD_STEP(copy_loop, ring, wait)
{
	return copy_step(ring, wait, 0);
}

IOURD_LOOP(copy_loop);
