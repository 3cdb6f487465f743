/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* layout-btf.h - the layout of a program's parameter struct, out of the object's own BTF */
#ifndef KERN_LAYOUT_BTF_H
#define KERN_LAYOUT_BTF_H

struct btf;
struct iourd_descriptor;
struct layout;
struct note;

/*
 * @descriptor must have been checked by descriptor_read(). Members that no field descriptor names
 * become private ones; whatever type they have. A named member of a type that has no place in a
 * layout (pointer, union, bit-field, floating point) is FAULT_PROGRAM_REJECTED, with its path.
 */
int layout_from_btf(const struct btf *btf, const struct iourd_descriptor *descriptor,
		    struct note *note, struct layout *ret);

#endif
