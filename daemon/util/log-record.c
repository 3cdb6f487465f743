/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log-record.c - the journal's native protocol, without waiting
 *
 * sd_journal_sendv() waits while the socket's queue is full, so whoever stops journald would stop
 * the daemon.
 */
#include "util/log-record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/list.h"
#include "common/container-of.h"
#include "util/cgroup.h"

#define JOURNAL	    "/run/systemd/journal/socket"
#define MESSAGE_MAX 1024 /* bytes, as the next */
#define UNIT_MAX    256

struct waiting {
	struct list_link link;
	size_t size;
	char text[];
};

static struct {
	int fd; /* -1: not made yet, or there is no journal */
	struct sockaddr_un address;
	bool opened;
	bool forced; /* log_records_to() was called */
	struct list queue;
	size_t n;
	size_t lost;
	void (*wake)(void *arg);
	void *arg;
} journal = {.fd = -1};

/* ---- one record ---- */

static void append(struct log_record *record, const void *bytes, size_t n)
{
	char *text = record->failed ? NULL : realloc(record->text, record->size + n);

	if (!text) {
		record->failed = true;
		return;
	}
	memcpy(text + record->size, bytes, n);
	record->text = text;
	record->size += n;
}

/* A value with line breaks has its length in front; this is fine for all. */
void log_record_text(struct log_record *record, const char *field, const char *value)
{
	uint64_t size;
	unsigned char bytes[8];

	if (!value)
		return;
	size = strlen(value);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(size >> (8 * i));
	append(record, field, strlen(field));
	append(record, "\n", 1);
	append(record, bytes, sizeof(bytes));
	append(record, value, size);
	append(record, "\n", 1);
}

void log_record_number(struct log_record *record, const char *field, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	log_record_text(record, field, text);
}

void log_record_digest(struct log_record *record, const uint8_t digest[SHA256_SIZE])
{
	char text[SHA256_TEXT_SIZE];

	sha256_text(digest, text);
	log_record_text(record, "DIGEST", text);
}

void log_record_client(struct log_record *record, pid_t pid, const char *cgroup)
{
	char unit[UNIT_MAX];

	if (pid != 0)
		log_record_number(record, "CLIENT_PID", pid);
	if (!cgroup || !*cgroup)
		return;
	log_record_text(record, "CLIENT_CGROUP", cgroup);
	if (cgroup_unit(cgroup, sizeof(unit), unit))
		log_record_text(record, "CLIENT_UNIT", unit);
}

void log_record_begin(struct log_record *record, enum log_level level, const char *message_id,
		      const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	*record = (struct log_record){.level = level};
	log_record_text(record, "MESSAGE_ID", message_id);
	log_record_number(record, "PRIORITY", level);
	log_record_text(record, "SYSLOG_IDENTIFIER", "iouringd");
	/* its value ends the text so far, with a line break */
	log_record_text(record, "MESSAGE", message);
	record->message_at = record->size - strlen(message) - 1;
}

/* ---- the journal ---- */

static void open_journal(void)
{
	if (journal.opened)
		return;
	journal.opened = true;
	list_init(&journal.queue);
	if (!journal.forced) {
		if (!log_is_journal())
			return;
		journal.address = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = JOURNAL};
	}
	journal.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void log_records_to(const char *socket_path)
{
	journal.address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(journal.address.sun_path, sizeof(journal.address.sun_path), "%s", socket_path);
	journal.forced = true;
}

void log_records_set_wake(void (*wake)(void *arg), void *arg)
{
	journal.wake = wake;
	journal.arg = arg;
}

/* False: it takes none now. A journal that is away, for a restart, keeps us waiting, too. */
static bool try_send(const char *text, size_t size)
{
	ssize_t n;

	do
		n = sendto(journal.fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL,
			   (const struct sockaddr *)&journal.address, sizeof(journal.address));
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EMSGSIZE)
		journal.lost++;
	return n >= 0 || errno == EMSGSIZE;
}

static void tell_lost(void)
{
	struct log_record record;
	size_t lost = journal.lost;

	if (lost == 0)
		return;
	log_record_begin(&record, LOG_LEVEL_ERROR, LOG_ID_RECORDS_LOST,
			 "%zu records of the audit trail were lost, because the journal took none",
			 lost);
	log_record_number(&record, "RECORDS", (int64_t)lost);
	if (!record.failed && try_send(record.text, record.size))
		journal.lost -= lost;
	free(record.text);
}

bool log_records_flush(void)
{
	struct list_link *link;

	if (journal.fd < 0)
		return true;
	while ((link = list_first(&journal.queue))) {
		struct waiting *waiting = container_of(link, struct waiting, link);

		if (!try_send(waiting->text, waiting->size))
			return false;
		list_unlink(link);
		free(waiting);
		journal.n--;
	}
	tell_lost();
	return journal.lost == 0;
}

static void keep(const struct log_record *record)
{
	struct waiting *waiting = NULL;

	if (journal.n < LOG_RECORDS_MAX)
		waiting = calloc(1, sizeof(*waiting) + record->size);
	if (!waiting) {
		journal.lost++;
		return;
	}
	waiting->size = record->size;
	memcpy(waiting->text, record->text, record->size);
	list_append(&journal.queue, &waiting->link);
	journal.n++;
}

static void print_line(const struct log_record *record)
{
	const char *message = record->text + record->message_at;

	log_line(record->level, "%.*s", (int)strcspn(message, "\n"), message);
}

void log_record_send(struct log_record *record)
{
	_cleanup_free_ char *text = record->text;

	open_journal();
	if (record->failed)
		journal.lost++;
	else if (journal.fd < 0)
		print_line(record);
	else if (!log_records_flush() || !try_send(record->text, record->size))
		keep(record);
	if ((journal.n > 0 || journal.lost > 0) && journal.wake)
		journal.wake(journal.arg);
}
