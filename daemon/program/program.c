/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/directory.h"
#include "program/program.h"
#include "program/store.h"
#include "common/cleanup.h"
#include "common/container-of.h"
#include "util/jobs.h"
#include "util/log.h"

static struct program *to_program(struct job *job)
{
	return container_of(job, struct program, job);
}

static void program_free(struct program *program)
{
	if (!program)
		return;
	assert(program->users == 0 && !program->waiters);
	program->context->kern->ops->program_free(program->kern_program);
	usage_end(&program->charge);
	note_done(&program->refusal);
	note_done(&program->note);
	free(program->directory);
	free(program);
}

/*
 * A waiter that waits again from within is in the next list. The last one may cause the program to
 * be freed, so it is not accessed afterwards.
 */
static void notify(struct program *program, int r)
{
	struct program_waiter *list = program->waiters;
	struct note note = {};

	if (r > 0)
		note_move(&note, &program->note);
	if (r == FAULT_PROGRAM_REJECTED)
		program_usable(program, &note);
	program->waiters = NULL;
	program->notified = list ? &list : NULL;
	while (list) {
		struct program_waiter *waiter = list;

		list = waiter->next;
		waiter->next = NULL;
		if (!list)
			program->notified = NULL;
		waiter->ready(waiter, r, &note);
	}
	note_done(&note);
}

/* Records FAULT_PROGRAM_REJECTED, whatever the cause. */
static void refuse(struct program *program, int r)
{
	const struct note *note = &program->note;

	program->state = PROGRAM_REJECTED;
	if (r > 0)
		fault_program_rejected(&program->refusal, program->name, note->texts[1],
				       note->texts[2]);
	else
		fault_program_rejected(&program->refusal, program->name, strerror(-r), "");
}

/* The name in a shipped object must be its file's, by which the program is known. */
static int check_name(struct program *program)
{
	const struct kern_program_info *info =
		program->context->kern->ops->program_info(program->subject);
	char reason[128];

	if (!program->directory && memcmp(info->digest, program->stored, SHA256_SIZE) != 0)
		return fault_program_rejected(&program->note, program->name,
					      "the copy of its object file is damaged", "");
	if (program->name[0] == '\0' || strcmp(info->descriptor.name, program->name) == 0)
		return 0;
	snprintf(reason, sizeof(reason),
		 "its descriptor has the name \"%s\", but its file is %s.bpf.o",
		 info->descriptor.name, program->name);
	return fault_program_rejected(&program->note, program->name, reason, "");
}

static void open_work(struct job *job)
{
	struct program *program = to_program(job);
	const struct kern_ops *ops = program->context->kern->ops;
	_cleanup_close_ int fd = -1;
	int r;

	if (program->directory) {
		r = directory_open(program->directory, program->name, &program->note, &fd);
	} else {
		fd = store_open(program->context->store, program->stored);
		r = fd < 0 ? fd : 0;
	}
	if (r != 0) {
		program->result = r;
		return;
	}
	r = ops->program_open(program->context->kern, fd, &program->note, &program->subject);
	if (r == 0)
		r = check_name(program);
	if (r != 0) {
		ops->program_free(program->subject);
		program->subject = NULL;
	}
	program->result = r;
}

/* Ends every job. False: the program was dropped, and is freed now. */
static bool job_ended(struct program *program)
{
	if (!program->dropped)
		return true;
	program_free(program);
	return false;
}

static void open_done(struct job *job)
{
	struct program *program = to_program(job);
	struct jobs *jobs = program->context->jobs;

	program->kern_program = program->subject;
	if (job_ended(program)) {
		program->state = PROGRAM_AVAILABLE;
		if (program->result == 0 && program->name[0] == '\0')
			strcpy(program->name, program_info(program)->descriptor.name);
		if (program->result != 0) {
			refuse(program, program->result);
			log_warning("program \"%s\" cannot be used: %s", program->name,
				    program->refusal.texts[1] ?: "");
		}
		notify(program, program_usable(program, NULL));
	}
	jobs_done(jobs);
}

int program_store(const struct program_context *context, const struct kern_program *kern_program,
		  bool *ret_existed)
{
	const struct kern_ops *ops = context->kern->ops;
	size_t size;
	const void *image = ops->program_image(kern_program, &size);

	if (!image) { /* it is loaded */
		*ret_existed = true;
		return 0;
	}
	return store_save(context->store, ops->program_info(kern_program)->digest, image, size,
			  ret_existed);
}

static void load_work(struct job *job)
{
	struct program *program = to_program(job);
	bool existed;
	int r = program_store(program->context, program->subject, &existed);

	program->result =
		r < 0 ? r
		      : program->context->kern->ops->program_load(program->subject, &program->note);
}

static void load_done(struct job *job)
{
	struct program *program = to_program(job);
	struct jobs *jobs = program->context->jobs;
	int r = program->result;

	if (job_ended(program)) {
		if (r == 0)
			program->state = PROGRAM_LOADED;
		else if (r == FAULT_PROGRAM_REJECTED)
			refuse(program, r);
		else
			program->state = PROGRAM_AVAILABLE; /* the next waiter tries again */
		notify(program, r);
	}
	jobs_done(jobs);
}

