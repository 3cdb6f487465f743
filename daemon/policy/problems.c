/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void problems_done(struct problems *problems)
{
	for (size_t i = 0; i < PROBLEMS_MAX; i++)
		free(problems->texts[i]);
	*problems = (struct problems){};
}

void problems_add(struct problems *problems, const char *format, ...)
{
	va_list arguments;
	char *text;

	if (problems->n++ >= PROBLEMS_MAX)
		return;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	problems->texts[problems->n - 1] = text;
}
