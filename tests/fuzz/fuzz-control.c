/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of a hostile iouring-host to the daemon, between the daemon's commands to it; and any
 * bytes as the setup that a host checks.
 *
 * Input: operations: a byte, and of messages a second one with the number of bytes that follow. If
 * the first bit of the byte is clear, the head's size is made right, so that more than the head is
 * tested.
 */
#include "../fds.h"
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "common/cleanup.h"
#include "host/hosts-linux.h"
#include "host/message.h"

enum { SET_RIGHT = 0, AS_IT_IS = 1, COMMAND, TURN, FREE_IN_CALLBACK, HANG_UP, SETUP, OPERATIONS };

struct seen {
	struct host *host;
	bool in_callback;
	bool free_it;
	bool freed;
	bool ready, running, refused;
};

static struct ev_loop *loop;
static struct hosts *hosts;
static char directory[32];

static void remove_directory(void)
{
	rmdir(directory);
}

static void start(void)
{
	if (hosts)
		return;
	loop = ev_loop_new(0);
	strcpy(directory, "/tmp/fuzz-control-XXXXXX");
	MUST(loop && mkdtemp(directory));
	MUST(hosts_linux_new(loop, "/bin/false", directory, &hosts) == 0);
	atexit(remove_directory);
}

/* ---- what the ring's owner is told must make sense ---- */

static void told(struct seen *seen)
{
	MUST(!seen->freed);
	if (!seen->free_it)
		return;
	seen->freed = true;
	hosts->ops->host_free(seen->host);
}

static void on_ready(void *arg, int ring_fd)
{
	struct seen *seen = arg;

	MUST(ring_fd >= 0 && !seen->ready);
	seen->ready = true;
	told(seen);
}

static void on_refused(void *arg, enum control_stage stage, int error)
{
	struct seen *seen = arg;

	MUST(error > 0 && error < 4096 && !seen->running && !seen->refused);
	seen->refused = true;
	told(seen);
}

static void on_running(void *arg)
{
	struct seen *seen = arg;

	MUST(seen->ready && !seen->running && !seen->refused);
	seen->running = true;
	told(seen);
}

static void on_paused(void *arg)
{
	struct seen *seen = arg;

	MUST(seen->running);
	seen->running = false;
	told(seen);
}

static void on_returned(void *arg, int result)
{
	struct seen *seen = arg;

	MUST(seen->running && result <= 0 && result >= -4095);
	seen->running = false;
	told(seen);
}

static void on_found(void *arg, enum control_type state, int result, int ring_fd)
{
	struct seen *seen = arg;

	MUST(!seen->ready && ring_fd >= 0 && result <= 0 && result >= -4095);
	MUST(state == CONTROL_READY || state == CONTROL_RUNNING || state == CONTROL_PAUSED ||
	     state == CONTROL_RETURNED);
	seen->ready = true;
	seen->running = state == CONTROL_RUNNING;
	told(seen);
}

static void on_client_gone(void *arg)
{
	told(arg);
}

static void on_exited(void *arg, int code, int status)
{
	told(arg);
}

static const struct host_callbacks callbacks = {
	.ready = on_ready,
	.refused = on_refused,
	.running = on_running,
	.paused = on_paused,
	.returned = on_returned,
	.found = on_found,
	.client_gone = on_client_gone,
	.exited = on_exited,
};

/* ---- the input ---- */

static void check_setup(const uint8_t *data, size_t size)
{
	struct control_setup *setup = aligned_alloc(16, (size + 16) / 16 * 16);
	size_t n_fds = size & 15;

	MUST(setup);
	memcpy(setup, data, size);
	if (size >= sizeof(setup->head))
		setup->head.size = (uint32_t)size;
	if (control_setup_check(setup, size, n_fds) == 0) {
		const uint32_t *groups = control_setup_groups(setup);
		uint32_t sum = 0;

		for (uint32_t i = 0; i < setup->n_groups; i++)
			sum += groups[i];
		MUST((sum | 1) && n_fds <= CONTROL_FDS_MAX);
		MUST(setup->data_size <= setup->region_size);
	}
	free(setup);
}

static void send_message(int fd, const uint8_t *data, size_t n, bool set_right)
{
	char message[256];
	struct control_head head;

	memcpy(message, data, n);
	if (set_right && n >= sizeof(head)) {
		memcpy(&head, message, sizeof(head));
		head.version = head.version ?: 1;
		head.size = (uint32_t)n;
		head.type = (uint16_t)(CONTROL_READY + head.type % 8);
		memcpy(message, &head, sizeof(head));
	}
	control_send(fd, message, n, NULL, 0);
}

static void perform(struct seen *seen, unsigned int operation, int *theirs, const uint8_t *data,
		    size_t n)
{
	static const enum control_type commands[] = {CONTROL_START, CONTROL_PAUSE, CONTROL_RESUME,
						     CONTROL_END};

	switch (operation) {
	case SET_RIGHT:
	case AS_IT_IS:
		send_message(*theirs, data, n, operation == SET_RIGHT);
		break;
	case COMMAND:
		if (!seen->freed)
			hosts->ops->command(seen->host, commands[n % 4]);
		break;
	case TURN:
		ev_run(loop, EVRUN_NOWAIT);
		break;
	case FREE_IN_CALLBACK:
		seen->free_it = true;
		break;
	case HANG_UP:
		*theirs = safe_close(*theirs);
		break;
	case SETUP:
		check_setup(data, n);
		break;
	}
}

static void start_host(struct seen *seen, bool inherited, int *ret_theirs)
{
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	seen->host = host_new((struct hosts_linux *)hosts, "fuzz", &callbacks, seen);
	MUST(seen->host);
	seen->host->connection = pair[0];
	seen->host->pidfd = eventfd(0, EFD_CLOEXEC); /* nothing that a signal could end */
	seen->host->inherited = seen->host->query_pending = inherited;
	host_watch(seen->host);
	*ret_theirs = pair[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	struct seen seen = {};
	size_t fds;
	int theirs;

	if (size < 2)
		return 0;
	start();
	fds = count_fds();
	start_host(&seen, *data++ & 1, &theirs);
	while (end - data >= 2) {
		unsigned int operation = data[0] % OPERATIONS;
		size_t n = data[1];

		data += 2;
		if (n > (size_t)(end - data))
			n = (size_t)(end - data);
		perform(&seen, operation, &theirs, data, n);
		if (operation <= AS_IT_IS || operation == SETUP)
			data += n;
	}
	ev_run(loop, EVRUN_NOWAIT);
	/* it exits, with what it has still said */
	if (!seen.freed)
		host_exited(seen.host, 1, 0);
	if (!seen.freed)
		hosts->ops->host_free(seen.host);
	safe_close(theirs);
	MUST(count_fds() == fds);
	return 0;
}
