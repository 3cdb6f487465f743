/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* declared-wish.c - what a declaration says, copied */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "declared/declared.h"
#include "common/names.h"
#include "wire/json.h"

void declared_wish_done(struct declared_wish *wish)
{
	for (size_t i = 0; i < wish->n_files; i++) {
		free(wish->files[i].slot);
		free(wish->files[i].path);
	}
	free(wish->problem);
	free(wish->program);
	free(wish->user);
	json_put(wish->parameters);
	*wish = (struct declared_wish){};
}

static int copy_text(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int copy_files(const struct declaration *declaration, struct declared_wish *wish)
{
	int r = 0;

	for (size_t i = 0; i < declaration->n_files && r == 0; i++) {
		struct declared_file *file = &wish->files[wish->n_files++];

		file->access = declaration->files[i].access;
		r = copy_text(declaration->files[i].slot, &file->slot);
		if (r == 0)
			r = copy_text(declaration->files[i].path, &file->path);
	}
	return r;
}

static int copy_wish(const struct declaration *declaration, struct declared_wish *wish)
{
	int r;

	wish->data_bytes_set = declaration->data_bytes_set;
	wish->data_bytes = declaration->data_bytes;
	wish->rollback = declaration->rollback;
	wish->start = declaration->start;
	r = copy_text(declaration->program, &wish->program);
	if (r == 0)
		r = copy_text(declaration->user, &wish->user);
	if (r == 0)
		r = copy_files(declaration, wish);
	if (r == 0 && declaration->parameters)
		r = json_copy(declaration->parameters, &wish->parameters);
	return r;
}

int declared_wish_fill(const struct declaration *declaration, struct declared_wish *ret)
{
	if (declaration->problem)
		return copy_text(declaration->problem, &ret->problem);
	if (!name_valid(declaration->name, RING_NAME_MAX))
		return asprintf(&ret->problem,
				"%s: the file's name is the ring's: a small letter, then up to 62 "
				"small letters, digits and hyphens is expected",
				declaration->file) < 0
			       ? -ENOMEM
			       : 0;
	if (declaration->n_files > IOURD_SLOTS_MAX)
		return -E2BIG;
	return copy_wish(declaration, ret);
}
