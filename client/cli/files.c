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
#include "output.h"
#include "reply.h"

static struct json_object *find_slot(struct json_object *slots, const char *name, size_t length)
{
	for (size_t i = 0; i < json_length(slots); i++) {
		struct json_object *slot = json_element(slots, i);
		const char *text = json_text(slot, "name");

		if (strlen(text) == length && strncmp(text, name, length) == 0)
			return slot;
	}
	return NULL;
}

/* The error for a --file that names no slot. */
static void print_slots(struct json_object *slots, const char *word)
{
	char *names = NULL;
	size_t size;
	FILE *out = open_memstream(&names, &size);

	if (!out)
		abort();
	for (size_t i = 0; i < json_length(slots); i++)
		fprintf(out, "%s%s", i ? ", " : "; the program's slots are ",
			json_text(json_element(slots, i), "name"));
	fclose(out);
	output_error("--file %s: %s%s", word,
		     strchr(word, '=') ? "the program has no such slot" : "expected SLOT=PATH",
		     names);
	free(names);
}

int files_open(struct run_files *files, struct json_object *slots, const char *slot_and_path)
{
	const char *equals = strchr(slot_and_path, '=');
	struct json_object *slot =
		equals ? find_slot(slots, slot_and_path, (size_t)(equals - slot_and_path)) : NULL;
	struct run_file *file = &files->files[files->n];
	bool read, write;
	int flags;

	if (!slot) {
		print_slots(slots, slot_and_path);
		return STATUS_USAGE;
	}
	if (files->n == FILES_MAX) {
		output_error("--file %s: expected at most %u files", slot_and_path, FILES_MAX);
		return STATUS_USAGE;
	}
	read = json_flag(slot, "read");
	write = json_flag(slot, "write");
	flags = O_CLOEXEC | (!write ? O_RDONLY : read ? O_RDWR : O_WRONLY);
	*file = (struct run_file){.path = equals + 1, .write_only = write && !read};
	if (write) {
		file->fd = open(file->path, flags | O_CREAT | O_EXCL, 0666);
		file->created = file->fd >= 0;
	}
	if (!file->created)
		file->fd = open(file->path, flags);
	if (file->fd < 0) {
		output_error("cannot open %s for slot %s: %s", file->path, json_text(slot, "name"),
			     strerror(errno));
		return STATUS_FAILED;
	}
	file->slot = strdup(json_text(slot, "name"));
	if (!file->slot)
		abort();
	files->n++;
	return 0;
}

int files_truncate(struct run_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		struct run_file *file = &files->files[i];
		struct stat st;

		if (!file->write_only || file->created || fstat(file->fd, &st) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (ftruncate(file->fd, 0) < 0) {
			output_error("cannot truncate %s: %s", file->path, strerror(errno));
			return STATUS_FAILED;
		}
	}
	return 0;
}

void files_unlink_created(struct run_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		if (files->files[i].created)
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
