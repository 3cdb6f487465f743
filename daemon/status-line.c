/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status-line.h"

#include <stdio.h>

#include "kern/kern.h"
#include "manager/manager.h"

void status_line(const struct manager *manager, struct kern *kern, char *text, size_t size)
{
	const struct peer everybody = {.uid = 0};
	size_t rings = manager_ring_count(manager, &everybody);
	size_t programs = manager_program_count(manager);
	const struct kern_capability *capabilities;
	char wrong[64] = "";
	size_t n;

	capabilities = kern->ops->capabilities(kern, &n);
	for (size_t i = 0; i < n; i++) {
		if (!capabilities[i].required || capabilities[i].present)
			continue;
		snprintf(text, size, "Cannot run rings: the kernel lacks %s (there since %s)",
			 capabilities[i].name, capabilities[i].since);
		return;
	}
	n = manager_problem_count(manager);
	if (n > 0)
		snprintf(wrong, sizeof(wrong), ", %zu problem%s: see iouctl status", n,
			 n == 1 ? "" : "s");
	snprintf(text, size, "%zu ring%s, %zu program%s%s", rings, rings == 1 ? "" : "s", programs,
		 programs == 1 ? "" : "s", wrong);
}
