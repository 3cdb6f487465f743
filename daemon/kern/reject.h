/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reject.h - refusing a program object, with the reason in the note */
#ifndef KERN_REJECT_H
#define KERN_REJECT_H

struct note;

/* FAULT_PROGRAM_REJECTED, or -ENOMEM. @program: its name, NULL while that is not known. */
int reject(struct note *note, const char *program, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
