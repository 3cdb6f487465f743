/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz-socket.c - a client that calls every method of the service in every way but the right one
 *
 * usage: fuzz-socket SEED SECONDS
 *
 * Calls are made from the tables of the interface: each field gets a value that its type allows, or
 * rarely another one, is left out, or comes twice. Descriptors are of odd kinds, among them those
 * that the service itself has sent. Calls come in pieces, several at once, damaged, or without an
 * end, on several connections. Every reply must be a message. At the end it prints how often what
 * was replied; it fails if the service could not be reached, or sent anything that is no message.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/fd-passing.h"
#include "odd-files.h"
#include "wire/frame.h"
#include "wire/manager.h"
#include "wire/message.h"
#include "wire/socket.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CONNECTIONS  6
#define KEPT_MAX     8	  /* descriptors that the service has sent */
#define CALL_MAX     8192 /* bytes */
#define PATIENCE_MS  60000
#define NAMES_MAX    64
#define ENDLESS_ODD  40 /* one in so many calls has no end */

struct connection {
	int fd; /* -1: none */
	struct frame_reader reader;
	unsigned int expected; /* replies; none are waited for behind a Watch, which has no end */
	bool watching;
	bool takes_fds; /* the last call's method does */
};

static struct connection connections[CONNECTIONS];
static int odd[64], kept[KEPT_MAX];
static size_t n_odd;
static uint64_t state, n_calls, n_replies, n_hang_ups;

/* How often each error was replied, and success. */
static struct {
	char name[80];
	uint64_t n;
} tally[NAMES_MAX];

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "fuzz-socket: %s: %s\n", what, why);
	exit(1);
}

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % n;
}

static bool one_in(uint32_t n)
{
	return below(n) == 0;
}

/* ---- descriptors ---- */

static void open_odd_files(void)
{
#define KEEP(kind, open_it)                                                                        \
	odd[n_odd] = (open_it);                                                                    \
	n_odd += odd[n_odd] >= 0 && n_odd + 1 < COUNT(odd);
	ODD_FILES(KEEP)
#undef KEEP
	for (size_t i = 0; i < KEPT_MAX; i++)
		kept[i] = -1;
}

static void keep(const struct schema_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++) {
		int *at = &kept[below(KEPT_MAX)];

		*at = safe_close(*at);
		if (one_in(2))
			*at = fcntl(fds->fds[i], F_DUPFD_CLOEXEC, 3);
	}
}

/* Plain files most of the time, so that rings are made. */
static int any_file(void)
{
	int fd = kept[below(KEPT_MAX)];

	if (one_in(4) && fd >= 0)
		return fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (one_in(3))
		return fcntl(odd[below((uint32_t)n_odd)], F_DUPFD_CLOEXEC, 3);
	fd = memfd_create("file", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, (off_t)below(3) * 10000) < 0)
		fd = safe_close(fd);
	return fd;
}

/* ---- a call ---- */

static char text[CALL_MAX + 1];
static size_t length;

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What does not fit is cut off: the call is damaged then. */
static void put(const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(text + length, sizeof(text) - length, format, arguments);
	va_end(arguments);
	if (n > 0)
		length += (size_t)n < sizeof(text) - length ? (size_t)n : sizeof(text) - length - 1;
}

static void put_odd_value(unsigned int depth)
{
	static const char *const values[] = {
		"null",
		"true",
		"-1",
		"0",
		"9223372036854775807",
		"18446744073709551616",
		"1e300",
		"\"\"",
		"\"\\u0000\"",
		"\"\\ud800\"",
		"\"../../etc/passwd\"",
		"\"root/r\"",
		"\"1000/r0\"",
		"[]",
		"{}",
	};

	switch (depth < 20 ? below(8) : 7) {
	case 0:
		put("[");
		put_odd_value(depth + 1);
		put("]");
		break;
	case 1:
		put("{\"x\":");
		put_odd_value(depth + 1);
		put("}");
		break;
	case 2:
		put("\"%0*d\"", (int)below(600), 0);
		break;
	default:
		put("%s", values[below(COUNT(values))]);
		break;
	}
}

/* Words that mean something for a field of that name. */
static void put_text(const char *name)
{
	static const char *const words[][5] = {
		{"ring", "r0", "r1", "r2", "r3"},
		{"name", "r0", "r1", "r2", "r3"},
		{"program", "copy", "copy-paced", "nop", "chase"},
		{"slot", "source", "target", "file", "source"},
		{"interface", MANAGER_INTERFACE, SERVICE_INTERFACE, "a.b", ""},
	};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(words[i][0], name) == 0) {
			put("\"%s\"", words[i][1 + below(4)]);
			return;
		}
	}
	put("\"%s\"", one_in(2) ? "depth" : "alice");
}

static void put_parameters(void)
{
	static const char *const known[] = {
		"{\"depth\":4}",
		"{\"depth\":1,\"operations\":1000}",
		"{\"block_size\":4096,\"sync\":true}",
		"{\"bytes_per_second\":1000}",
		"{\"depth\":-1}",
		"{}",
	};

	put("%s", known[below(COUNT(known))]);
}

