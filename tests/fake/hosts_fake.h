/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hosts_fake.h - hosts without processes
 *
 * A fake host keeps duplicates of what a real one is sent (region, files, lease), so that a test
 * which counts descriptors sees a host that is left behind. It answers as a good host does, one
 * answer for each hosts_fake_step(); a test may mute it and speak in its place.
 */
#ifndef TESTS_FAKE_HOSTS_H
#define TESTS_FAKE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "fake/fail.h"
#include "host/host.h"

/* @plan may be NULL; borrowed. */
int hosts_fake_new(struct fail_plan *plan, struct hosts **ret);

/* Hosts that were not freed; and those of them that have not exited. */
size_t hosts_fake_count(struct hosts *hosts);
size_t hosts_fake_alive(struct hosts *hosts);
/* The host of ring @name, or NULL. */
struct host *hosts_fake_find(struct hosts *hosts, const char *name);
/* As it was started; the descriptors are its duplicates. */
const struct host_setup *hosts_fake_setup(const struct host *host);
/* The last command that it was given; 0: none. */
enum control_type hosts_fake_last_command(const struct host *host);

/* How often it was kicked. */
unsigned int hosts_fake_kicks(const struct host *host);

/* Delivers the oldest answer of some host, or notes that a lease ended; false: nothing to do. */
bool hosts_fake_step(struct hosts *hosts);
/* Hosts answer nothing from now on (an END neither; a kill still is). */
void hosts_fake_mute(struct hosts *hosts, bool mute);
/* Commands other than END fail with @error (-errno); 0: not any more. */
void hosts_fake_refuse_commands(struct hosts *hosts, int error);

/*
 * Without a daemon: a host whose daemon has freed it lives on, as does each after
 * hosts_fake_orphan(), which is what the daemon's death does to it. The next port operations find
 * them. What follows is for those.
 */
void hosts_fake_orphan(struct hosts *hosts);
void hosts_fake_die(struct host *host);
/* What it says that it is doing, when it is asked. */
void hosts_fake_set_state(struct host *host, enum control_type state, int result);
void hosts_fake_set_unresponsive(struct host *host);

/* Speaks in a host's place, at once. */
void hosts_fake_ready(struct host *host, int ring_fd);
void hosts_fake_refused(struct host *host, enum control_stage stage, int error);
void hosts_fake_running(struct host *host);
void hosts_fake_paused(struct host *host);
void hosts_fake_returned(struct host *host, int result);
void hosts_fake_client_gone(struct host *host);
void hosts_fake_exited(struct host *host, int code, int status);

#endif
