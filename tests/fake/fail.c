/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include "fake/fail.h"

int fail_next(struct fail_plan *plan, const char *name)
{
	if (!plan)
		return 0;
	if (++plan->calls != plan->at)
		return 0;
	plan->failed = name;
	return plan->error;
}
