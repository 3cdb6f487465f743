/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files-on-disk.h - small files of a test that copies */
#ifndef UNIT_CLI_FILES_ON_DISK_H
#define UNIT_CLI_FILES_ON_DISK_H

#include <sys/types.h>

/* Creates the file, or replaces its content; @mode: whatever the umask is. */
void write_file(const char *path, const char *content, mode_t mode);
/* The file has that content, of less than 64 bytes. */
void assert_content(const char *path, const char *content);

#endif
