/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libbpf-log.h - keeps libbpf's warnings for the caller of libbpf
 *
 * libbpf has one print function for the process. This one prints nothing; it appends warnings to
 * the buffer that the calling thread has set, if any.
 */
#ifndef KERN_LIBBPF_LOG_H
#define KERN_LIBBPF_LOG_H

#include <stddef.h>

#define LIBBPF_LOG_SIZE 4096u

struct libbpf_log {
	size_t length;
	char text[LIBBPF_LOG_SIZE]; /* NUL-terminated; truncated */
};

/* Once, before libbpf is used. */
void libbpf_log_install(void);
/* Empties @log and directs this thread's warnings to it; NULL: discards them. */
void libbpf_log_to(struct libbpf_log *log);

#endif
