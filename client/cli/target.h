/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* target.h - source and target of iouctl copy */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include <stdbool.h>
#include <sys/stat.h>

#include "cli.h"

struct source {
	const char *path;   /* borrowed */
	int fd;		    /* owned by the caller */
	struct stat status; /* before it is read */
};

struct target_options {
	bool atomic;
	bool no_clobber;
	bool force;
	bool sync;
	unsigned int preserve; /* PRESERVE_* */
};

struct target {
	const char *path; /* borrowed, for messages and for opening */
	const struct target_options *options;
	const struct source *source;
	int fd;		 /* owned by the caller after target_open() */
	bool created;	 /* @path did not exist; without --atomic, it does now */
	struct stat old; /* if it existed */
	/* with --atomic */
	int directory;	    /* owned; -1 */
	char *name;	    /* owned: in the directory */
	char temporary[32]; /* in the directory; "": the file has no name yet */
	bool installed;	    /* it has its name */
};

enum { TARGET_EXISTS = -1 }; /* --no-clobber: nothing is to be done */

/* Opens and inspects the source. 0, or STATUS_FAILED after a message. */
int source_open(struct source *source, const char *path);
/*
 * Opens the target, or with --atomic a file that is to take its place; truncates nothing. 0,
 * TARGET_EXISTS, or STATUS_FAILED after a message. While interrupts are not deferred, they remove
 * what it has created.
 */
int target_open(struct target *target, const char *path, const struct source *source,
		const struct target_options *options);
/*
 * When all is written: gives it its attributes, and with --atomic its name. Returns an exit status,
 * after an error message.
 */
int target_finish(struct target *target);
/*
 * Frees it, also after target_open() has failed. With --atomic it removes the new file, unless that
 * was installed. Leaves interrupts deferred.
 */
void target_done(struct target *target);

#endif
