/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/libbpf-log.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>

/* libbpf's print function has no argument for its caller. */
static _Thread_local struct libbpf_log *thread_log;

__attribute__((format(printf, 2, 0))) static int keep_warning(enum libbpf_print_level level,
							      const char *format, va_list arguments)
{
	struct libbpf_log *log = thread_log;
	size_t space;
	int n;

	if (!log || level != LIBBPF_WARN)
		return 0;
	space = sizeof(log->text) - log->length;
	n = vsnprintf(log->text + log->length, space, format, arguments);
	if (n > 0)
		log->length += (size_t)n < space ? (size_t)n : space - 1;
	return n;
}

void libbpf_log_install(void)
{
	libbpf_set_print(keep_warning);
}

void libbpf_log_to(struct libbpf_log *log)
{
	if (log) {
		log->length = 0;
		log->text[0] = '\0';
	}
	thread_log = log;
}