static int program_new(struct program_context *context, const char *name, struct program **ret)
{
	struct program *program = calloc(1, sizeof(*program));

	if (!program)
		return -ENOMEM;
	program->context = context;
	snprintf(program->name, sizeof(program->name), "%s", name);
	*ret = program;
	return 0;
}

int program_new_shipped(struct program_context *context, const char *directory, const char *name,
			struct program **ret)
{
	struct program *program;
	int r;

	r = program_new(context, name, &program);
	if (r < 0)
		return r;
	program->directory = strdup(directory);
	if (!program->directory) {
		program_free(program);
		return -ENOMEM;
	}
	program->shipped = true;
	*ret = program;
	return 0;
}

int program_new_stored(struct program_context *context, const uint8_t *digest, const char *name,
		       struct program **ret)
{
	struct program *program;
	int r;

	r = program_new(context, name ?: "", &program);
	if (r < 0)
		return r;
	memcpy(program->stored, digest, sizeof(program->stored));
	program->unlisted = !name;
	*ret = program;
	return 0;
}

void program_open(struct program *program)
{
	program->state = PROGRAM_LOADING;
	program->job = (struct job){.work = open_work, .done = open_done};
	jobs_submit(program->context->jobs, &program->job);
}

int program_new_loaded(struct program_context *context, struct kern_program *kern_program,
		       struct program **ret)
{
	const struct kern_program_info *info = context->kern->ops->program_info(kern_program);
	struct program *program;
	int r;

	r = program_new(context, info->descriptor.name, &program);
	if (r < 0)
		return r;
	program->kern_program = kern_program;
	program->state = PROGRAM_LOADED;
	*ret = program;
	return 0;
}

void program_drop(struct program *program)
{
	if (!program)
		return;
	assert(program->users == 0);
	if (program->state == PROGRAM_LOADING)
		program->dropped = true;
	else
		program_free(program);
}

void program_hold(struct program *program)
{
	program->users++;
}

void program_release(struct program *program)
{
	if (!program)
		return;
	assert(program->users > 0);
	if (--program->users == 0 && program->unlisted)
		program->context->unused(program->context, program);
}

bool program_is(const struct program *program, const uint8_t *digest)
{
	const struct kern_program_info *info = program_info(program);

	return memcmp(info ? info->digest : program->stored, digest, SHA256_SIZE) == 0;
}

const struct kern_program_info *program_info(const struct program *program)
{
	if (!program->kern_program)
		return NULL;
	return program->context->kern->ops->program_info(program->kern_program);
}

int program_usable(const struct program *program, struct note *note)
{
	if (program->state != PROGRAM_REJECTED)
		return 0;
	return fault_program_rejected(note, program->name, program->refusal.texts[1],
				      program->refusal.texts[2]);
}

static void await(struct program *program, struct program_waiter *waiter)
{
	struct program_waiter **at = &program->waiters;

	while (*at)
		at = &(*at)->next;
	waiter->next = NULL;
	*at = waiter;
}

bool program_is_opening(const struct program *program)
{
	return program->state == PROGRAM_LOADING && !program->kern_program;
}

bool program_await_open(struct program *program, struct program_waiter *waiter)
{
	if (!program_is_opening(program))
		return false;
	await(program, waiter);
	return true;
}

bool program_await_loaded(struct program *program, struct program_waiter *waiter)
{
	if (program->state == PROGRAM_LOADED)
		return false;
	await(program, waiter);
	if (program->state == PROGRAM_LOADING)
		return true;
	assert(program->state == PROGRAM_AVAILABLE);
	program->state = PROGRAM_LOADING;
	program->subject = program->kern_program;
	note_done(&program->note);
	program->job = (struct job){.work = load_work, .done = load_done};
	jobs_submit(program->context->jobs, &program->job);
	return true;
}

void program_forget(struct program *program, struct program_waiter *waiter)
{
	struct program_waiter **at;

	if (!program)
		return;
	for (at = &program->waiters; *at && *at != waiter; at = &(*at)->next)
		;
	if (!*at && program->notified)
		for (at = program->notified; *at && *at != waiter; at = &(*at)->next)
			;
	if (!*at)
		return;
	*at = waiter->next;
	waiter->next = NULL;
	if (program->notified && !*program->notified)
		program->notified = NULL; /* the waiter that is being notified is the last */
}

int program_note_copy(const struct note *note, struct note *ret)
{
	struct note copy = {.fault = note->fault};

	for (size_t i = 0; i < NOTE_FIELDS_MAX; i++) {
		copy.numbers[i] = note->numbers[i];
		if (!note->texts[i])
			continue;
		copy.texts[i] = strdup(note->texts[i]);
		if (!copy.texts[i]) {
			note_done(&copy);
			return -ENOMEM;
		}
	}
	note_move(ret, &copy);
	return (int)note->fault;
}

void program_view_fill(const struct program *program, struct program_view *ret)
{
	*ret = (struct program_view){
		.info = program_info(program),
		.name = program->name,
		.state = program->state,
		.reason = program->refusal.texts[1],
		.shipped = program->shipped,
		.rings = program->users,
	};
}
