/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * declaration.h - a ring that the administrator declares in a file of rings.d
 *
 * daemon/os reads declarations, daemon/declared keeps the rings as declared. To add a setting, add
 * a member here, a row in daemon/os/rings-d.c, its use in daemon/declared, and a paragraph in
 * iouringd.rings(5).
 */
#ifndef DAEMON_UTIL_DECLARATION_H
#define DAEMON_UTIL_DECLARATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

struct declared_file {
	char *slot;
	char *path;
	int access; /* O_RDONLY, O_WRONLY or O_RDWR; -1: as the program's slot requires */
};

/* Owns its texts, files and parameters. Zeroed: nothing. */
struct declaration {
	char *name;    /* of the ring, not validated; NULL: a problem of the whole directory */
	char *file;    /* path of the file, or of the directory */
	char *problem; /* what is wrong, with @file in it; NULL: all members below are valid */
	char *program;
	char *user; /* name, or number as text */
	struct declared_file *files;
	size_t n_files;			/* IOURD_SLOTS_MAX at most */
	struct json_object *parameters; /* or NULL */
	bool data_bytes_set;
	uint64_t data_bytes;
	bool rollback;
	bool start;
};

struct declarations { /* owns the items; zeroed: none */
	struct declaration *items;
	size_t n;
};

/* Frees what it owns, and zeroes it. */
void declaration_done(struct declaration *declaration);
void declarations_done(struct declarations *declarations);
/* Moves it out; @from is zeroed. */
struct declaration declaration_take(struct declaration *from);

#endif
