/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* takeover-find.c - the names that an earlier daemon has left something under */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/context.h"
#include "program/program.h"
#include "takeover/takeover.h"
#include "common/cleanup.h"
#include "common/container-of.h"

static struct manager *to_manager(struct takeover *takeover)
{
	return container_of(takeover, struct manager, takeover);
}

void takeover_forget(struct manager *manager)
{
	struct takeover *takeover = &manager->takeover;

	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];

		manager->kern->ops->dispatch_leave(entry->dispatch);
		program_release(entry->program);
		program_release(entry->origin);
		program_release(entry->good);
	}
	free(takeover->entries);
	takeover->entries = NULL;
	takeover->n_entries = 0;
}

static struct takeover_entry *entry_search(const struct takeover *takeover, const char *name)
{
	for (size_t i = 0; i < takeover->n_entries; i++)
		if (strcmp(takeover->entries[i].name, name) == 0)
			return &takeover->entries[i];
	return NULL;
}

/* Not of a ring of this daemon; names longer than a ring's are nobody's, and not touched. */
static struct takeover_entry *entry_add(struct takeover *takeover, const char *name)
{
	struct takeover_entry *entry = &takeover->entries[takeover->n_entries];

	if (strlen(name) >= sizeof(entry->name) ||
	    registry_search(&to_manager(takeover)->registry, name))
		return NULL;
	takeover->n_entries++;
	strcpy(entry->name, name);
	return entry;
}

static void names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* The union of both. */
static int entries_make(struct takeover *takeover, char **pins, size_t n_pins,
			const struct host_found *hosts, size_t n_hosts)
{
	takeover->entries = calloc(n_pins + n_hosts + 1, sizeof(*takeover->entries));
	if (!takeover->entries)
		return -ENOMEM;
	for (size_t i = 0; i < n_pins; i++) {
		struct takeover_entry *entry = entry_add(takeover, pins[i]);

		if (entry)
			entry->pinned = true;
	}
	for (size_t i = 0; i < n_hosts; i++) {
		/* the two lists mostly have the same names: those without pins are few */
		struct takeover_entry *entry = entry_search(takeover, hosts[i].name);

		if (!entry)
			entry = entry_add(takeover, hosts[i].name);
		if (entry)
			entry->host = hosts[i];
	}
	return 0;
}

int takeover_find(struct manager *manager)
{
	_cleanup_free_ struct host_found *hosts = NULL;
	size_t n_pins = 0, n_hosts = 0;
	char **pins = NULL;
	int r;

	r = manager->kern->ops->pins_list(manager->kern, &pins, &n_pins);
	if (r == 0)
		r = manager->hosts->ops->find(manager->hosts, &hosts, &n_hosts);
	if (r == 0)
		r = entries_make(&manager->takeover, pins, n_pins, hosts, n_hosts);
	names_free(pins, n_pins);
	return r;
}
