/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rings-d.h - the rings that the administrator has declared: one file for each, NAME.json
 *
 * A file that is wrong spoils no other: it stands in the list with what is wrong with it. To add a
 * setting: a member here, a row in rings-d.c, a paragraph in iouringd.conf(5).
 */
#ifndef DAEMON_OS_RINGS_D_H
#define DAEMON_OS_RINGS_D_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

struct rings_d_file {
	char *slot;
	char *path;
	int access; /* O_RDONLY, O_WRONLY, O_RDWR; -1: as the program's slot says */
};

struct rings_d_ring {
	char *name;    /* of the ring, as the file has it; NULL: of the directory itself */
	char *file;    /* its path */
	char *problem; /* what is wrong with it, with its path; NULL: nothing, and all else is set
			*/
	char *program;
	char *user; /* name, or number as text */
	struct rings_d_file *files;
	size_t n_files;
	struct json_object *parameters; /* or NULL */
	bool data_bytes_set;
	uint64_t data_bytes;
	bool rollback;
	bool start;
};

struct rings_d {		    /* embedded; owns all of it */
	struct rings_d_ring *rings; /* by name */
	size_t n_rings;
};

/*
 * Every *.json in @directory. One that cannot be read is a problem without a name; one that is not
 * there holds no ring. -ENOMEM only.
 */
int rings_d_read(const char *directory, struct rings_d *ret);
void rings_d_done(struct rings_d *rings);

#endif
