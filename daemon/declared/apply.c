/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* declared-apply.c - a declared ring is made: program, user, files, ring, start */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manager/context.h"
#include "ring/ring.h"
#include "util/log.h"
#include "common/cleanup.h"
#include "common/container-of.h"

static const struct peer root = {};

static void close_files(struct declared_ring *ring)
{
	while (ring->opened > 0)
		close(ring->fds[--ring->opened]);
}

void declared_release(struct declared_ring *ring)
{
	close_files(ring);
	user_done(&ring->user);
	ring->user_found = false;
	program_forget(ring->program, &ring->waiter);
	program_release(ring->program);
	ring->program = NULL;
}

/* ---- the last steps ---- */

static void started(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct declared_ring *ring = arg;

	if (r != 0)
		declared_failed(ring, r, note);
	else
		declared_settled(ring);
}

void declared_start(struct declared_ring *ring)
{
	struct manager *manager = ring->declared->manager;
	struct ring *made = registry_search(&manager->registry, ring->name);
	struct note note = {};
	int r;

	if (!ring->wish.start || !made || made->phase != PHASE_CREATED) {
		declared_settled(ring);
		return;
	}
	ring->step = DECLARED_STARTING;
	r = manager_ring_start(manager, &root, ring->name, started, ring, &note);
	if (r != 0)
		declared_failed(ring, r, &note);
	note_done(&note);
}

static void created(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct declared_ring *ring = arg;

	if (r != 0) {
		declared_failed(ring, r, note);
		return;
	}
	log_notice("made the ring %s, as %s declares", ring->name, ring->file);
	declared_start(ring);
}

static void create(struct declared_ring *ring)
{
	const struct declared_wish *wish = &ring->wish;
	struct ring_file files[IOURD_SLOTS_MAX];
	uint8_t digest[SHA256_SIZE];
	const struct peer peer = {
		.uid = ring->user.uid,
		.gid = ring->user.gid,
		.groups = ring->user.groups,
		.n_groups = ring->user.n_groups,
	};
	const struct ring_request request = {
		.program = wish->program,
		.name = ring->name,
		.files = files,
		.n_files = wish->n_files,
		.parameters = wish->parameters,
		.data_bytes_set = wish->data_bytes_set,
		.data_bytes = wish->data_bytes,
		.persistent = true,
		.rollback = wish->rollback,
		.declared = digest,
	};
	struct note note = {};
	int r;

	declared_digest(wish, digest);
	for (size_t i = 0; i < wish->n_files; i++)
		files[i] = (struct ring_file){.slot = wish->files[i].slot, .fd = ring->fds[i]};
	ring->step = DECLARED_CREATING;
	r = manager_ring_create(ring->declared->manager, &peer, &request, created, ring, &note);
	if (r == 0)
		close_files(ring); /* it has its own */
	else
		declared_failed(ring, r, &note);
	note_done(&note);
}

/* ---- who and what with: off the event loop ---- */

