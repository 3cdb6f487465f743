/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create.c - the request for a declared ring */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "declared/context.h"

/* By the names of the slots: their order in the file is of no importance. */
static void sort_files(const struct declaration *spec,
		       const struct declared_file *ret[IOURD_SLOTS_MAX])
{
	for (size_t i = 0; i < spec->n_files; i++) {
		size_t at = i;

		for (; at > 0 && strcmp(ret[at - 1]->slot, spec->files[i].slot) > 0; at--)
			ret[at] = ret[at - 1];
		ret[at] = &spec->files[i];
	}
}

void declared_digest(const struct declaration *spec, uint8_t ret[SHA256_SIZE])
{
	const struct declared_file *files[IOURD_SLOTS_MAX];
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	memset(ret, 0, SHA256_SIZE); /* unknown: later declarations are not compared with it */
	if (!out)
		return;
	sort_files(spec, files);
	for (size_t i = 0; i < spec->n_files; i++)
		fprintf(out, "%s%c%s%c%d%c", files[i]->slot, 0, files[i]->path, 0, files[i]->access,
			0);
	if (spec->data_bytes_set)
		fprintf(out, "%" PRIu64, spec->data_bytes);
	if (fclose(out) == 0)
		sha256(text, size, ret);
}

int declared_create(struct declared_ring *ring, ring_done done, struct note *note)
{
	const struct declaration *spec = &ring->spec;
	struct ring_file files[IOURD_SLOTS_MAX];
	uint8_t digest[SHA256_SIZE];
	const struct peer peer = {
		.user = ring->user,
	};
	const struct ring_request request = {
		.program = spec->program,
		.name = spec->name,
		.files = files,
		.n_files = spec->n_files,
		.parameters = spec->parameters,
		.data_bytes_set = spec->data_bytes_set,
		.data_bytes = spec->data_bytes,
		.persistent = true,
		.rollback = spec->rollback,
		.declared = digest,
	};

	declared_digest(spec, digest);
	for (size_t i = 0; i < spec->n_files; i++)
		files[i] = (struct ring_file){.slot = spec->files[i].slot, .fd = ring->fds[i]};
	return manager_ring_create(ring->declared->manager, &peer, &request, done, ring, note);
}
