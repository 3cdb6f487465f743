/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status-line.h"

#include <stdio.h>

#include "declared/declared.h"
#include "domain.h"
#include "kern/kern.h"
#include "manager/manager.h"

void status_line(const struct domain *domain, struct kern *kern, char *text, size_t size)
{
	const struct peer everybody = {0};
	size_t rings = manager_ring_count(domain->manager, &everybody);
	size_t programs = manager_program_count(domain->manager);
	const struct kern_capability *missing = kern_missing_capability(kern);
	char wrong[64] = "";
	size_t n;

	if (missing) {
		snprintf(text, size, "Cannot run rings: this machine lacks %s (available since %s)",
			 missing->name, missing->since);
		return;
	}
	n = declared_problem_count(domain->declared);
	if (n > 0)
		snprintf(wrong, sizeof(wrong), ", %zu problem%s (run 'iouctl status')", n,
			 n == 1 ? "" : "s");
	snprintf(text, size, "%zu ring%s, %zu program%s%s", rings, rings == 1 ? "" : "s", programs,
		 programs == 1 ? "" : "s", wrong);
}
