/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log.h - log lines for the administrator, on standard error
 *
 * If standard error is systemd's journal, each line has a level prefix, and nobody waits for it. A
 * message is one sentence that names the object, what happened to it, and what to do. Any thread
 * may log.
 */
#ifndef DAEMON_UTIL_LOG_H
#define DAEMON_UTIL_LOG_H

#include <stdbool.h>
#include <sys/types.h>

enum log_level { /* syslog's numbers */
		 LOG_LEVEL_ERROR = 3,
		 LOG_LEVEL_WARNING = 4,
		 LOG_LEVEL_NOTICE = 5,
		 LOG_LEVEL_INFO = 6,
};

/* Whether standard error is the journal. */
bool log_is_journal(void);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Lines that a client causes: LOG_OF_CLIENT_MAX of a user in ten seconds, so that no client fills
 * the journal. A later line has the number of those that were suppressed. For the loop's thread.
 */
#define LOG_OF_CLIENT_MAX 10u
bool log_of_client_fits(uid_t uid); /* takes one of these lines */
void log_of_client(enum log_level level, uid_t uid, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)	 log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_line(LOG_LEVEL_INFO, __VA_ARGS__)

#endif
