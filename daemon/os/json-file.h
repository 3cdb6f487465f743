/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json-file.h - reads a file with one JSON object and comments, and tells the lines of its keys */
#ifndef DAEMON_OS_JSON_FILE_H
#define DAEMON_OS_JSON_FILE_H

#include <stddef.h>

struct json_object;

struct json_file { /* zeroed: none */
	char *text;
	size_t size;
	struct json_object *object;
};

/*
 * Reads @fd, a regular file. @path is for the text in *ret_problem, which the caller frees (NULL
 * without memory).
 */
int json_file_read(int fd, const char *path, struct json_file *ret, char **ret_problem);
void json_file_done(struct json_file *file);
/*
 * Puts "PATH:LINE: " in front of the problem, with the line of @key, which json-c does not tell.
 * @key: with dots, as "files.source.path"; if it is not there, its nearest part that is. Returns
 * @r.
 */
int json_file_add_place(const struct json_file *file, const char *path, const char *key, int r,
			char **ret_problem);

#endif
