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
#include "fuse-file.h"
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
	const char *equals = strchr(word, '=');
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
		     equals && equals[1] ? "the program has no such slot" : "expected SLOT=PATH",
		     names);
	free(names);
}

int files_open_at_once(int directory, const char *path, int flags, mode_t mode)
{
	int fd = openat(directory, path, flags | O_CLOEXEC | O_NONBLOCK, mode), r;

	if (fd < 0)
		return -errno;
	/* io_uring would fail where it should wait */
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

void files_add(struct run_files *files, const char *slot, const struct run_file *file)
{
	struct run_file *added = &files->files[files->n++];

	*added = *file;
	added->slot = strdup(slot);
	if (!added->slot)
		abort();
}

const struct run_file *files_find(const struct run_files *files, const char *slot)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->files[i].slot, slot) == 0)
			return &files->files[i];
	return NULL;
}

int files_check_source(const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_size == 0 && fuse_file_exceeds(fd, 0)) {
		output_error("cannot read %s by io_uring: its FUSE file system reports a size of "
			     "0, although it has content; use another program for it",
			     path);
		return STATUS_FAILED;
	}
	return 0;
}

int files_open(struct run_files *files, struct json_object *slots, const char *slot_and_path)
{
	const char *equals = strchr(slot_and_path, '=');
	struct json_object *slot =
		equals ? find_slot(slots, slot_and_path, (size_t)(equals - slot_and_path)) : NULL;
	struct run_file file;
	bool read, write;
	int flags, fd = -EEXIST;

	if (!slot || !equals[1]) {
		print_slots(slots, slot_and_path);
		return STATUS_USAGE;
	}
	if (files->n == FILES_MAX) {
		output_error("--file %s: expected at most %u files", slot_and_path, FILES_MAX);
		return STATUS_USAGE;
	}
	read = json_flag(slot, "read");
	write = json_flag(slot, "write");
	flags = !write ? O_RDONLY : read ? O_RDWR : O_WRONLY;
	file = (struct run_file){
		.path = equals + 1, .writable = write, .write_only = write && !read};
	if (write)
		fd = files_open_at_once(AT_FDCWD, file.path, flags | O_CREAT | O_EXCL, 0666);
	file.created = fd >= 0;
	if (fd == -EEXIST)
		fd = files_open_at_once(AT_FDCWD, file.path, flags, 0);
	if (fd < 0) {
		output_error("cannot %s %s for slot %s: %s",
			     write && access(file.path, F_OK) < 0 ? "create" : "open", file.path,
			     json_text(slot, "name"), strerror(-fd));
		return STATUS_FAILED;
	}
	file.fd = fd;
	files_add(files, json_text(slot, "name"), &file);
	return read ? files_check_source(file.path, file.fd) : 0;
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
	for (size_t i = 0; i < files->n; i++) {
		struct run_file *file = &files->files[i];

		if (!file->created)
			continue;
		unlink(file->path);
		file->created = false;
		file->aside = true;
	}
}

int files_close(struct run_files *files)
{
	int status = 0;

	for (size_t i = 0; i < files->n; i++) {
		struct run_file *file = &files->files[i];
		int fd = file->fd;

		file->fd = -1;
		if (close(fd) == 0 || !file->writable)
			continue;
		output_error("%s is incomplete: closing it failed: %s", file->path,
			     strerror(errno));
		status = STATUS_WORK_FAILED;
	}
	return status;
}

void files_done(struct run_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		if (files->files[i].fd >= 0)
			close(files->files[i].fd);
		free(files->files[i].slot);
	}
	files->n = 0;
}
