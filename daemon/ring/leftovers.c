/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <stdlib.h>

#include "ring/context.h"
#include "ring/leftovers.h"

static struct manager *to_manager(struct job *job)
{
	return (struct manager *)((char *)job - offsetof(struct manager, leftovers.job));
}

static void remove_work(struct job *job)
{
	struct manager *manager = to_manager(job);
	const struct registry *registry = &manager->registry;

	for (size_t i = 0; i < registry->n_foreign; i++)
		manager->leftovers.removed[i] =
			manager->kern->ops->pins_remove(manager->kern, registry->foreign[i]) == 0;
}

static void remove_done(struct job *job)
{
	struct manager *manager = to_manager(job);

	registry_forget_foreign(&manager->registry, manager->leftovers.removed);
	free(manager->leftovers.removed);
	jobs_done(&manager->jobs);
}

void leftovers_remove(struct manager *manager)
{
	const struct hosts_ops *ops = manager->hosts->ops;

	/* Pins of a ring whose host would not end stay: detaching could block all others. */
	if (ops->leftovers_end && ops->leftovers_end(manager->hosts) < 0)
		return;
	if (manager->registry.n_foreign == 0)
		return;
	manager->leftovers.removed = calloc(manager->registry.n_foreign, sizeof(bool));
	if (!manager->leftovers.removed)
		return; /* the names stay taken, nothing worse */
	manager->leftovers.job = (struct job){.work = remove_work, .done = remove_done};
	jobs_submit(&manager->jobs, &manager->leftovers.job);
}
