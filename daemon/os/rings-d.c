/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/rings-d.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "iourd/abi.h"
#include "os/json-file.h"
#include "os/problem.h"
#include "common/cleanup.h"
#include "wire/json.h"

#define SUFFIX ".json"

struct reading {
	struct declaration *declaration; /* borrowed */
	struct json_file file;
};

/* ---- values ---- */

/* @key: with dots, of what the problem is with. */
__attribute__((format(printf, 3, 4))) static int refuse(struct reading *reading, const char *key,
							const char *format, ...)
{
	char **problem = &reading->declaration->problem;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(problem, format, arguments) < 0)
		*problem = NULL;
	va_end(arguments);
	return json_file_add_place(&reading->file, reading->declaration->file, key, -EINVAL,
				   problem);
}

static int bad_value(struct reading *reading, const char *name, struct json_object *value,
		     const char *expected)
{
	return refuse(reading, name, "%s is %.80s, expected %s", name,
		      json_object_to_json_string(value), expected);
}

static int unknown(struct reading *reading, const char *where, const char *name, const char *known)
{
	_cleanup_free_ char *key = NULL;

	if (asprintf(&key, "%s%s", where, name) < 0)
		key = NULL;
	return refuse(reading, key ?: where, "there is no setting \"%s%.80s\"; there are: %s",
		      where, name, known);
}

/* Borrowed; NULL unless it is a text, not empty and without NUL bytes. */
static const char *text_of(struct json_object *value)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) || !text[0] ||
	    strlen(text) != (size_t)json_object_get_string_len(value))
		return NULL;
	return text;
}

static int copy_text(const char *text, char **ret)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int set_program(struct reading *reading, const char *name, struct json_object *value)
{
	const char *text = text_of(value);

	if (!text)
		return bad_value(reading, name, value, "the name of a loop program");
	return copy_text(text, &reading->declaration->program);
}

static int set_user(struct reading *reading, const char *name, struct json_object *value)
{
	const char *text = text_of(value);
	int64_t number = json_object_get_int64(value); /* saturates */

	if (json_object_is_type(value, json_type_int) && number >= 0 && number < UINT32_MAX)
		text = json_object_to_json_string(value);
	if (!text)
		return bad_value(reading, name, value, "a user's name or number");
	return copy_text(text, &reading->declaration->user);
}

static int set_flag(struct reading *reading, const char *name, struct json_object *value, bool *ret)
{
	if (!json_object_is_type(value, json_type_boolean))
		return bad_value(reading, name, value, "true or false");
	*ret = json_object_get_boolean(value);
	return 0;
}

static int set_rollback(struct reading *reading, const char *name, struct json_object *value)
{
	return set_flag(reading, name, value, &reading->declaration->rollback);
}

static int set_start(struct reading *reading, const char *name, struct json_object *value)
{
	return set_flag(reading, name, value, &reading->declaration->start);
}

static int set_data_bytes(struct reading *reading, const char *name, struct json_object *value)
{
	int64_t number = json_object_get_int64(value);

	if (!json_object_is_type(value, json_type_int) || number < 0 ||
	    (uint64_t)number > IOURD_DATA_MAX)
		return bad_value(reading, name, value, "a number of bytes, at most 1 GiB");
	reading->declaration->data_bytes_set = true;
	reading->declaration->data_bytes = (uint64_t)number;
	return 0;
}

/* The wire's rules for numbers, depth and UTF-8 apply. */
static int set_parameters(struct reading *reading, const char *name, struct json_object *value)
{
	int r;

	if (!json_object_is_type(value, json_type_object))
		return bad_value(reading, name, value, "an object with the program's parameters");
	json_object_put(reading->declaration->parameters);
	reading->declaration->parameters = NULL;
	r = json_copy(value, &reading->declaration->parameters);
	if (r == -EINVAL)
		return bad_value(reading, name, value, "no more than a message can hold, in UTF-8");
	return r;
}

static int set_access(struct reading *reading, const char *name, struct json_object *value,
		      int *ret)
{
	static const struct {
		const char *text;
		int access;
	} modes[] = {{"read", O_RDONLY}, {"write", O_WRONLY}, {"readWrite", O_RDWR}};
	const char *text = text_of(value);

	for (size_t i = 0; text && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].text, text) == 0) {
			*ret = modes[i].access;
			return 0;
		}
	return bad_value(reading, name, value, "one of \"read\", \"write\", \"readWrite\"");
}

/* The file for one slot; @where: "files.source" */
static int set_file(struct reading *reading, const char *where, struct json_object *value,
		    struct declared_file *file)
{
	char name[IOURD_NAME_MAX + 32];
	int r = 0;

	if (!json_object_is_type(value, json_type_object))
		return bad_value(reading, where, value,
				 "an object with \"path\" and, optionally, \"mode\"");
	file->access = -1;
	json_object_object_foreach(value, key, member) {
		snprintf(name, sizeof(name), "%s.%s", where, key);
		if (strcmp(key, "path") == 0) {
			const char *text = text_of(member);

			if (!text || text[0] != '/')
				return bad_value(reading, name, member, "an absolute path");
			r = copy_text(text, &file->path);
		} else if (strcmp(key, "mode") == 0) {
			r = set_access(reading, name, member, &file->access);
		} else {
			snprintf(name, sizeof(name), "%s.", where);
			r = unknown(reading, name, key, "path, mode");
		}
		if (r < 0)
			return r;
	}
	if (!file->path)
		return refuse(reading, where, "%s has no \"path\"", where);
	return 0;
}

