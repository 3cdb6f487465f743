/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ring/catalogue.h"
#include "ring/names.h"
#include "ring/program.h"

#define OBJECT_SUFFIX ".bpf.o"

struct program *catalogue_search(const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->n_programs; i++)
		if (strcmp(catalogue->programs[i]->name, name) == 0)
			return catalogue->programs[i];
	return NULL;
}

int catalogue_reserve(struct catalogue *catalogue)
{
	struct program **programs;

	programs = reallocarray(catalogue->programs, catalogue->n_programs + 1, sizeof(*programs));
	if (!programs)
		return -ENOMEM;
	catalogue->programs = programs;
	return 0;
}

void catalogue_add(struct catalogue *catalogue, struct program *program)
{
	size_t i = catalogue->n_programs++;

	for (; i > 0 && strcmp(catalogue->programs[i - 1]->name, program->name) > 0; i--)
		catalogue->programs[i] = catalogue->programs[i - 1];
	catalogue->programs[i] = program;
}

/* The name inside "NAME.bpf.o"; false if the file is none of ours. */
static bool object_name(const char *file, char ret[IOURD_NAME_MAX])
{
	size_t length = strlen(file);
	size_t suffix = strlen(OBJECT_SUFFIX);

	if (length <= suffix || length - suffix >= IOURD_NAME_MAX ||
	    strcmp(file + length - suffix, OBJECT_SUFFIX) != 0)
		return false;
	memcpy(ret, file, length - suffix);
	ret[length - suffix] = '\0';
	return name_valid(ret, IOURD_NAME_MAX);
}

static int is_object(const struct dirent *entry)
{
	char name[IOURD_NAME_MAX];

	return object_name(entry->d_name, name);
}

static int add_shipped(struct catalogue *catalogue, const char *directory, const char *file)
{
	char name[IOURD_NAME_MAX];
	struct program *program;
	int r;

	if (!object_name(file, name))
		return 0;
	r = catalogue_reserve(catalogue);
	if (r < 0)
		return r;
	r = program_new_shipped(catalogue, directory, name, &program);
	if (r < 0)
		return r;
	catalogue_add(catalogue, program);
	return 0;
}

int catalogue_scan(struct catalogue *catalogue, const char *directory)
{
	struct dirent **entries;
	int n;
	int r = 0;

	if (!directory)
		return 0;
	n = scandir(directory, &entries, is_object, alphasort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = add_shipped(catalogue, directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (r < 0)
		return r;
	/* Only now: nothing can fail any more while jobs are under way. */
	for (size_t i = 0; i < catalogue->n_programs; i++)
		program_open(catalogue->programs[i]);
	return 0;
}

void catalogue_done(struct catalogue *catalogue)
{
	while (catalogue->n_programs > 0)
		program_drop(catalogue->programs[--catalogue->n_programs]);
	free(catalogue->programs);
	*catalogue = (struct catalogue){};
}

int catalogue_find(const struct catalogue *catalogue, const char *name, struct note *note,
		   struct program **ret)
{
	struct program *program = catalogue_search(catalogue, name);

	if (!program)
		return fault_program_not_found(note, name);
	*ret = program;
	return 0;
}

void catalogue_remove(struct catalogue *catalogue, struct program *program)
{
	size_t i = 0;

	while (catalogue->programs[i] != program)
		i++;
	catalogue->n_programs--;
	memmove(&catalogue->programs[i], &catalogue->programs[i + 1],
		(catalogue->n_programs - i) * sizeof(*catalogue->programs));
	program_drop(program);
}
