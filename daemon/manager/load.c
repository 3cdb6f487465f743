/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load.c - LoadProgram and UnloadProgram */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "manager/context.h"
#include "program/program.h"
#include "ring/ring.h"

/* One LoadProgram. Owned by its job. */
struct load {
	struct job job;
	struct manager *manager;
	int fd;
	bool check_only;
	bool stored; /* by this job */
	uid_t payer;
	struct ring_client client;
	program_done done;
	void *arg;
	struct kern_program *kern_program; /* NULL until it is open */
	int result;
	struct note note;
};

static int busy_for_root(const struct ring *ring, const char *reason, struct note *note)
{
	return fault_ring_busy(note, ring_title_for(&ring->title, 0), reason);
}

/* FAULT_RING_BUSY names a ring that uses @program; -EBUSY: a client waits for it to be opened. */
static int check_unused(const struct manager *manager, const struct program *program,
			struct note *note)
{
	const struct registry *registry = &manager->registry;
	char reason[IOURD_NAME_MAX + 48];

	if (program->users == 0)
		return 0;
	snprintf(reason, sizeof(reason), "it runs program \"%s\"; destroy it first", program->name);
	for (size_t i = 0; i < registry->n_rings; i++)
		if (registry->rings[i]->program == program ||
		    registry->rings[i]->operation.program == program)
			return busy_for_root(registry->rings[i], reason, note);
	snprintf(reason, sizeof(reason), "program \"%s\" is its fallback; destroy it first",
		 program->name);
	for (size_t i = 0; i < registry->n_rings; i++)
		if (registry->rings[i]->probation.fallback == program)
			return busy_for_root(registry->rings[i], reason, note);
	return -EBUSY;
}

