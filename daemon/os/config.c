/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/json-file.h"
#include "os/problem.h"
#include "common/cleanup.h"

static void put_json(struct json_object **object)
{
	json_object_put(*object);
}

static int64_t *number_of(struct config *config, const struct config_key *key)
{
	return (int64_t *)(void *)((char *)config + key->offset);
}

static char **path_of(struct config *config, const struct config_key *key)
{
	return (char **)(void *)((char *)config + key->offset);
}

static int replace_path(struct config *config, const struct config_key *key, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	free(*path_of(config, key));
	*path_of(config, key) = copy;
	return 0;
}

int config_init(struct config *config)
{
	memset(config, 0, sizeof(*config));
	for (const struct config_key *key = config_keys; key->name; key++) {
		int r = 0;

		if (key->kind == CONFIG_PATH)
			r = replace_path(config, key, key->path);
		else
			*number_of(config, key) = key->number;
		if (r < 0) {
			config_done(config);
			return r;
		}
	}
	return 0;
}

void config_done(struct config *config)
{
	for (const struct config_key *key = config_keys; key->name; key++) {
		if (key->kind == CONFIG_PATH)
			free(*path_of(config, key));
	}
	memset(config, 0, sizeof(*config));
}

/* The index of @text among @choices; -1 if it is none of them. */
static int find_choice(const char *const *choices, const char *text)
{
	for (int i = 0; choices[i]; i++)
		if (strcmp(choices[i], text) == 0)
			return i;
	return -1;
}

static int bad_choice(char **ret_problem, const char *before, const struct config_key *key,
		      const char *value)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; key->choices[i] && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s\"%s\"",
					 used ? ", " : "", key->choices[i]);
	return set_problem(ret_problem, -EINVAL, "%s%s is %.80s, expected one of %s", before,
			   key->name, value, known);
}

/* @before: nothing, or "option --". */
static int bad_value(char **ret_problem, const char *before, const struct config_key *key,
		     const char *value)
{
	if (key->kind == CONFIG_NUMBER)
		return set_problem(ret_problem, -EINVAL,
				   "%s%s is %.80s, expected a whole number from %lld to %lld",
				   before, key->name, value, (long long)key->minimum,
				   (long long)key->maximum);
	if (key->kind == CONFIG_CHOICE)
		return bad_choice(ret_problem, before, key, value);
	return set_problem(ret_problem, -EINVAL, "%s%s is %.80s, expected an absolute path", before,
			   key->name, value);
}

static int set_json(struct config *config, const struct config_key *key, struct json_object *value,
		    char **ret_problem)
{
	int64_t number;

	if (key->kind == CONFIG_CHOICE) {
		const char *text = json_object_get_string(value);
		int choice =
			json_object_is_type(value, json_type_string) &&
					strlen(text) == (size_t)json_object_get_string_len(value)
				? find_choice(key->choices, text)
				: -1;

		if (choice < 0)
			return bad_value(ret_problem, "", key, json_object_to_json_string(value));
		*number_of(config, key) = choice;
		return 0;
	}
	if (key->kind == CONFIG_PATH) {
		const char *text = json_object_get_string(value);

		if (!json_object_is_type(value, json_type_string) || text[0] != '/' ||
		    strlen(text) != (size_t)json_object_get_string_len(value))
			return bad_value(ret_problem, "", key, json_object_to_json_string(value));
		return replace_path(config, key, text);
	}
	number = json_object_get_int64(value); /* saturates */
	if (!json_object_is_type(value, json_type_int) || number < key->minimum ||
	    number > key->maximum)
		return bad_value(ret_problem, "", key, json_object_to_json_string(value));
	*number_of(config, key) = number;
	return 0;
}

int config_set_text(struct config *config, const struct config_key *key, const char *text,
		    char **ret_problem)
{
	*ret_problem = NULL;
	if (text[0] != '/')
		return bad_value(ret_problem, "option --", key, text);
	return replace_path(config, key, text);
}

static int unknown_key(char **ret_problem, const char *name)
{
	char known[1024] = "";
	size_t used = 0;

	for (const struct config_key *key = config_keys; key->name && used < sizeof(known); key++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 used ? ", " : "", key->name);
	return set_problem(ret_problem, -EINVAL, "unknown setting \"%.80s\", expected one of: %s",
			   name, known);
}

static int apply(struct config *config, const char *path, const struct json_file *file,
		 char **ret_problem)
{
	json_object_object_foreach(file->object, name, value) {
		const struct config_key *key = config_keys;
		int r;

		while (key->name && strcmp(key->name, name) != 0)
			key++;
		r = key->name ? set_json(config, key, value, ret_problem)
			      : unknown_key(ret_problem, name);
		if (r < 0)
			return json_file_add_place(file, path, name, r, ret_problem);
	}
	return 0;
}

int config_read_file(struct config *config, const char *path, char **ret_problem)
{
	_cleanup_(json_file_done) struct json_file file = {};
	_cleanup_close_ int fd = -1;
	int r;

	*ret_problem = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		r = -errno;
		return set_problem(ret_problem, r, "cannot read %s: %s", path, strerror(-r));
	}
	r = json_file_read(fd, path, &file, ret_problem);
	if (r < 0)
		return r;
	return apply(config, path, &file, ret_problem);
}

static int is_drop_in(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".conf") == 0;
}

/* Compares bytes: the order must not depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int config_read_directory(struct config *config, const char *directory, char **ret_problem)
{
	struct dirent **entries;
	int n, r = 0;

	*ret_problem = NULL;
	n = scandir(directory, &entries, is_drop_in, by_name);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0) {
		r = -errno;
		return set_problem(ret_problem, r, "cannot read %s: %s", directory, strerror(-r));
	}
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *path = NULL;

		if (r == 0 && asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0) {
			path = NULL;
			r = -ENOMEM;
		}
		if (r == 0)
			r = config_read_file(config, path, ret_problem);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static struct json_object *value_of(const struct config *config, const struct config_key *key)
{
	const void *at = (const char *)config + key->offset;

	if (key->kind == CONFIG_PATH)
		return json_object_new_string(*(char *const *)at);
	if (key->kind == CONFIG_CHOICE)
		return json_object_new_string(key->choices[*(const int64_t *)at]);
	return json_object_new_int64(*(const int64_t *)at);
}

int config_print(const struct config *config, char **ret)
{
	_cleanup_(put_json) struct json_object *object = json_object_new_object();
	const char *text;

	if (!object)
		return -ENOMEM;
	for (const struct config_key *key = config_keys; key->name; key++) {
		struct json_object *value = value_of(config, key);

		if (!value || json_object_object_add(object, key->name, value) < 0) {
			json_object_put(value);
			return -ENOMEM;
		}
	}
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_SPACED |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
	*ret = text ? strdup(text) : NULL;
	return *ret ? 0 : -ENOMEM;
}