/* What may be in the way of a service, and of no shell that the administrator tries it in. */
static const char *hint(const struct declared_ring *ring, const char *path)
{
	static const struct {
		const char *prefix;
		const char *hint;
	} hidden[] = {
		{"/home/", "ProtectHome= of iouringd.service hides it"},
		{"/root/", "ProtectHome= of iouringd.service hides it"},
		{"/run/user/", "ProtectHome= of iouringd.service hides it"},
		{"/tmp/", "PrivateTmp= of iouringd.service hides it"},
		{"/var/tmp/", "PrivateTmp= of iouringd.service hides it"},
		{"/dev/", "PrivateDevices= of iouringd.service may hide it"},
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (strncmp(path, hidden[i].prefix, strlen(hidden[i].prefix)) == 0)
			return hidden[i].hint;
	if (ring->result == -EACCES && ring->user.uid == 0)
		return "iouringd has no CAP_DAC_OVERRIDE: declare the file's owner as user";
	return NULL;
}

static void refuse_file(struct declared_ring *ring)
{
	const struct declared_file *file = &ring->wish.files[ring->opened];
	const char *more;

	switch (ring->result) {
	case -EROFS:
		declared_refused(ring,
				 "files.%s: %s is read-only: if only for iouringd.service, a "
				 "drop-in with ReadWritePaths=%s opens it",
				 file->slot, file->path, file->path);
		break;
	case -ELOOP:
		declared_refused(ring,
				 "files.%s: %s leads through too many links, or through one that "
				 "another user has put into a directory for all",
				 file->slot, file->path);
		break;
	case -EXDEV:
		declared_refused(ring,
				 "files.%s: %s leads into /proc, which is different for everybody",
				 file->slot, file->path);
		break;
	case -ENXIO:
		declared_refused(
			ring,
			"files.%s: %s: nobody has the other end of the pipe open, or there "
			"is no such device",
			file->slot, file->path);
		break;
	default:
		more = ring->result == -EACCES || ring->result == -ENOENT ? hint(ring, file->path)
									  : NULL;
		declared_refused(ring, "files.%s: %s cannot be opened as user %s: %s%s%s%s",
				 file->slot, file->path, ring->wish.user, strerror(-ring->result),
				 more ? " (" : "", more ?: "", more ? ")" : "");
	}
}

static void prepare_work(struct job *job)
{
	struct declared *declared = container_of(job, struct declared, job);
	struct declared_ring *ring = declared->working;
	struct users *users = declared->users;

	ring->result = users->find(users, ring->wish.user, &ring->user);
	ring->user_found = ring->result == 0;
	while (ring->result == 0 && ring->with_files && ring->opened < ring->wish.n_files) {
		ring->result = users->open(users, &ring->user, ring->wish.files[ring->opened].path,
					   ring->access[ring->opened], &ring->fds[ring->opened]);
		ring->opened += ring->result == 0;
	}
}

static void prepared(struct declared_ring *ring)
{
	struct manager *manager = ring->declared->manager;
	struct ring *made = registry_search(&manager->registry, ring->name);

	if (manager->stopping || ring->dropped || ring->again)
		declared_stay(ring, NULL);
	else if (ring->result == -ENOENT && !ring->user_found)
		declared_refused(ring, "user: there is no user \"%s\"", ring->wish.user);
	else if (ring->result < 0 && !ring->user_found)
		declared_refused(ring, "user: \"%s\" cannot be looked up: %s", ring->wish.user,
				 strerror(-ring->result));
	else if (made)
		declared_compare(ring, made);
	else if (!ring->with_files)
		declared_stay(ring, NULL); /* it ended meanwhile: the manager has said so */
	else if (ring->result < 0)
		refuse_file(ring);
	else
		create(ring);
}

static void next_job(struct declared *declared);

static void prepare_done(struct job *job)
{
	struct declared *declared = container_of(job, struct declared, job);
	struct declared_ring *ring = declared->working;
	struct jobs *jobs = &declared->manager->jobs;

	declared->working = NULL;
	prepared(ring);
	next_job(declared);
	jobs_done(jobs);
}

static void next_job(struct declared *declared)
{
	struct declared_ring *ring;

	list_for_each(ring, &declared->rings, link) {
		if (ring->step != DECLARED_QUEUED)
			continue;
		if (declared->working)
			return;
		ring->step = DECLARED_WORKING;
		ring->with_files = !registry_search(&declared->manager->registry, ring->name);
		declared->working = ring;
		declared->job = (struct job){.work = prepare_work, .done = prepare_done};
		jobs_submit(&declared->manager->jobs, &declared->job);
	}
}

/* ---- the first step ---- */

/* How each file is to be opened: as its slot says, unless the declaration does. */
static void fill_access(struct declared_ring *ring, const struct iourd_descriptor *descriptor)
{
	for (size_t i = 0; i < ring->wish.n_files; i++) {
		const struct declared_file *file = &ring->wish.files[i];
		uint32_t flags = 0;

		for (uint32_t j = 0; j < descriptor->slot_count; j++)
			if (strcmp(descriptor->slots[j].name, file->slot) == 0)
				flags = descriptor->slots[j].flags;
		ring->access[i] = file->access >= 0		? file->access
				  : !(flags & IOURD_SLOT_WRITE) ? O_RDONLY
				  : (flags & IOURD_SLOT_READ)	? O_RDWR
								: O_WRONLY;
	}
}

static void opened(struct declared_ring *ring)
{
	struct note note = {};
	int r = program_usable(ring->program, &note);

	if (r == 0 && !program_info(ring->program))
		r = -ENODATA;
	if (r != 0) {
		declared_failed(ring, r, &note);
	} else {
		fill_access(ring, &program_info(ring->program)->descriptor);
		ring->step = DECLARED_QUEUED;
		next_job(ring->declared);
	}
	note_done(&note);
}

static void program_opened(struct program_waiter *waiter, int r, const struct note *note)
{
	struct declared_ring *ring = container_of(waiter, struct declared_ring, waiter);

	if (ring->declared->manager->stopping || ring->dropped || ring->again)
		declared_stay(ring, NULL);
	else
		opened(ring);
}

void declared_apply(struct declared_ring *ring)
{
	struct manager *manager = ring->declared->manager;
	struct note note = {};
	int r;

	manager->clock->cancel(manager->clock, &ring->timer);
	if (manager->stopping || ring->away)
		return;
	if (ring->wish.problem) {
		declared_problem(ring, ring->wish.problem);
		return;
	}
	ring->step = DECLARED_OPENING;
	r = catalogue_find(&manager->catalogue, ring->wish.program, &note, &ring->program);
	if (r != 0) {
		ring->program = NULL;
		declared_failed(ring, r, &note);
		note_done(&note);
		return;
	}
	program_hold(ring->program);
	ring->waiter.ready = program_opened;
	if (!program_await_open(ring->program, &ring->waiter))
		opened(ring);
}
