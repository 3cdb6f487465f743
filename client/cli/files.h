/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files.h - the files of a run: opened as the program's slots ask for it */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "iouctl.h"

#define FILES_MAX IOURD_SLOTS_MAX

struct run_file {
	char *slot;	  /* owned */
	const char *path; /* borrowed from the command line */
	int fd;		  /* owned */
	bool write;
	bool made; /* did not exist before */
};

struct run_files {
	struct run_file files[FILES_MAX];
	size_t n;
};

struct json_object;

/*
 * Opens what "SLOT=PATH" names; @slots: of a DescribeProgram reply. Files to be written are made if
 * missing, but not cut: that waits until the ring was granted. 0, or an exit status, all said.
 */
int files_open(struct run_files *files, struct json_object *slots, const char *slot_and_path);
/* Cuts the regular files that are only written to length 0. 0, or an exit status, all said. */
int files_truncate(struct run_files *files);
/* Removes the files that files_open made: the run never began. */
void files_undo(struct run_files *files);
void files_done(struct run_files *files);

#endif
