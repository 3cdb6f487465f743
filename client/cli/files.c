/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "files.h"

static struct json_object *find_slot(struct json_object *slots, const char *name, size_t length)
{
	for (size_t i = 0; slots && i < json_object_array_length(slots); i++) {
		struct json_object *slot = json_object_array_get_idx(slots, i);
		const char *text = json_text(slot, "name");

		if (strlen(text) == length && strncmp(text, name, length) == 0)
			return slot;
	}
	return NULL;
}

static void complain_slot(struct json_object *slots, const char *word)
{
	fprintf(stderr, "iouctl run: --file %s: ", word);
	if (!strchr(word, '='))
		fprintf(stderr, "expected SLOT=PATH");
	else
		fprintf(stderr, "the program has no such slot");
	for (size_t i = 0; slots && i < json_object_array_length(slots); i++)
		fprintf(stderr, "%s%s", i ? ", " : "; its slots are: ",
			json_text(json_object_array_get_idx(slots, i), "name"));
	fputc('\n', stderr);
}

int files_open(struct run_files *files, struct json_object *slots, const char *slot_and_path)
{
	const char *equals = strchr(slot_and_path, '=');
	struct json_object *slot =
		equals ? find_slot(slots, slot_and_path, (size_t)(equals - slot_and_path)) : NULL;
	struct run_file *file = &files->files[files->n];
	bool read;
	int flags;

	if (!slot) {
		complain_slot(slots, slot_and_path);
		return STATUS_USAGE;
	}
	if (files->n == FILES_MAX) {
		fprintf(stderr, "iouctl run: more than %u files\n", FILES_MAX);
		return STATUS_USAGE;
	}
	*file = (struct run_file){.path = equals + 1, .write = json_flag(slot, "write")};
	read = json_flag(slot, "read");
	flags = O_CLOEXEC | (!file->write ? O_RDONLY : read ? O_RDWR : O_WRONLY);
	if (file->write) {
		file->fd = open(file->path, flags | O_CREAT | O_EXCL, 0666);
		file->made = file->fd >= 0;
	}
	if (!file->made)
		file->fd = open(file->path, flags);
	if (file->fd < 0) {
		fprintf(stderr, "iouctl run: cannot open %s for slot %s: %s\n", file->path,
			json_text(slot, "name"), strerror(errno));
		return STATUS_FAILED;
	}
	file->slot = strdup(json_text(slot, "name"));
	if (!file->slot)
		abort();
	file->write = file->write && !read;
	files->n++;
	return 0;
}

int files_truncate(struct run_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		struct run_file *file = &files->files[i];
		struct stat st;

		if (!file->write || file->made || fstat(file->fd, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (ftruncate(file->fd, 0) < 0) {
			fprintf(stderr, "iouctl run: cannot truncate %s: %s\n", file->path,
				strerror(errno));
			return STATUS_FAILED;
		}
	}
	return 0;
}

void files_undo(struct run_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		if (files->files[i].made)
			unlink(files->files[i].path);
}

void files_done(struct run_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		close(files->files[i].fd);
		free(files->files[i].slot);
	}
	files->n = 0;
}
