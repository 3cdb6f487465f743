/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * program-file.h - a program object file, read and checked without the kernel's help
 *
 * Works on every machine: the fake port and `check` before a load use it too.
 */
#ifndef KERN_PROGRAM_FILE_H
#define KERN_PROGRAM_FILE_H

#include <stddef.h>

struct bpf_object;
struct bpf_program;
struct kern_program_info;
struct note;

/*
 * Copies the file behind @fd into memory and checks all of it: ELF, descriptor, that it holds one
 * loop program and nothing else that the kernel could be made to load, and the parameter struct.
 * The caller frees *ret_image and, by layout_done(), ret_info->layout.
 */
int program_file_read(int fd, struct note *note, struct kern_program_info *ret_info,
		      void **ret_image, size_t *ret_size);

/*
 * Has libbpf open an image and checks what is in it; the caller closes the object, and keeps the
 * image until then. @name: the program's, for the note.
 */
int program_file_parse(const void *image, size_t size, const char *name, struct note *note,
		       struct bpf_object **ret_object, struct bpf_program **ret_step);

#endif