static int set_files(struct reading *reading, const char *name, struct json_object *value)
{
	char where[IOURD_NAME_MAX + 16];
	int r;

	if (!json_object_is_type(value, json_type_object))
		return bad_value(reading, name, value, "an object with a member for each slot");
	if (json_object_object_length(value) > (int)IOURD_SLOTS_MAX)
		return refuse(reading, name, "%s has %d files, expected at most %u", name,
			      json_object_object_length(value), IOURD_SLOTS_MAX);
	reading->declaration->files = calloc(IOURD_SLOTS_MAX, sizeof(*reading->declaration->files));
	if (!reading->declaration->files)
		return -ENOMEM;
	json_object_object_foreach(value, slot, member) {
		struct declared_file *file =
			&reading->declaration->files[reading->declaration->n_files++];

		snprintf(where, sizeof(where), "%s.%s", name, slot);
		r = copy_text(slot, &file->slot);
		if (r == 0)
			r = set_file(reading, where, member, file);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- a file ---- */

static const struct setting {
	const char *name;
	int (*set)(struct reading *reading, const char *name, struct json_object *value);
} settings[] = {
	{"program", set_program},      {"user", set_user},
	{"files", set_files},	       {"parameters", set_parameters},
	{"dataBytes", set_data_bytes}, {"rollback", set_rollback},
	{"start", set_start},
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static int set(struct reading *reading, const char *name, struct json_object *value)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].name, name) == 0)
			return settings[i].set(reading, name, value);
	for (size_t i = 0; i < SETTINGS && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 used ? ", " : "", settings[i].name);
	return unknown(reading, "", name, known);
}

/* A declaration acts in the name of any user, so only root may be able to write it. */
static int check_owner(int fd, const char *path, char **ret_problem)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return set_problem(ret_problem, -errno, "%s: cannot be read: %s", path,
				   strerror(errno));
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return set_problem(
			ret_problem, -EPERM,
			"%s: owned by user %u, must be owned by root: run 'chown root %s'", path,
			status.st_uid, path);
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return set_problem(
			ret_problem, -EPERM,
			"%s: writable by users other than root (mode %04o): run 'chmod go-w %s'",
			path, status.st_mode & 07777, path);
	return 0;
}

static int apply(struct reading *reading)
{
	struct declaration *declaration = reading->declaration;
	int r;

	declaration->start = true;
	json_object_object_foreach(reading->file.object, name, value) {
		r = set(reading, name, value);
		if (r < 0)
			return r;
	}
	if (!declaration->program)
		return set_problem(&declaration->problem, -EINVAL,
				   "%s: no \"program\", expected the name of a loop program",
				   declaration->file);
	return declaration->user ? 0 : copy_text("root", &declaration->user);
}

static int read_file(int directory_fd, const char *file, struct declaration *declaration)
{
	struct reading reading = {.declaration = declaration};
	_cleanup_close_ int fd = -1;
	int r;

	fd = openat(directory_fd, file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 && errno == ELOOP)
		return set_problem(&declaration->problem, -ELOOP,
				   "%s: a symbolic link, expected a regular file",
				   declaration->file);
	if (fd < 0)
		return set_problem(&declaration->problem, -errno, "%s: cannot be read: %s",
				   declaration->file, strerror(errno));
	r = check_owner(fd, declaration->file, &declaration->problem);
	if (r == 0)
		r = json_file_read(fd, declaration->file, &reading.file, &declaration->problem);
	if (r == 0)
		r = apply(&reading);
	json_file_done(&reading.file);
	return r;
}

/* ---- all of them ---- */

static int is_declaration(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name), suffix = strlen(SUFFIX);

	return entry->d_name[0] != '.' && length > suffix &&
	       strcmp(entry->d_name + length - suffix, SUFFIX) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Of the directory itself. */
static int add_problem(struct declarations *list, const char *directory, char *text)
{
	struct declaration *declaration = &list->items[0];

	list->n = 1;
	declaration->problem = text;
	return text ? copy_text(directory, &declaration->file) : -ENOMEM;
}

static int add_ring(struct declarations *list, int directory_fd, const char *directory,
		    const char *file)
{
	struct declaration *declaration = &list->items[list->n++];
	int r;

	declaration->name = strndup(file, strlen(file) - strlen(SUFFIX));
	if (asprintf(&declaration->file, "%s/%s", directory, file) < 0)
		declaration->file = NULL;
	if (!declaration->name || !declaration->file)
		return -ENOMEM;
	r = read_file(directory_fd, file, declaration);
	return r < 0 && !declaration->problem ? -ENOMEM : 0;
}

static int read_all(struct declarations *list, const char *directory)
{
	_cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries = NULL;
	char *text = NULL;
	int n = 0, r = 0;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0)
		r = check_owner(fd, directory, &text);
	if (r == 0)
		n = fd < 0 ? -1 : scandirat(fd, ".", &entries, is_declaration, by_name);
	if (n < 0)
		r = set_problem(&text, -errno, "%s: cannot be read: %s", directory,
				strerror(errno));
	list->items = calloc(n > 0 ? (size_t)n : 1, sizeof(*list->items));
	if (!list->items) {
		free(text);
		r = -ENOMEM;
	} else if (r < 0) {
		r = add_problem(list, directory, text);
	}
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = add_ring(list, fd, directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int rings_d_read(const char *directory, struct declarations *ret)
{
	struct declarations list = {0};
	int r;

	r = read_all(&list, directory);
	if (r < 0) {
		declarations_done(&list);
		return r;
	}
	*ret = list;
	return 0;
}
