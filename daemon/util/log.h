/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log.h - log lines for the administrator, on standard error
 *
 * If standard error is systemd's journal, each line has a level prefix. A message is one sentence
 * that names the object, what happened to it, and what to do. Any thread may log.
 */
#ifndef DAEMON_UTIL_LOG_H
#define DAEMON_UTIL_LOG_H

enum log_level { /* syslog's numbers */
		 LOG_LEVEL_ERROR = 3,
		 LOG_LEVEL_WARNING = 4,
		 LOG_LEVEL_NOTICE = 5,
		 LOG_LEVEL_INFO = 6,
};

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_line(LOG_LEVEL_INFO, __VA_ARGS__)

#endif
