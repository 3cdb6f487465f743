/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hosts_fake_struct.h - what the fake's two files share */
#ifndef FAKE_HOSTS_FAKE_STRUCT_H
#define FAKE_HOSTS_FAKE_STRUCT_H

#include "fake/hosts_fake.h"

#define FAKE_ANSWERS_MAX 32
#define FAKE_RING_FD	 7

struct hosts_fake {
	struct hosts hosts;
	struct fail_plan *plan;
	struct host *first;
	struct host *last;
	pid_t last_pid;
	bool mute;
	int command_error; /* of every command but END; 0: none */
};

/* Owns the duplicates in setup, and pidfd. */
struct host {
	struct hosts_fake *owner;
	struct host *next;
	struct host_setup setup;
	char *name;
	struct host_callbacks callbacks;
	void *arg;
	pid_t pid;
	int pidfd; /* stands for one, so that it can be counted */
	bool exited;
	bool killed;
	bool stuck;	   /* in the kernel: nothing ends it */
	bool orphaned;	   /* its daemon is gone, this memory stands for the process */
	bool unresponsive; /* ... and it accepts nobody */
	bool unreachable;  /* it was taken over all the same */
	bool adopted;
	bool forgotten;
	bool asked;
	unsigned int kicks;
	bool suspended;
	struct host_waits waits;
	unsigned int looks;
	enum control_type state; /* as it would answer a QUERY */
	int result;
	enum control_type last_command;
	enum control_type answers[FAKE_ANSWERS_MAX]; /* CONTROL_END: exit */
	size_t n_answers;
};

/* As a process's end does. */
void hosts_fake_close_all(struct host *host);

#endif
