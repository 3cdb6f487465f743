/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Four clients of three users talk to the whole service, over the fakes of kernel and hosts, with a
 * budget of work and memory for each input. What a client leaves behind goes with its connection.
 *
 * Input: operations (api-script.h).
 */
#include "../fds.h"
#include "api-script.h"
#include "budget.h"
#include "fuzz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "unit/api/service.h"
#include "wire/manager.h"
#include "wire/socket.h"

#define N_CLIENTS     4u
#define RENEW_AFTER   2000u /* inputs: a service for each input would take most of the time */
#define TABLE_ENTRIES 1024u

/*
 * The budget. A call may read the table of 1024 entries, or describe everything; beyond that, work
 * and memory are bounded by the bytes that were sent.
 */
#define WORK_BASE     2000000u
#define WORK_OF_CALL  400000u
#define WORK_OF_BYTE  600u
#define BYTES_BASE    (4 << 20)
#define BYTES_OF_BYTE 64
/* What remains while nothing is under way, and after all clients have gone. */
#define KEPT_BASE   (256 << 10)
#define KEPT_CLIENT (8 << 10)
#define KEPT_BUSY   (256 << 10) /* with a message that has no reply, or is not complete */
#define KEPT_AT_END (64 << 10)

struct run {
	struct client clients[N_CLIENTS];
	bool connected[N_CLIENTS];
	size_t unanswered[N_CLIENTS]; /* messages */
	bool partial[N_CLIENTS];
	bool watches[N_CLIENTS];
	bool half_closed[N_CLIENTS];
	struct schema_fds leases[N_CLIENTS]; /* with regions: a ring ends without its lease */
	uint64_t bytes, calls;
	bool renew; /* the service has changed more than clients leave behind */
};

static struct service service;
static bool started;
static unsigned int inputs;
static const uid_t users[N_CLIENTS] = {ALICE, ALICE, BOB, 0};
static int sent_fds[3]; /* an object, and files for its slots */

/* A program with large parameters. */
static void start(void)
{
	struct fake_object object;
	struct iourd_field_descriptor *field;

	fake_object_nop("table", &object);
	object.members[object.n_members++] = (struct fake_member){
		.name = "table",
		.kind = LAYOUT_UNSIGNED,
		.offset = object.descriptor.params_size,
		.size = 8,
		.count = TABLE_ENTRIES,
	};
	field = &object.descriptor.fields[object.descriptor.field_count++];
	strcpy(field->name, "table");
	strcpy(field->help, "a table");
	object.descriptor.params_size += 8 * TABLE_ENTRIES;
	if (!sent_fds[0]) {
		struct fake_object loaded;

		fake_object_nop("loaded", &loaded);
		sent_fds[0] = fake_object_memfd(&loaded);
		sent_fds[1] = make_file();
		sent_fds[2] = make_file();
	}
	service_start_with(&service, &object);
	started = true;
	inputs = 0;
}

static struct client *client_of(struct run *run, unsigned int n)
{
	if (!run->connected[n]) {
		client_connect(&service, users[n], &run->clients[n]);
		run->connected[n] = true;
		run->unanswered[n] = 0;
		run->partial[n] = run->watches[n] = run->half_closed[n] = false;
	}
	return &run->clients[n];
}

static void leave(struct run *run, unsigned int n)
{
	if (run->connected[n])
		client_close(&run->clients[n]);
	schema_fds_done(&run->leases[n]);
	run->connected[n] = false;
}

static void listen_to(struct run *run, unsigned int n)
{
	const char *answer;

	if (!run->connected[n])
		return;
	while ((answer = hear(&run->clients[n]))) {
		MUST(answer[0] == '{');
		if (strstr(answer, "\"leaseFileDescriptor\"") && run->leases[n].n == 0) {
			run->leases[n] = run->clients[n].frame.fds;
			run->clients[n].frame.fds = (struct schema_fds){};
		}
		if (!strstr(answer, "\"continues\":true") && run->unanswered[n] > 0)
			run->unanswered[n]--;
		else if (strstr(answer, "\"watching\""))
			run->watches[n] = true;
	}
}

static void settle(struct run *run)
{
	int64_t allowed = KEPT_BASE;

	for (unsigned int round = 0; round < 3; round++) {
		service_settle(&service);
		for (unsigned int n = 0; n < N_CLIENTS; n++)
			listen_to(run, n);
	}
	for (unsigned int n = 0; n < N_CLIENTS; n++) {
		bool busy = run->partial[n] || run->unanswered[n] > (run->watches[n] ? 1 : 0);

		allowed += busy ? KEPT_BUSY : KEPT_CLIENT;
	}
	if (budget_bytes() > allowed)
		fprintf(stderr, "%lld bytes are kept, limit %lld\n", (long long)budget_bytes(),
			(long long)allowed);
	MUST(budget_bytes() <= allowed);
}

static uint64_t work_max(const struct run *run)
{
	return WORK_BASE + run->calls * WORK_OF_CALL + run->bytes * WORK_OF_BYTE;
}

/* Sends what the socket takes: a client may stop reading, or be hung up. */
static void send_all(struct run *run, unsigned int n, const char *bytes, size_t size, size_t n_fds)
{
	struct client *client = client_of(run, n);
	unsigned int refused = 0;

	if (run->half_closed[n])
		return;
	for (size_t i = 0; i < size; i++)
		run->unanswered[n] += bytes[i] == '\0';
	if (size > 0)
		run->partial[n] = bytes[size - 1] != '\0';
	run->bytes += size;
	budget_limit(work_max(run));
	while (size > 0 && refused < 8) {
		ssize_t sent = socket_send(client->fd, bytes, size, sent_fds, n_fds);

		if (sent == -EAGAIN) {
			refused++;
			service_settle(&service);
			continue;
		}
		if (sent <= 0)
			break;
		bytes += sent;
		size -= (size_t)sent;
		n_fds = 0;
	}
	run->partial[n] |= size > 0;
}

