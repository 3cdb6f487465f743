/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files.h - the files of a run, opened for the access that the program's slots need */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "iouctl.h"

#define FILES_MAX IOURD_SLOTS_MAX

struct run_file {
	char *slot;	  /* owned */
	const char *path; /* borrowed from the command line */
	int fd;		  /* owned; -1 after files_close() */
	bool writable;
	bool write_only;
	bool created; /* by files_open() */
	bool aside;   /* not what @path names yet: nothing is said of it if the work fails */
};

struct run_files {
	struct run_file files[FILES_MAX];
	size_t n;
};

struct json_object;

/*
 * Opens the file of a word "SLOT=PATH"; @slots: of a DescribeProgram reply. Creates a missing file
 * that is to be written, but truncates none: that is for files_truncate(), once the ring exists.
 * 0, or an exit status after an error message.
 */
int files_open(struct run_files *files, struct json_object *slots, const char *slot_and_path);
/*
 * Opens a file without waiting for the other end of a FIFO; the daemon refuses it, with a reason.
 * The descriptor does not stay non-blocking. Returns it, or -errno.
 */
int files_open_at_once(int directory, const char *path, int flags, mode_t mode);
/* Refuses a file that io_uring reads as empty, with a message: STATUS_FAILED, otherwise 0. */
int files_check_source(const char *path, int fd);
/* The file for @slot, or NULL. */
const struct run_file *files_find(const struct run_files *files, const char *slot);
/* Adds an open file. @slot is copied; file->slot is set here. There is room for it. */
void files_add(struct run_files *files, const char *slot, const struct run_file *file);
/*
 * Truncates the regular files that are only written. 0, or an exit status after an error message.
 */
int files_truncate(struct run_files *files);
/* Removes the files that files_open() created, for a run that did not begin. */
void files_unlink_created(struct run_files *files);
/*
 * After the work is done: file systems such as NFS, CIFS and FUSE report some failed writes when
 * the file is closed. 0, or STATUS_WORK_FAILED after an error message for each such file.
 */
int files_close(struct run_files *files);
void files_done(struct run_files *files);

#endif
