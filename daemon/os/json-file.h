/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json-file.h - a file with one JSON object and comments, as an administrator writes it */
#ifndef DAEMON_OS_JSON_FILE_H
#define DAEMON_OS_JSON_FILE_H

struct json_object;

/*
 * What @fd, a regular file, holds. @path is for *ret_problem, a sentence that the caller frees
 * (NULL: no memory for it). -errno; otherwise the caller puts *ret.
 */
int json_file_read(int fd, const char *path, struct json_object **ret, char **ret_problem);

#endif
