/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* directory.h - opens the object files in the program directory, and nothing outside of it */
#ifndef PROGRAM_DIRECTORY_H
#define PROGRAM_DIRECTORY_H

struct note;

/*
 * Opens @name.bpf.o in @directory for reading. A symbolic link is followed if its target is a name
 * in the same directory. FAULT_PROGRAM_REJECTED: it leads anywhere else; its target is not touched.
 */
int directory_open(const char *directory, const char *name, struct note *note, int *ret_fd);

#endif
