/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_LINE_MAX 2048 /* bytes; longer lines are truncated */

/* Whether standard error is the journal: $JOURNAL_STREAM is DEVICE:INODE of its socket. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

/* Text from a client must not start a line, or control a terminal. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

void log_line(enum log_level level, const char *format, ...)
{
	int saved = errno;
	char line[LOG_LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	errno = saved; /* for %m */
	if (vsnprintf(line, sizeof(line), format, arguments) < 0)
		line[0] = '\0';
	va_end(arguments);
	make_printable(line);
	if (stderr_is_journal())
		fprintf(stderr, "<%d>%s\n", level, line);
	else
		fprintf(stderr, "iouringd: %s\n", line);
	errno = saved;
}
