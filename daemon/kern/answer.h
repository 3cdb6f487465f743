/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * answer.h - what iouring-loader sends to the daemon on its socket, and then it exits
 *
 * A head, and the content of its kind, in native byte order; a text ends with a NUL:
 *
 *   INSPECTED  struct iourd_descriptor, the struct's size, a list of fields
 *   LOADED     nothing; the program's descriptor accompanies the head (SCM_RIGHTS)
 *   REFUSED    texts: the program's name, the reason, the log
 *   FAILED     int32_t: an errno, because the environment failed
 *
 *   list       uint32_t n, then n fields
 *   field      uint32_t kind, offset, size, count; its name;
 *              of an enum: uint32_t n, then n times int64_t number, text;
 *              of a struct: a list
 *
 * The loader has parsed a hostile object, which may have taken it over: the reader believes
 * nothing. So an answer has no digest (the daemon has the object), and nothing of a field that the
 * descriptor says (access, unit, range, help): the daemon adds these itself.
 */
#ifndef KERN_ANSWER_H
#define KERN_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct kern_program_info;
struct note;

#define ANSWER_MAGIC	 0x4177756fu
#define ANSWER_VERSION	 1u
#define ANSWER_MAX	 (1u << 20)    /* bytes */
#define ANSWER_ANONYMOUS "(anonymous)" /* the name of a member that has none */

enum answer_kind { ANSWER_INSPECTED = 1, ANSWER_LOADED, ANSWER_REFUSED, ANSWER_FAILED };

struct answer_head {
	uint32_t magic;
	uint16_t version;
	uint16_t kind;
};

/* The loader's part. The caller checks the stream for errors. */
void answer_write_inspected(FILE *to, const struct kern_program_info *info);
void answer_write_loaded(FILE *to);
/* @r: FAULT_PROGRAM_REJECTED with its note, or -errno. */
void answer_write_failure(FILE *to, int r, const struct note *note);

/*
 * The daemon's part. 0 if the answer is of kind @expected; for INSPECTED, *@ret then has a
 * descriptor and layout that are checked as those of an object are, and zeros otherwise;
 * layout_done() frees. FAULT_PROGRAM_REJECTED: the loader refused, or its answer is damaged.
 * -EPROTONOSUPPORT: the loader is of another version. Otherwise the loader's errno.
 */
int answer_read(const void *bytes, size_t size, enum answer_kind expected, struct note *note,
		struct kern_program_info *ret);

#endif
