/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "common/names.h"
#include "program/catalogue.h"
#include "program/program.h"
#include "program/store.h"

#define OBJECT_SUFFIX ".bpf.o"

/* Of an unlisted program that is not held any more. */
static void drop_unlisted(struct program_context *context, struct program *program)
{
	struct catalogue *catalogue = container_of(context, struct catalogue, context);
	size_t i = 0;

	while (catalogue->unlisted[i] != program)
		i++;
	catalogue->unlisted[i] = catalogue->unlisted[--catalogue->n_unlisted];
	program_drop(program);
}

void catalogue_init(struct catalogue *catalogue, struct kern *kern, struct jobs *jobs,
		    const struct store *store, struct usages *usages)
{
	*catalogue = (struct catalogue){
		.context =
			{
				.kern = kern,
				.jobs = jobs,
				.store = store,
				.usages = usages,
				.unused = drop_unlisted,
			},
	};
}

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

/* The name in "NAME.bpf.o"; false if the file is not an object of ours. */
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
	r = program_new_shipped(&catalogue->context, directory, name, &program);
	if (r < 0)
		return r;
	catalogue_add(catalogue, program);
	return 0;
}

/* Replaces a shipped program of that name. */
static int add_marked(struct catalogue *catalogue, const struct store_mark *mark)
{
	struct program *old = catalogue_search(catalogue, mark->name);
	struct program *program;
	int r;

	r = catalogue_reserve(catalogue);
	if (r == 0)
		r = program_new_stored(&catalogue->context, mark->digest, mark->name, &program);
	if (r < 0)
		return r;
	r = usage_begin(catalogue->context.usages, mark->payer, USAGE_PROGRAMS, &program->charge);
	if (r < 0) {
		program_drop(program);
		return r;
	}
	usage_set(&program->charge, 1); /* whatever the quota is now */
	if (old)
		catalogue_remove(catalogue, old);
	catalogue_add(catalogue, program);
	return 0;
}

static int scan_marks(struct catalogue *catalogue)
{
	_cleanup_free_ struct store_mark *marks = NULL;
	size_t n;
	int r;

	r = store_marks(catalogue->context.store, &marks, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_marked(catalogue, &marks[i]);
	return r;
}

static int scan_directory(struct catalogue *catalogue, const char *directory)
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
	return r;
}

int catalogue_scan(struct catalogue *catalogue, const char *directory)
{
	int r;

	r = scan_directory(catalogue, directory);
	if (r == 0)
		r = scan_marks(catalogue);
	if (r < 0)
		return r;
	/* last, so that no failure has to wait for jobs */
	for (size_t i = 0; i < catalogue->n_programs; i++)
		program_open(catalogue->programs[i]);
	return 0;
}

void catalogue_done(struct catalogue *catalogue)
{
	while (catalogue->n_programs > 0)
		program_drop(catalogue->programs[--catalogue->n_programs]);
	assert(catalogue->n_unlisted == 0);
	free(catalogue->programs);
	free(catalogue->unlisted);
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

static struct program *search_digest(const struct catalogue *catalogue, const uint8_t *digest)
{
	for (size_t i = 0; i < catalogue->n_programs; i++)
		if (program_is(catalogue->programs[i], digest))
			return catalogue->programs[i];
	for (size_t i = 0; i < catalogue->n_unlisted; i++)
		if (program_is(catalogue->unlisted[i], digest))
			return catalogue->unlisted[i];
	return NULL;
}

bool catalogue_has(const struct catalogue *catalogue, const uint8_t *digest)
{
	return search_digest(catalogue, digest);
}

int catalogue_take_stored(struct catalogue *catalogue, const uint8_t *digest, struct program **ret)
{
	struct program *program = search_digest(catalogue, digest);
	struct program **unlisted;
	int r;

	if (!program) {
		unlisted = reallocarray(catalogue->unlisted, catalogue->n_unlisted + 1,
					sizeof(*unlisted));
		if (!unlisted)
			return -ENOMEM;
		catalogue->unlisted = unlisted;
		r = program_new_stored(&catalogue->context, digest, NULL, &program);
		if (r < 0)
			return r;
		unlisted[catalogue->n_unlisted++] = program;
		program_open(program);
	}
	program_hold(program);
	*ret = program;
	return 0;
}
