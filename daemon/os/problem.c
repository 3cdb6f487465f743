/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/problem.h"

#include <stdarg.h>
#include <stdio.h>

int set_problem(char **ret_problem, int r, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	*ret_problem = vasprintf(&text, format, arguments) < 0 ? NULL : text;
	va_end(arguments);
	return r;
}