static void send_call(struct run *run, const struct api_operation *operation)
{
	_cleanup_free_ char *text = NULL;
	int length = asprintf(&text, "{\"method\":\"" METHOD("%s") "\",\"parameters\":%.*s%s}",
			      operation->method, (int)operation->n, operation->text,
			      operation->more	  ? ",\"more\":true"
			      : operation->oneway ? ",\"oneway\":true"
						  : "");

	MUST(length > 0);
	run->calls++;
	/* @text ends at a NUL of the input, if it has one */
	send_all(run, operation->client, text, strlen(text) + 1, operation->n_fds);
	if (strcmp(operation->method, "LoadProgram") == 0 ||
	    strcmp(operation->method, "UnloadProgram") == 0)
		run->renew |= users[operation->client] == 0;
}

/* The host of ring "r", of ALICE or root; or NULL. */
static struct host *find_host(void)
{
	return hosts_fake_find(service.hosts, "u1000-r") ?: hosts_fake_find(service.hosts, "r");
}

/* The application, or a program, writes into the region of that ring. */
static void scribble(const struct api_operation *operation)
{
	struct host *host = find_host();
	size_t n = operation->n < 64 ? operation->n : 64;

	if (host && hosts_fake_setup(host)->region_fd >= 0)
		MUST(pwrite(hosts_fake_setup(host)->region_fd, operation->text, n,
			    operation->number * 16) == (ssize_t)n);
}

/* The host of that ring reports something, at any time. */
static void host_says(unsigned int number)
{
	struct host *host = find_host();
	struct kern_dispatcher *dispatcher = kern_fake_dispatcher(service.kern, "u1000-r")
						     ?: kern_fake_dispatcher(service.kern, "r");

	if (dispatcher)
		service.kern->ops->dispatcher_state(dispatcher)->last = number >> 3;
	/* a process that has exited says no more */
	if (!host || hosts_fake_has_exited(host) || hosts_fake_last_command(host) == 0)
		return;
	switch (number % 4) {
	case 0:
		hosts_fake_returned(host, number & 4 ? -EINVAL : 0);
		break;
	case 1:
		hosts_fake_paused(host);
		break;
	case 2:
		hosts_fake_client_gone(host);
		break;
	default:
		hosts_fake_exited(host, 2, 9);
		break;
	}
}

static void perform(struct run *run, const struct api_operation *operation)
{
	unsigned int n = operation->client;

	switch (operation->kind) {
	case API_CALL:
		send_call(run, operation);
		break;
	case API_BYTES:
		run->calls++;
		send_all(run, n, operation->text, operation->n, operation->n_fds);
		break;
	case API_STEPS:
		for (unsigned int i = 0; i < operation->number; i++)
			service_step(&service);
		break;
	case API_SETTLE:
		settle(run);
		break;
	case API_HEAR:
		listen_to(run, n);
		break;
	case API_LEAVE:
		leave(run, n);
		break;
	case API_SHUTDOWN:
		if (run->connected[n])
			shutdown(run->clients[n].fd, SHUT_WR);
		run->half_closed[n] = true;
		break;
	case API_TIME:
		clock_fake_advance(&service.clock, operation->number * 100);
		break;
	case API_SCRIBBLE:
		scribble(operation);
		break;
	case API_HOST:
		host_says(operation->number);
		break;
	case API_FAIL:
		service.plan.at = service.plan.calls + 1 + operation->number;
		service.plan.error = operation->number & 1 ? -ENOMEM : -EIO;
		break;
	}
}

static void ignore_end(void *arg, int r, const struct note *note, const struct ring_view *view)
{
}

/* Persistent rings stay, which only root could make; and a ring may end slowly. */
static void end_rings(void)
{
	const struct peer root = {.pidfd = -1};

	for (unsigned int tries = 0; manager_ring_count(service.manager, &root) > 0; tries++) {
		struct ring_view view;
		struct note note = {};

		MUST(tries < 64);
		manager_ring_at(service.manager, &root, 0, &view);
		manager_ring_destroy(service.manager, &root, view.title.full, ignore_end, NULL,
				     &note);
		note_done(&note);
		service_settle(&service);
		clock_fake_advance(&service.clock, 10000);
		service_settle(&service);
	}
}

static void finish(struct run *run)
{
	for (unsigned int n = 0; n < N_CLIENTS; n++)
		leave(run, n);
	service.plan.at = 0;
	service_settle(&service);
	clock_fake_advance(&service.clock, 10000);
	service_settle(&service);
	/* their messages and descriptors went with them, whatever waited */
	MUST(service.conns.n == 0);
	end_rings();
	assert_nothing_left(&service, 0);
	budget_check(work_max(run), BYTES_BASE + (int64_t)run->bytes * BYTES_OF_BYTE);
	if (!run->renew)
		MUST(budget_bytes() <= KEPT_AT_END);
	if (run->renew || ++inputs >= RENEW_AFTER) {
		service_end(&service);
		started = false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct api_script script;
	struct api_operation operation;
	struct run run = {};

	if (!started)
		start();
	api_script_init(&script, data, size);
	budget_begin();
	while (api_script_next(&script, &operation))
		perform(&run, &operation);
	settle(&run);
	finish(&run);
	return 0;
}