static bool same_object(const struct kern_program_info *a, const struct kern_program_info *b)
{
	return a && memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

/* FAULT_QUOTA_EXCEEDED: the user has loaded as many as the policy permits. */
static int charge(const struct load *load, struct note *note, struct usage_charge *ret)
{
	struct policies *policies = load->manager->rings.policies;
	const struct policy_client client = {
		.user = &load->client.user,
		.cgroup = load->client.cgroup,
	};
	int r = usage_begin(&policies->usages, load->payer, USAGE_PROGRAMS, ret);

	return r < 0 ? r : policy_charge(policies->current, &client, 1, note, ret);
}

/* In the place of @old (NULL: none). A shipped one is nobody's, and listed by the next daemon. */
static int enter(struct load *load, struct program *old, struct program *program, struct note *note)
{
	struct catalogue *catalogue = &load->manager->catalogue;
	bool replaces = old && old->charge.user && usage_uid(&old->charge) == load->payer;
	int r = 0;

	if (!program->shipped && !replaces)
		r = charge(load, note, &program->charge);
	if (r == 0 && !program->shipped)
		r = store_mark(&load->manager->store, program->name, program_info(program)->digest,
			       load->payer);
	if (r != 0)
		return r;
	if (replaces) {
		program->charge = old->charge;
		old->charge = (struct usage_charge){};
	}
	if (old)
		catalogue_remove(catalogue, old);
	catalogue_add(catalogue, program);
	return 0;
}

/* Adds the loaded program to the catalogue, which takes it over unless it fails. */
static int install(struct load *load, struct note *note, struct program **ret)
{
	struct catalogue *catalogue = &load->manager->catalogue;
	const struct kern_ops *ops = load->manager->rings.kern->ops;
	const struct kern_program_info *info = ops->program_info(load->kern_program);
	struct program *old = catalogue_search(catalogue, info->descriptor.name);
	bool same = old && same_object(program_info(old), info);
	struct program *program;
	int r = 0;

	if (same && (old->users > 0 || old->state == PROGRAM_LOADED)) {
		ops->program_free(load->kern_program);
		load->kern_program = NULL;
		*ret = old;
		return 0;
	}
	if (old)
		r = check_unused(load->manager, old, note);
	if (r == 0)
		r = catalogue_reserve(catalogue);
	if (r == 0)
		r = program_new_loaded(&catalogue->context, load->kern_program, &program);
	if (r != 0)
		return r;
	program->shipped = same && old->shipped;
	r = enter(load, old, program, note);
	if (r != 0) {
		program->kern_program = NULL; /* remains the job's */
		program_drop(program);
		return r;
	}
	load->kern_program = NULL;
	*ret = program;
	return 0;
}

/* The copy of an object that is in no catalogue after all. */
static void forget_copy(const struct load *load)
{
	const struct manager *manager = load->manager;
	const uint8_t *digest;

	if (!load->stored)
		return;
	digest = manager->rings.kern->ops->program_info(load->kern_program)->digest;
	if (!catalogue_has(&manager->catalogue, digest))
		store_remove(&manager->store, digest);
}

static void load_work(struct job *job)
{
	struct load *load = container_of(job, struct load, job);
	struct kern *kern = load->manager->rings.kern;
	bool existed = true;

	load->result = kern->ops->program_open(kern, load->fd, &load->note, &load->kern_program);
	if (load->result == 0 && !load->check_only)
		load->result = program_store(&load->manager->catalogue.context, load->kern_program,
					     &existed);
	load->stored = load->result == 0 && !existed;
	if (load->result == 0)
		load->result = kern->ops->program_load(load->kern_program, &load->note);
}

static void load_done(struct job *job)
{
	struct load *load = container_of(job, struct load, job);
	struct manager *manager = load->manager;
	const struct kern_ops *ops = manager->rings.kern->ops;
	struct program *program = NULL;
	struct program_view view;
	int r = load->result;

	if (r == 0 && !load->check_only)
		r = install(load, &load->note, &program);
	if (r != 0)
		forget_copy(load);
	if (r == 0 && program)
		program_view_fill(program, &view);
	else if (r == 0)
		view = (struct program_view){
			.info = ops->program_info(load->kern_program),
			.name = ops->program_info(load->kern_program)->descriptor.name,
			.state = PROGRAM_AVAILABLE,
		};
	load->done(load->arg, r, &load->note, r == 0 ? &view : NULL);
	ops->program_free(load->kern_program);
	note_done(&load->note);
	ring_client_done(&load->client);
	close(load->fd);
	free(load);
	jobs_done(&manager->jobs);
}

int manager_may_load(const struct manager *manager, const struct peer *peer, struct note *note)
{
	int r = manager_permits(manager, peer, POLICY_LOAD_PROGRAMS, "loading programs", note);

	return r == 0 ? manager_usable(manager, note) : r;
}

int manager_program_load(struct manager *manager, const struct peer *peer, int object_fd,
			 bool check_only, program_done done, void *arg, struct note *note)
{
	_cleanup_close_ int fd = -1;
	struct ring_client client;
	struct load *load;
	int r;

	r = manager_may_load(manager, peer, note);
	if (r != 0)
		return r;
	fd = fcntl(object_fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
	r = ring_client_init(&client, peer);
	if (r < 0)
		return r;
	load = calloc(1, sizeof(*load));
	if (!load) {
		ring_client_done(&client);
		return -ENOMEM;
	}
	*load = (struct load){
		.job = {.work = load_work, .done = load_done},
		.manager = manager,
		.fd = take_fd(&fd),
		.check_only = check_only,
		.client = client,
		.payer = policy_payer(manager->rings.policies->current, peer->user.uid),
		.done = done,
		.arg = arg,
	};
	jobs_submit(&manager->jobs, &load->job);
	return 0;
}

int manager_program_unload(struct manager *manager, const struct peer *peer, const char *name,
			   struct note *note)
{
	struct program *program;
	int r;

	r = manager_permits(manager, peer, POLICY_LOAD_PROGRAMS, "unloading programs", note);
	if (r == 0)
		r = manager_usable(manager, note);
	if (r == 0)
		r = catalogue_find(&manager->catalogue, name, note, &program);
	if (r == 0)
		r = check_unused(manager, program, note);
	if (r != 0)
		return r;
	store_unmark(&manager->store, program->name);
	catalogue_remove(&manager->catalogue, program);
	return 0;
}