static void put_object(const struct schema_type *type, unsigned int depth);

static void put_list(const struct schema_field *field, unsigned int depth)
{
	static const char *const slots[][2] = {{"source", "target"}, {"file", "file"}};
	unsigned int n = below(4), kind = below(2);

	put("[");
	if (field->kind == SCHEMA_STRUCTS && strcmp(field->name, "files") == 0 && !one_in(4))
		put("{\"slot\":\"%s\",\"fileDescriptor\":0},"
		    "{\"slot\":\"%s\",\"fileDescriptor\":1}",
		    slots[kind][0], slots[kind][1]);
	else
		for (unsigned int i = 0; i < n; i++) {
			put(i ? "," : "");
			if (field->kind == SCHEMA_STRUCTS)
				put_object(field->type, depth + 1);
			else if (field->kind == SCHEMA_TEXTS)
				put_text(field->name);
			else
				put_parameters();
		}
	put("]");
}

static void put_value(const struct schema_field *field, unsigned int depth)
{
	size_t n = 0;

	switch (field->kind) {
	case SCHEMA_BOOL:
		put(one_in(2) ? "true" : "false");
		break;
	case SCHEMA_INT:
	case SCHEMA_OPTIONAL_INT:
		put("%" PRId64, one_in(3)   ? field->maximum
				: one_in(2) ? field->minimum
					    : (int64_t)below(70000));
		break;
	case SCHEMA_TEXT:
		put_text(field->name);
		break;
	case SCHEMA_CHOICE:
		while (field->choices[n])
			n++;
		put("\"%s\"", field->choices[below((uint32_t)n)]);
		break;
	case SCHEMA_FD:
		put("%u", below(3));
		break;
	case SCHEMA_OBJECT:
		put_parameters();
		break;
	case SCHEMA_STRUCT:
		put_object(field->type, depth + 1);
		break;
	case SCHEMA_TEXTS:
	case SCHEMA_STRUCTS:
	case SCHEMA_OBJECTS:
		put_list(field, depth);
		break;
	}
}

static void put_object(const struct schema_type *type, unsigned int depth)
{
	bool first = true;

	put("{");
	for (const struct schema_field *field = type ? type->fields : NULL; field && field->name;
	     field++) {
		if (depth > 4 || one_in(field->optional ? 2 : 25))
			continue;
		for (unsigned int i = one_in(60) ? 2 : 1; i > 0; i--) {
			put("%s\"%s\":", first ? "" : ",", field->name);
			first = false;
			if (one_in(25))
				put_odd_value(depth);
			else
				put_value(field, depth + 1);
		}
	}
	if (one_in(60))
		put("%s\"unknown\":1", first ? "" : ",");
	put("}");
}

static const struct schema_method *any_method(const char **ret_interface)
{
	const struct schema_interface *interface =
		one_in(10) ? &service_interface : &manager_interface;
	size_t n = 0;

	while (interface->methods[n].name)
		n++;
	*ret_interface = interface->name;
	return &interface->methods[below((uint32_t)n)];
}

static void damage(void)
{
	for (unsigned int i = below(4) + 1; i > 0 && length > 0; i--)
		text[below((uint32_t)length)] = (char)below(256);
}

/* So that the other calls find rings. */
static void create_ring(struct connection *connection)
{
	put("{\"method\":\"" MANAGER_INTERFACE ".CreateRing\",\"parameters\":{\"program\":\"nop\","
	    "\"name\":\"r%u\"}}",
	    below(4));
	connection->expected++;
	connection->takes_fds = false;
}

static void make_call(struct connection *connection)
{
	const char *interface;
	const struct schema_method *method = any_method(&interface);
	bool more = one_in(10) ? !method->more : method->more, oneway = one_in(20);

	put("{\"method\":\"%s.%s\"%s%s,\"parameters\":", interface,
	    one_in(40) ? "Nothing" : method->name, more ? ",\"more\":true" : "",
	    oneway ? ",\"oneway\":true" : "");
	put_object(method->input, 0);
	put("}");
	connection->watching |= more && method->more;
	connection->expected += !oneway;
	connection->takes_fds = method->takes_fds;
}

/* ---- connections ---- */

static void hang_up(struct connection *connection)
{
	frame_reader_done(&connection->reader);
	connection->reader = (struct frame_reader){.limit = MANAGER_MESSAGE_MAX};
	connection->fd = safe_close(connection->fd);
	connection->expected = 0;
	connection->watching = false;
}

static void count(const char *name)
{
	for (size_t i = 0; i < NAMES_MAX; i++) {
		if (tally[i].n == 0)
			snprintf(tally[i].name, sizeof(tally[i].name), "%s", name);
		if (strcmp(tally[i].name, name) == 0) {
			tally[i].n++;
			return;
		}
	}
	die("a reply", "too many names of errors");
}

