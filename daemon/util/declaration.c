/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/declaration.h"

#include <stdlib.h>

#include "wire/json.h"

void declaration_done(struct declaration *declaration)
{
	for (size_t i = 0; i < declaration->n_files; i++) {
		free(declaration->files[i].slot);
		free(declaration->files[i].path);
	}
	free(declaration->files);
	free(declaration->name);
	free(declaration->file);
	free(declaration->problem);
	free(declaration->program);
	free(declaration->user);
	json_put(declaration->parameters);
	*declaration = (struct declaration){0};
}

void declarations_done(struct declarations *declarations)
{
	for (size_t i = 0; i < declarations->n; i++)
		declaration_done(&declarations->items[i]);
	free(declarations->items);
	*declarations = (struct declarations){0};
}

struct declaration declaration_take(struct declaration *from)
{
	struct declaration taken = *from;

	*from = (struct declaration){0};
	return taken;
}
