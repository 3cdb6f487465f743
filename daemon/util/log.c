/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_LINE_MAX 2048 /* bytes; longer lines are truncated */

/* Whether standard error is the journal: $JOURNAL_STREAM is DEVICE:INODE of its socket. */
bool log_is_journal(void)
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

/* Does not wait for a journal that stands still: its line is lost, and that is told later. */
static void tell_journal(enum log_level level, const char *line)
{
	static unsigned int lost;
	char text[LOG_LINE_MAX + 64];
	unsigned int n = __atomic_exchange_n(&lost, 0, __ATOMIC_RELAXED);
	int length;

	if (n > 0)
		length = snprintf(text, sizeof(text),
				  "<%d>%u lines before this one were lost\n<%d>%s\n",
				  LOG_LEVEL_WARNING, n, level, line);
	else
		length = snprintf(text, sizeof(text), "<%d>%s\n", level, line);
	if (send(STDERR_FILENO, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		__atomic_add_fetch(&lost, n + 1, __ATOMIC_RELAXED);
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
	if (log_is_journal())
		tell_journal(level, line);
	else
		fprintf(stderr, "iouringd: %s\n", line);
	errno = saved;
}
