/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/reject.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "wire/cleanup.h"
#include "wire/fault.h"

int reject(struct note *note, const char *program, const char *format, ...)
{
	_cleanup_free_ char *reason = NULL;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(&reason, format, arguments);
	va_end(arguments);
	if (n < 0) {
		reason = NULL;
		return -ENOMEM;
	}
	return fault_program_rejected(note, program ? program : "(object)", reason, "");
}
