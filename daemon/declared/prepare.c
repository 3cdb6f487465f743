/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* prepare.c - the user and the files of a declared ring, off the event loop */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "declared/context.h"

void declared_fill_access(struct declared_ring *ring, const struct iourd_descriptor *descriptor)
{
	for (size_t i = 0; i < ring->spec.n_files; i++) {
		const struct declared_file *file = &ring->spec.files[i];
		uint32_t flags = 0;

		for (uint32_t j = 0; j < descriptor->slot_count; j++)
			if (strcmp(descriptor->slots[j].name, file->slot) == 0)
				flags = descriptor->slots[j].flags;
		ring->access[i] = file->access >= 0		? file->access
				  : !(flags & IOURD_SLOT_WRITE) ? O_RDONLY
				  : (flags & IOURD_SLOT_READ)	? O_RDWR
								: O_WRONLY;
	}
}

void declared_prepare(struct declared_ring *ring)
{
	struct users *users = ring->declared->users;

	ring->result = users->find(users, ring->spec.user, &ring->user);
	ring->user_found = ring->result == 0;
	while (ring->result == 0 && ring->with_files && ring->opened < ring->spec.n_files) {
		ring->result = users->open(users, &ring->user, ring->spec.files[ring->opened].path,
					   ring->access[ring->opened], &ring->fds[ring->opened]);
		ring->opened += ring->result == 0;
	}
}

void declared_close_files(struct declared_ring *ring)
{
	while (ring->opened > 0)
		close(ring->fds[--ring->opened]);
}

/* What may hide a file from a service that an administrator sees in a shell. */
static const char *hint(const struct declared_ring *ring, const char *path)
{
	static const struct {
		const char *prefix;
		const char *hint;
	} hidden[] = {
		{"/home/", "ProtectHome= of iouringd.service hides it"},
		{"/root/", "ProtectHome= of iouringd.service hides it"},
		{"/run/user/", "ProtectHome= of iouringd.service hides it"},
		{"/tmp/", "PrivateTmp= of iouringd.service hides it"},
		{"/var/tmp/", "PrivateTmp= of iouringd.service hides it"},
		{"/dev/", "PrivateDevices= of iouringd.service may hide it"},
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (strncmp(path, hidden[i].prefix, strlen(hidden[i].prefix)) == 0)
			return hidden[i].hint;
	if (ring->result == -EACCES && ring->user.uid == 0)
		return "iouringd has no CAP_DAC_OVERRIDE: declare the file's owner as user";
	return NULL;
}

__attribute__((format(printf, 1, 2))) static char *text_of(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return text;
}

static char *file_problem(const struct declared_ring *ring)
{
	const struct declared_file *file = &ring->spec.files[ring->opened];
	const char *more;

	switch (ring->result) {
	case -EROFS:
		return text_of("files.%s: %s is read-only; if it is so only for iouringd.service, "
			       "add ReadWritePaths=%s in a drop-in",
			       file->slot, file->path, file->path);
	case -ELOOP:
		return text_of("files.%s: %s has too many symbolic links, or one that another "
			       "user has put into a world-writable directory",
			       file->slot, file->path);
	case -EXDEV:
		return text_of("files.%s: %s leads into /proc, where each process sees other files",
			       file->slot, file->path);
	case -ENXIO:
		return text_of(
			"files.%s: %s: no process has the other end of the pipe open, or the "
			"device does not exist",
			file->slot, file->path);
	default:
		more = ring->result == -EACCES || ring->result == -ENOENT ? hint(ring, file->path)
									  : NULL;
		return text_of("files.%s: %s cannot be opened as user %s: %s%s%s%s", file->slot,
			       file->path, ring->spec.user, strerror(-ring->result),
			       more ? " (" : "", more ?: "", more ? ")" : "");
	}
}

char *declared_prepare_problem(const struct declared_ring *ring)
{
	if (ring->user_found)
		return file_problem(ring);
	if (ring->result == -ENOENT)
		return text_of("user: there is no user \"%s\"", ring->spec.user);
	return text_of("user: \"%s\" cannot be looked up: %s", ring->spec.user,
		       strerror(-ring->result));
}
