/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reject.h - refuses a program object, with the reason in the note */
#ifndef KERN_REJECT_H
#define KERN_REJECT_H

struct note;

/*
 * Returns FAULT_PROGRAM_REJECTED. @program: its name, NULL while unknown. Reason and log may quote
 * the object: unprintable characters become '?', and the reason is truncated.
 */
int reject(struct note *note, const char *program, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, with the log of libbpf or the verifier, which is made printable in place. */
int reject_with_log(struct note *note, const char *program, const char *reason, char *log);
/* The same, with a reason of unknown origin, as reject() treats one. */
int reject_as(struct note *note, const char *program, const char *reason, char *log);

#endif
