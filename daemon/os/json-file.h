/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json-file.h - reads a file with one JSON object and comments */
#ifndef DAEMON_OS_JSON_FILE_H
#define DAEMON_OS_JSON_FILE_H

struct json_object;

/*
 * Reads @fd, a regular file. @path is for the text in *ret_problem, which the caller frees (NULL
 * without memory). The caller puts *ret.
 */
int json_file_read(int fd, const char *path, struct json_object **ret, char **ret_problem);

#endif
