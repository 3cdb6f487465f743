/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/place.h"

#include <stdio.h>
#include <stdlib.h>

static void print(FILE *out, const struct place *place)
{
	if (place->outer) {
		print(out, place->outer);
		fputc('.', out);
	}
	fputs(place->name, out);
	if (place->indexed)
		fprintf(out, "[%zu]", place->index);
}

char *place_text(const struct place *place)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print(out, place);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
