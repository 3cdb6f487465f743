/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* find.c - the names under which an earlier daemon has left pins or a socket */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "takeover/context.h"

void takeover_release(struct takeover *takeover)
{
	for (size_t i = 0; i < takeover->n_entries; i++) {
		struct takeover_entry *entry = &takeover->entries[i];

		takeover->kern->ops->dispatcher_release(entry->dispatch);
		manager_program_release(entry->program);
		manager_program_release(entry->origin);
		manager_program_release(entry->fallback);
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

/* NULL for a ring of this daemon, and for a name that is too long for a ring: not touched. */
static struct takeover_entry *entry_add(struct takeover *takeover, const char *name)
{
	struct takeover_entry *entry = &takeover->entries[takeover->n_entries];

	if (strlen(name) >= sizeof(entry->name) || manager_has_ring(takeover->manager, name))
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
		/* most names are in both lists */
		struct takeover_entry *entry = entry_search(takeover, hosts[i].name);

		if (!entry)
			entry = entry_add(takeover, hosts[i].name);
		if (entry)
			entry->host = hosts[i];
	}
	return 0;
}

int takeover_find(struct takeover *takeover)
{
	_cleanup_free_ struct host_found *hosts = NULL;
	size_t n_pins = 0, n_hosts = 0;
	char **pins = NULL;
	int r;

	r = takeover->kern->ops->pins_list(takeover->kern, &pins, &n_pins);
	if (r == 0)
		r = takeover->hosts->ops->find(takeover->hosts, &hosts, &n_hosts);
	if (r == 0)
		r = entries_make(takeover, pins, n_pins, hosts, n_hosts);
	names_free(pins, n_pins);
	return r;
}
