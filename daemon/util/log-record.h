/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log-record.h - structured records of the journal: the audit trail
 *
 * Nothing suppresses a record. The loop's thread does not wait for the journal: while it takes no
 * records, LOG_RECORDS_MAX are kept, and the number of those beyond is a record, too. Without a
 * journal, the message alone is a line on standard error. For the loop's thread only.
 */
#ifndef DAEMON_UTIL_LOG_RECORD_H
#define DAEMON_UTIL_LOG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/log.h"
#include "util/sha256.h"

#define LOG_RECORDS_MAX 4096

/* What a record is about: a MESSAGE_ID each, which iouringd(8) lists. Never change one. */
#define LOG_ID_RING_CREATED   "6f1dc8a1d2b34d2f9a3b6a3c0e7d5101"
#define LOG_ID_RING_CHANGED   "6f1dc8a1d2b34d2f9a3b6a3c0e7d5102" /* started, paused, resumed */
#define LOG_ID_RING_SWAPPED   "6f1dc8a1d2b34d2f9a3b6a3c0e7d5103" /* or rolled back */
#define LOG_ID_RING_ENDED     "6f1dc8a1d2b34d2f9a3b6a3c0e7d5104" /* stopped, failed, destroyed */
#define LOG_ID_PROGRAM_LOADED "6f1dc8a1d2b34d2f9a3b6a3c0e7d5105"
#define LOG_ID_REFUSED	      "6f1dc8a1d2b34d2f9a3b6a3c0e7d5106"
#define LOG_ID_RECORDS_LOST   "6f1dc8a1d2b34d2f9a3b6a3c0e7d5107"

/* The text of one record. Zero-initialise; log_record_send() frees it. */
struct log_record {
	char *text;
	size_t size;
	size_t message_at; /* for a line */
	enum log_level level;
	bool failed; /* without memory: it counts as lost */
};

void log_record_begin(struct log_record *record, enum log_level level, const char *message_id,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* @value NULL: none. */
void log_record_text(struct log_record *record, const char *field, const char *value);
void log_record_number(struct log_record *record, const char *field, int64_t value);
/* DIGEST, in hexadecimal digits. */
void log_record_digest(struct log_record *record, const uint8_t digest[SHA256_SIZE]);
/* CLIENT_PID, CLIENT_UNIT, CLIENT_CGROUP; @cgroup NULL: not known. */
void log_record_client(struct log_record *record, pid_t pid, const char *cgroup);
void log_record_send(struct log_record *record);

/* The journal is another one than that of the machine: for tests. */
void log_records_to(const char *socket_path);
/* @wake when records begin to wait; it has log_records_flush() called now and then. */
void log_records_set_wake(void (*wake)(void *arg), void *arg);
/* True: none waits any more. */
bool log_records_flush(void);

#endif
