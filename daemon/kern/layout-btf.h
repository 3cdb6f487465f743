/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* layout-btf.h - the layout of a program's parameter struct, from the object's BTF */
#ifndef KERN_LAYOUT_BTF_H
#define KERN_LAYOUT_BTF_H

#define LAYOUT_NODES_MAX 4096u /* fields and enum values in all */

struct btf;
struct iourd_descriptor;
struct layout;
struct note;

/*
 * @descriptor: from descriptor_read(). Members without a field descriptor become private fields,
 * whatever their type. A described member of an unsupported type (pointer, union, bit-field,
 * floating point) is FAULT_PROGRAM_REJECTED, with its path.
 */
int layout_from_btf(const struct btf *btf, const struct iourd_descriptor *descriptor,
		    struct note *note, struct layout *ret);

#endif
