/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hosts_fake.h - hosts without processes
 *
 * A fake host keeps duplicates of a real one's descriptors (region, files, lease), so that a test
 * that counts descriptors notices a forgotten host. It replies as a well-behaved host does, once
 * for each hosts_fake_step(). A test may mute it and send events in its place.
 */
#ifndef TESTS_FAKE_HOSTS_H
#define TESTS_FAKE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "fake/fail.h"
#include "host/host.h"

/* @plan may be NULL; borrowed. */
int hosts_fake_new(struct fail_plan *plan, struct hosts **ret);

/* The numbers of hosts that were not freed, and of those that have not exited. */
size_t hosts_fake_count(struct hosts *hosts);
size_t hosts_fake_alive(struct hosts *hosts);
/* The host of ring @name, or NULL. */
struct host *hosts_fake_find(struct hosts *hosts, const char *name);
/* The setup that it was started with; the descriptors are its duplicates. */
const struct host_setup *hosts_fake_setup(const struct host *host);
/* The last command sent to it; 0: none. */
enum control_type hosts_fake_last_command(const struct host *host);

/* The number of kicks. */
unsigned int hosts_fake_kicks(const struct host *host);
/* Whether it counts as stopped. */
void hosts_fake_set_suspended(struct host *host, bool suspended);

/* Delivers the oldest reply of a host, or the exit after a lease's end. false: nothing to do. */
bool hosts_fake_step(struct hosts *hosts);
/* Hosts send no replies, not even to END; they still exit when killed. */
void hosts_fake_mute(struct hosts *hosts, bool mute);
/* Commands other than END fail with @error (-errno); 0: not any more. */
void hosts_fake_refuse_commands(struct hosts *hosts, int error);

/*
 * Orphans: hosts whose daemon freed them before they exited, and all hosts after
 * hosts_fake_orphan(), which stands for the daemon's death. The functions that find and take over
 * hosts work on them.
 */
void hosts_fake_orphan(struct hosts *hosts);
/* The process of an orphan exits. */
void hosts_fake_die(struct host *host);
/* Sets the state that it reports when it is taken over. */
void hosts_fake_set_state(struct host *host, enum control_type state, int result);
/* The orphan accepts no connection any more. */
void hosts_fake_set_unresponsive(struct host *host);

/* Sends an event in a host's place, at once. */
/* Its exit was reported. */
bool hosts_fake_has_exited(const struct host *host);
/* It waits in the kernel, and does nothing, not even end, until it is not stuck any more. */
void hosts_fake_set_stuck(struct host *host, bool stuck);
/* What it waits for, and how often that was asked. */
void hosts_fake_set_waits(struct host *host, const struct host_waits *waits);
unsigned int hosts_fake_looks(const struct host *host);
void hosts_fake_ready(struct host *host, int ring_fd);
void hosts_fake_refused(struct host *host, enum control_stage stage, int error);
void hosts_fake_running(struct host *host);
void hosts_fake_paused(struct host *host);
void hosts_fake_returned(struct host *host, int result);
void hosts_fake_client_gone(struct host *host);
void hosts_fake_exited(struct host *host, int code, int status);

#endif
