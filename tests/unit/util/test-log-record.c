/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of the audit trail: none is lost while the journal does not read, and nobody waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/log-record.h"

#define PATIENCE 20 /* seconds until a daemon that waits is ended */

static char directory[] = "/tmp/log-record-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static unsigned int woken;

static int listen_here(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlink(address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void on_wake(void *arg)
{
	woken++;
}

static void send_one(unsigned int number)
{
	struct log_record record;

	log_record_begin(&record, LOG_LEVEL_INFO, LOG_ID_RING_CREATED, "number %u", number);
	log_record_text(&record, "RING", "a\nPRIORITY=0"); /* no new field */
	log_record_text(&record, "REASON", NULL);
	log_record_client(&record, 7, "system.slice/a.service/b");
	log_record_send(&record);
}

/* The value of @field in a record, or "". */
static const char *value(const char *text, size_t size, const char *field)
{
	static char found[256];
	size_t at = 0;

	while (at < size) {
		const char *name = text + at, *end = memchr(name, '\n', size - at);
		uint64_t length = 0;

		assert_non_null(end);
		at += (size_t)(end - name) + 1;
		for (size_t i = 0; i < 8; i++)
			length |= (uint64_t)(unsigned char)text[at + i] << (8 * i);
		at += 8;
		assert_true(length < sizeof(found) && at + length < size);
		if ((size_t)(end - name) == strlen(field) &&
		    memcmp(name, field, strlen(field)) == 0) {
			snprintf(found, sizeof(found), "%.*s", (int)length, text + at);
			return found;
		}
		at += length;
		assert_int_equal(text[at++], '\n');
	}
	return "";
}

static bool read_one(int fd, char text[4096], size_t *ret_size)
{
	ssize_t n = recv(fd, text, 4096, MSG_DONTWAIT);

	*ret_size = n < 0 ? 0 : (size_t)n;
	return n >= 0;
}

static void test_fields(void **state)
{
	int fd = listen_here();
	char text[4096];
	size_t size;

	send_one(1);
	assert_true(read_one(fd, text, &size));
	assert_string_equal(value(text, size, "MESSAGE_ID"), LOG_ID_RING_CREATED);
	assert_string_equal(value(text, size, "MESSAGE"), "number 1");
	assert_string_equal(value(text, size, "PRIORITY"), "6");
	assert_string_equal(value(text, size, "RING"), "a\nPRIORITY=0");
	assert_string_equal(value(text, size, "REASON"), "");
	assert_string_equal(value(text, size, "CLIENT_PID"), "7");
	assert_string_equal(value(text, size, "CLIENT_UNIT"), "a.service");
	close(fd);
}

static void test_journal_stands_still(void **state)
{
	unsigned int expected = 0, number = 0, lost = 0;
	char text[4096], message[64];
	int fd = listen_here();
	bool all;
	size_t size;

	log_records_set_wake(on_wake, NULL);
	woken = 0;
	alarm(PATIENCE);
	for (; number < LOG_RECORDS_MAX / 2; number++)
		send_one(number);
	assert_true(woken > 0);
	/* it goes away for a restart, and comes back */
	close(fd);
	send_one(number++);
	fd = listen_here();
	do {
		all = log_records_flush();
		while (read_one(fd, text, &size)) {
			/* what the socket that was closed had in its queue is gone */
			unsigned int found = (unsigned int)atoi(value(text, size, "MESSAGE") +
								strlen("number "));

			assert_true(expected == 0 || found == expected);
			expected = found + 1;
		}
	} while (!all);
	assert_int_equal(expected, number);

	for (unsigned int i = 0; i < 2 * LOG_RECORDS_MAX; i++)
		send_one(i);
	expected = 0;
	do {
		all = log_records_flush();
		while (read_one(fd, text, &size)) {
			if (strcmp(value(text, size, "MESSAGE_ID"), LOG_ID_RECORDS_LOST) == 0) {
				lost = (unsigned int)atoi(value(text, size, "RECORDS"));
				continue;
			}
			snprintf(message, sizeof(message), "number %u", expected++);
			assert_string_equal(value(text, size, "MESSAGE"), message);
		}
	} while (!all);
	while (read_one(fd, text, &size))
		lost = (unsigned int)atoi(value(text, size, "RECORDS"));
	assert_true(expected >= LOG_RECORDS_MAX);
	assert_int_equal(expected + lost, 2 * LOG_RECORDS_MAX); /* what is lost is told */
	alarm(0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_journal_stands_still),
	};
	int failed;

	if (!mkdtemp(directory))
		return 1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
	log_records_to(address.sun_path);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests_name("util-log-record", tests, NULL, NULL);
	unlink(address.sun_path);
	rmdir(directory);
	return failed;
}
