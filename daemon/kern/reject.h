/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reject.h - refusing a program object, with the reason in the note */
#ifndef KERN_REJECT_H
#define KERN_REJECT_H

struct note;

/*
 * FAULT_PROGRAM_REJECTED. @program: its name, NULL while that is not known. Reason and log may have
 * texts out of the object: what is not printable ASCII becomes '?', and the reason is cut off after
 * some hundred bytes.
 */
int reject(struct note *note, const char *program, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, with what libbpf or the verifier said, which is made printable in place. */
int reject_with_log(struct note *note, const char *program, const char *reason, char *log);

#endif
