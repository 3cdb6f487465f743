/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/reject.h"

#include <stdarg.h>
#include <stdio.h>

#include "kern/names.h"
#include "wire/fault.h"

#define REASON_SIZE 512u

int reject(struct note *note, const char *program, const char *format, ...)
{
	char reason[REASON_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	make_printable(reason);
	return fault_program_rejected(note, program ? program : "(object)", reason, "");
}

int reject_with_log(struct note *note, const char *program, const char *reason, char *log)
{
	make_printable(log);
	return fault_program_rejected(note, program, reason, log);
}

int reject_as(struct note *note, const char *program, const char *reason, char *log)
{
	char text[REASON_SIZE];

	snprintf(text, sizeof(text), "%s", reason);
	make_printable(text);
	return reject_with_log(note, program ? program : "(object)", text, log);
}
