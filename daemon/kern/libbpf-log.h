/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libbpf-log.h - what libbpf would print, kept for whoever asked it for something
 *
 * libbpf has one print function for the process. Ours writes nothing to the standard error; it adds
 * warnings to the buffer that the calling thread has set, if any.
 */
#ifndef KERN_LIBBPF_LOG_H
#define KERN_LIBBPF_LOG_H

#include <stddef.h>

#define LIBBPF_LOG_SIZE 4096u

struct libbpf_log {
	size_t length;
	char text[LIBBPF_LOG_SIZE]; /* always ends with a NUL; what is too long is cut off */
};

/* Once, before libbpf is used. */
void libbpf_log_install(void);
/* Warnings of this thread go to @log (emptied here) from now on; NULL: nowhere. */
void libbpf_log_to(struct libbpf_log *log);

#endif
