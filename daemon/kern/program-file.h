/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * program-file.h - reads and checks a program object file without the kernel
 *
 * Works on every machine; the fake port uses it, too.
 */
#ifndef KERN_PROGRAM_FILE_H
#define KERN_PROGRAM_FILE_H

#include <stddef.h>

struct bpf_object;
struct bpf_program;
struct kern_program_info;
struct note;

/*
 * Copies the file and checks ELF, descriptor and parameter struct, and that it has one loop program
 * and nothing else that the kernel could load. The caller frees *ret_image and, by layout_done(),
 * ret_info->layout.
 */
int program_file_read(int fd, struct note *note, struct kern_program_info *ret_info,
		      void **ret_image, size_t *ret_size);

/*
 * Opens an image with libbpf and checks its programs and maps. The caller closes the object, and
 * keeps the image until then. @name: the program's, for the note.
 */
int program_file_parse(const void *image, size_t size, const char *name, struct note *note,
		       struct bpf_object **ret_object, struct bpf_program **ret_step);

#endif