static void take_reply(struct connection *connection, struct frame *frame)
{
	struct json_object *reply = json_tokener_parse(frame->text), *error = NULL;
	struct json_object *parameters = NULL;

	if (!json_object_is_type(reply, json_type_object))
		die("the service sent no message", frame->text);
	json_object_object_get_ex(reply, "parameters", &parameters);
	json_object_object_get_ex(reply, "error", &error);
	if (!parameters && !error)
		die("the service sent neither parameters nor an error", frame->text);
	count(error		 ? json_object_get_string(error)
	      : frame->fds.n > 0 ? "success, with descriptors"
				 : "success");
	json_object_put(reply);
	keep(&frame->fds);
	schema_fds_done(&frame->fds);
	n_replies++;
	if (connection->expected > 0)
		connection->expected--;
}

/* Takes what has come; @wait: until all replies that are expected have. */
static void hear(struct connection *connection, bool wait)
{
	while (connection->fd >= 0) {
		struct pollfd ready = {.fd = connection->fd, .events = POLLIN};
		bool expects = wait && connection->expected > 0 && !connection->watching;
		struct frame frame;
		int n, r;

		n = poll(&ready, 1, expects ? PATIENCE_MS : 0);
		if (n == 0 && expects)
			die("the service has not replied within a minute", text);
		if (n <= 0)
			return;
		r = frame_reader_fill(&connection->reader, connection->fd, NULL);
		if (r != 0 && r != -EAGAIN && r != -EINTR) {
			n_hang_ups++;
			hang_up(connection);
			return;
		}
		while (frame_reader_next(&connection->reader, &frame))
			take_reply(connection, &frame);
	}
}

/* In pieces; the descriptors come with the first, or with a later one. */
static void send_call(struct connection *connection, size_t n)
{
	size_t n_fds = one_in(3) ? below(MANAGER_FDS_MAX + 3) : 2, sent = 0;
	int fds[MANAGER_FDS_MAX + 3];
	bool passed = !connection->takes_fds && !one_in(12);

	for (size_t i = 0; i < n_fds; i++)
		fds[i] = any_file();
	for (size_t i = 0; i < n_fds; i++)
		passed |= fds[i] < 0;
	while (sent < n) {
		size_t piece = one_in(3) ? below((uint32_t)(n - sent)) + 1 : n - sent;
		bool pass = !passed && !one_in(6);
		ssize_t r;

		r = send_with_fds(connection->fd, text + sent, piece, fds, pass ? n_fds : 0,
				  MSG_DONTWAIT);
		if (r < 0) /* it has hung up, does not read, or the kernel passes no such file */
			break;
		passed |= pass;
		sent += (size_t)r;
	}
	for (size_t i = 0; i < n_fds; i++)
		safe_close(fds[i]);
	if (sent < n)
		hang_up(connection);
}

static void one_round(void)
{
	struct connection *connection = &connections[below(CONNECTIONS)];
	unsigned int n = one_in(5) ? below(6) + 1 : 1;
	bool certain = true;

	if (connection->fd < 0 &&
	    socket_connect_unix(MANAGER_SOCKET_PATH, PATIENCE_MS, &connection->fd) < 0)
		die("cannot connect", strerror(errno));
	for (length = 0; n > 0 && connection->fd >= 0; n--, n_calls++) {
		if (one_in(8))
			create_ring(connection);
		else
			make_call(connection);
		if (length > CALL_MAX / 2)
			n = 1;
		if (one_in(20)) {
			damage();
			certain = false;
		}
		if (!one_in(ENDLESS_ODD) && length < CALL_MAX)
			text[length++] = '\0';
		else
			certain = false;
	}
	send_call(connection, length);
	if (!certain)
		connection->expected = 0;
	hear(connection, certain && one_in(2));
	if (one_in(10) || !certain)
		hang_up(connection);
}

static time_t now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec;
}

int main(int argc, char **argv)
{
	time_t end;

	if (argc != 3) {
		fprintf(stderr, "usage: fuzz-socket SEED SECONDS\n");
		return 2;
	}
	state = strtoull(argv[1], NULL, 10) * 2 + 88172645463325253u;
	end = now() + (time_t)strtoul(argv[2], NULL, 10);
	open_odd_files();
	for (size_t i = 0; i < CONNECTIONS; i++)
		connections[i] =
			(struct connection){.fd = -1, .reader = {.limit = MANAGER_MESSAGE_MAX}};
	while (now() < end)
		one_round();
	for (size_t i = 0; i < CONNECTIONS; i++)
		hang_up(&connections[i]);
	printf("%" PRIu64 " calls, %" PRIu64 " replies, %" PRIu64 " hang-ups of the service\n",
	       n_calls, n_replies, n_hang_ups);
	for (size_t i = 0; i < NAMES_MAX && tally[i].n > 0; i++)
		printf("%8" PRIu64 " %s\n", tally[i].n, tally[i].name);
	return 0;
}
