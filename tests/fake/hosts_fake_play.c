/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hosts_fake_play.c - what hosts do and report, as tests have it */
#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/hosts_fake_struct.h"

void hosts_fake_close_all(struct host *host)
{
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		if (host->setup.files[i] >= 0) {
			close(host->setup.files[i]);
			host->setup.files[i] = -1;
		}
	if (host->setup.region_fd >= 0)
		close(host->setup.region_fd);
	if (host->setup.lease_fd >= 0)
		close(host->setup.lease_fd);
	host->setup.region_fd = -1;
	host->setup.lease_fd = -1;
}

static bool lease_ended(const struct host *host)
{
	struct pollfd poller = {.fd = host->setup.lease_fd, .events = POLLIN};

	return host->setup.lease_fd >= 0 && poll(&poller, 1, 0) > 0 && (poller.revents & POLLHUP);
}

static void answer(struct host *host)
{
	enum control_type type = host->answers[0];

	host->n_answers--;
	memmove(host->answers, host->answers + 1, host->n_answers * sizeof(host->answers[0]));
	switch (type) {
	case CONTROL_READY:
		host->callbacks.ready(host->arg, FAKE_RING_FD);
		break;
	case CONTROL_RUNNING:
		host->state = type;
		host->callbacks.running(host->arg);
		break;
	case CONTROL_PAUSED:
		host->state = type;
		host->callbacks.paused(host->arg);
		break;
	default:
		hosts_fake_exited(host, CLD_EXITED, 0);
	}
}

bool hosts_fake_step(struct hosts *hosts)
{
	for (struct host *host = ((struct hosts_fake *)hosts)->first; host; host = host->next) {
		if (host->exited || host->orphaned || host->stuck)
			continue;
		if (host->asked && !host->owner->mute) {
			host->asked = false;
			host->callbacks.found(host->arg, host->state, host->result, FAKE_RING_FD);
			return true;
		}
		if (host->killed) {
			hosts_fake_exited(host, CLD_KILLED, SIGKILL);
			return true;
		}
		if (host->n_answers > 0) {
			answer(host);
			return true;
		}
		if (!host->owner->mute && lease_ended(host)) {
			hosts_fake_exited(host, host->adopted ? 0 : CLD_EXITED, 0);
			return true;
		}
	}
	return false;
}

void hosts_fake_refuse_commands(struct hosts *hosts, int error)
{
	((struct hosts_fake *)hosts)->command_error = error;
}

void hosts_fake_mute(struct hosts *hosts, bool mute)
{
	struct hosts_fake *fake = (struct hosts_fake *)hosts;

	fake->mute = mute;
	for (struct host *host = fake->first; mute && host; host = host->next)
		host->n_answers = 0;
}

bool hosts_fake_has_exited(const struct host *host)
{
	return host->exited;
}

void hosts_fake_set_stuck(struct host *host, bool stuck)
{
	host->stuck = stuck;
}

void hosts_fake_ready(struct host *host, int ring_fd)
{
	host->callbacks.ready(host->arg, ring_fd);
}

void hosts_fake_refused(struct host *host, enum control_stage stage, int error)
{
	host->callbacks.refused(host->arg, stage, error);
}

void hosts_fake_running(struct host *host)
{
	host->state = CONTROL_RUNNING;
	host->callbacks.running(host->arg);
}

void hosts_fake_paused(struct host *host)
{
	host->state = CONTROL_PAUSED;
	host->callbacks.paused(host->arg);
}

void hosts_fake_returned(struct host *host, int result)
{
	host->state = CONTROL_RETURNED;
	host->result = result;
	host->callbacks.returned(host->arg, result);
}

void hosts_fake_exited(struct host *host, int code, int status)
{
	assert(!host->exited);
	host->exited = true;
	host->n_answers = 0;
	hosts_fake_close_all(host); /* as a process does */
	host->callbacks.exited(host->arg, code, status);
}
