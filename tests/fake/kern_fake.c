/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fake/kern_fake_struct.h"
#include "fake/object_fake.h"
#include "kern/libbpf-log.h"

static const struct kern_capability fake_capabilities[FAKE_CAPABILITIES] = {
	{.name = "struct_ops.io_uring_bpf_ops",
	 .since = "Linux 7.1",
	 .present = true,
	 .required = true},
	{.name = KERN_SAFE_ADOPTION, .since = "Linux 7.3", .present = true},
	{.name = "bpffs", .since = "Linux 4.4", .present = true, .required = true},
};

static struct kern_fake *to_fake(struct kern *kern)
{
	return (struct kern_fake *)kern;
}

/* Counts the call, and fails it if the plan says so. */
static int planned(struct kern_fake *fake, const char *name)
{
	int r;

	pthread_mutex_lock(&fake->lock);
	r = fail_next(fake->plan, name);
	pthread_mutex_unlock(&fake->lock);
	return r;
}

static const struct kern_capability *fake_capability_table(struct kern *kern, size_t *ret_n)
{
	*ret_n = FAKE_CAPABILITIES;
	return to_fake(kern)->capabilities;
}

static int fake_program_open(struct kern *kern, int object_fd, struct note *note,
			     struct kern_program **ret)
{
	struct kern_fake *fake = to_fake(kern);
	struct kern_program *program;
	int r;

	r = planned(fake, "program_open");
	if (r < 0)
		return r;
	program = calloc(1, sizeof(*program));
	if (!program)
		return -ENOMEM;
	program->kern = fake;
	r = fake_object_read(object_fd, note, &program->info, &program->object);
	if (r != 0) {
		free(program);
		return r;
	}
	pthread_mutex_lock(&fake->lock);
	fake->tally.programs++;
	program->next = fake->programs;
	fake->programs = program;
	pthread_mutex_unlock(&fake->lock);
	*ret = program;
	return 0;
}

static const struct kern_program_info *fake_program_info(const struct kern_program *program)
{
	return &program->info;
}

static int fake_program_load(struct kern_program *program, struct note *note)
{
	int r = planned(program->kern, "program_load");

	if (r < 0)
		return r;
	if (program->loaded)
		return 0;
	if (program->object.refuse_load[0])
		return fault_program_rejected(note, program->info.descriptor.name,
					      program->object.refuse_load,
					      program->object.refuse_load);
	pthread_mutex_lock(&program->kern->lock);
	program->loaded = true;
	program->kernel_id = ++program->kern->next_kernel_id;
	program->kern->tally.loads++;
	pthread_mutex_unlock(&program->kern->lock);
	return 0;
}

static const void *fake_program_image(const struct kern_program *program, size_t *ret_size)
{
	*ret_size = program->loaded ? 0 : sizeof(program->object);
	return program->loaded ? NULL : &program->object;
}

static uint32_t fake_program_kernel_id(const struct kern_program *program)
{
	return program->kernel_id;
}

static void unlink_program(struct kern_program *program)
{
	struct kern_program **at;

	for (at = &program->kern->programs; *at != program; at = &(*at)->next)
		;
	*at = program->next;
	program->kern->tally.programs--;
}

static void fake_program_free(struct kern_program *program)
{
	if (!program)
		return;
	pthread_mutex_lock(&program->kern->lock);
	unlink_program(program);
	pthread_mutex_unlock(&program->kern->lock);
	layout_done(&program->info.layout);
	free(program);
}

static struct kern_fake_pinned *find_pinned(const struct kern_fake *fake, const char *name)
{
	struct kern_fake_pinned *pinned;

	for (pinned = fake->pinned; pinned; pinned = pinned->next)
		if (strcmp(pinned->name, name) == 0)
			break;
	return pinned;
}

static struct kern_fake_pinned *add_pinned(struct kern_fake *fake, const char *name)
{
	struct kern_fake_pinned *pinned = calloc(1, sizeof(*pinned));

	assert(pinned);
	pinned->name = strdup(name);
	assert(pinned->name);
	pinned->ring_fd = -1;
	pinned->next = fake->pinned;
	fake->pinned = pinned;
	return pinned;
}

static void remove_pinned(struct kern_fake *fake, struct kern_fake_pinned *pinned)
{
	struct kern_fake_pinned **at;

	for (struct kern_dispatcher *d = fake->dispatchers; d; d = d->next)
		if (d->pinned == pinned)
			d->pinned = NULL;
	for (at = &fake->pinned; *at != pinned; at = &(*at)->next)
		;
	*at = pinned->next;
	free(pinned->name);
	free(pinned);
}

static struct kern_dispatcher *add_dispatch(struct kern_fake *fake, struct kern_fake_pinned *pinned)
{
	struct kern_dispatcher *dispatcher = calloc(1, sizeof(*dispatcher));

	assert(dispatcher);
	dispatcher->kern = fake;
	dispatcher->pinned = pinned;
	dispatcher->next = fake->dispatchers;
	fake->dispatchers = dispatcher;
	fake->tally.dispatchers++;
	return dispatcher;
}

static int fake_dispatcher_new(struct kern *kern, const char *name, struct kern_dispatcher **ret)
{
	struct kern_fake *fake = to_fake(kern);
	struct kern_fake_pinned *pinned;
	int r;

	r = planned(fake, "dispatcher_new");
	if (r < 0)
		return r;
	pthread_mutex_lock(&fake->lock);
	if (find_pinned(fake, name)) {
		r = -EEXIST;
	} else {
		pinned = add_pinned(fake, name);
		pinned->array = pinned->state = pinned->dispatcher = true;
		pinned->record.ledger.magic = IOURD_LEDGER_MAGIC;
		pinned->record.ledger.version = IOURD_LEDGER_VERSION;
		pinned->record.ledger.size = sizeof(struct iourd_ledger);
		*ret = add_dispatch(fake, pinned);
	}
	pthread_mutex_unlock(&fake->lock);
	return r;
}

static int fake_dispatcher_open(struct kern *kern, const char *name, struct kern_dispatcher **ret)
{
	struct kern_fake *fake = to_fake(kern);
	struct kern_fake_pinned *pinned;
	int r;

	r = planned(fake, "dispatcher_open");
	if (r < 0)
		return r;
	pthread_mutex_lock(&fake->lock);
	pinned = find_pinned(fake, name);
	if (!pinned)
		r = -ENOENT;
	else if (!pinned->array || !pinned->state || !pinned->dispatcher)
		r = -ENODATA;
	else if (pinned->small || pinned->record.ledger.magic != IOURD_LEDGER_MAGIC)
		r = -EPROTO;
	else
		*ret = add_dispatch(fake, pinned);
	pthread_mutex_unlock(&fake->lock);
	return r;
}

static int fake_dispatcher_set(struct kern_dispatcher *dispatcher,
			       const struct kern_program *program)
{
	int r = planned(dispatcher->kern, "dispatcher_set");

	if (r < 0)
		return r;
	if (!program->loaded)
		return -EINVAL;
	dispatcher->pinned->program = program->info.id;
	dispatcher->pinned->kernel_id = program->kernel_id;
	return 0;
}

static int fake_dispatcher_current(struct kern_dispatcher *dispatcher, uint32_t *ret_id)
{
	int r = planned(dispatcher->kern, "dispatcher_current");

	if (r < 0)
		return r;
	*ret_id = dispatcher->pinned->kernel_id;
	return 0;
}

static void fake_dispatcher_expect(struct kern_dispatcher *dispatcher, uint32_t sq, uint32_t cq)
{
	dispatcher->sq_entries = sq;
	dispatcher->cq_entries = cq;
}

static int fake_dispatcher_attach(struct kern_dispatcher *dispatcher, int pidfd, int ring_fd)
{
	int r = planned(dispatcher->kern, "dispatcher_attach");

	if (r < 0)
		return r;
	if (pidfd < 0 || ring_fd < 0)
		return -EBADF;
	if (dispatcher->pinned->ring_fd >= 0)
		return -EBUSY;
	if (dispatcher->kern->taken_sq != 0 &&
	    (dispatcher->sq_entries != dispatcher->kern->taken_sq ||
	     dispatcher->cq_entries != dispatcher->kern->taken_cq))
		return -EPROTO;
	dispatcher->pinned->ring_fd = ring_fd;
	dispatcher->pinned->link = true;
	return 0;
}

static volatile struct iourd_dispatch *fake_dispatcher_state(struct kern_dispatcher *dispatcher)
{
	return &dispatcher->pinned->record.dispatch;
}

static struct iourd_ledger *fake_dispatcher_ledger(struct kern_dispatcher *dispatcher)
{
	return &dispatcher->pinned->record.ledger;
}

static void unlink_dispatcher(struct kern_dispatcher *dispatcher)
{
	struct kern_dispatcher **at;

	for (at = &dispatcher->kern->dispatchers; *at != dispatcher; at = &(*at)->next)
		;
	*at = dispatcher->next;
	dispatcher->kern->tally.dispatchers--;
}

static int fake_dispatcher_rename(struct kern_dispatcher *dispatcher, const char *name)
{
	struct kern_fake *fake = dispatcher->kern;
	int r = planned(fake, "dispatcher_rename");

	if (r < 0)
		return r;
	pthread_mutex_lock(&fake->lock);
	if (find_pinned(fake, name)) {
		r = -EEXIST;
	} else {
		free(dispatcher->pinned->name);
		dispatcher->pinned->name = strdup(name);
		assert(dispatcher->pinned->name);
	}
	pthread_mutex_unlock(&fake->lock);
	return r;
}

static void fake_dispatcher_release(struct kern_dispatcher *dispatcher)
{
	struct kern_fake *fake;

	if (!dispatcher)
		return;
	fake = dispatcher->kern;
	pthread_mutex_lock(&fake->lock);
	unlink_dispatcher(dispatcher);
	pthread_mutex_unlock(&fake->lock);
	free(dispatcher);
}

static void fake_dispatcher_free(struct kern_dispatcher *dispatcher)
{
	struct kern_fake *fake;

	if (!dispatcher)
		return;
	fake = dispatcher->kern;
	pthread_mutex_lock(&fake->lock);
	unlink_dispatcher(dispatcher);
	if (dispatcher->pinned)
		remove_pinned(fake, dispatcher->pinned);
	pthread_mutex_unlock(&fake->lock);
	free(dispatcher);
}

static int fake_ring_waiting(struct kern *kern, pid_t pid, int ring_fd, uint32_t *ret_n)
{
	struct kern_fake *fake = to_fake(kern);
	int r = planned(fake, "ring_waiting");

	if (r < 0)
		return r;
	r = ring_fd == fake->waiting_ring ? fake->waiting : 0;
	if (r < 0)
		return r;
	*ret_n = (uint32_t)r;
	return 0;
}

static int fake_ring_entries(struct kern *kern, pid_t pid, int ring_fd, uint32_t *ret_sq,
			     uint32_t *ret_cq)
{
	struct kern_fake *fake = to_fake(kern);
	int r = planned(fake, "ring_entries");

	if (r < 0)
		return r;
	*ret_sq = fake->sq_entries;
	*ret_cq = fake->cq_entries;
	return 0;
}

static struct iourd_journal *fake_journal(struct kern *kern)
{
	return &to_fake(kern)->journal;
}

static int fake_pins_list(struct kern *kern, char ***ret_names, size_t *ret_n)
{
	struct kern_fake *fake = to_fake(kern);
	size_t n = 0;
	char **names;
	int r;

	r = planned(fake, "pins_list");
	if (r < 0)
		return r;
	pthread_mutex_lock(&fake->lock);
	for (struct kern_fake_pinned *at = fake->pinned; at; at = at->next)
		n++;
	names = calloc(n + 1, sizeof(*names));
	assert(names);
	n = 0;
	for (struct kern_fake_pinned *at = fake->pinned; at; at = at->next) {
		names[n] = strdup(at->name);
		assert(names[n]);
		n++;
	}
	pthread_mutex_unlock(&fake->lock);
	*ret_names = names;
	*ret_n = n;
	return 0;
}

static int fake_pins_inspect(struct kern *kern, const char *name, struct kern_pins *ret)
{
	struct kern_fake *fake = to_fake(kern);
	const struct kern_fake_pinned *pinned;
	int r;

	r = planned(fake, "pins_inspect");
	if (r < 0)
		return r;
	pthread_mutex_lock(&fake->lock);
	pinned = find_pinned(fake, name);
	if (pinned)
		*ret = (struct kern_pins){
			.array = pinned->array,
			.state = pinned->state,
			.dispatcher = pinned->dispatcher,
			.link = pinned->link,
			.has_ledger = pinned->state && !pinned->small &&
				      pinned->record.ledger.magic == IOURD_LEDGER_MAGIC,
			.ledger = pinned->record.ledger,
		};
	pthread_mutex_unlock(&fake->lock);
	return pinned ? 0 : -ENOENT;
}

static int fake_pins_remove(struct kern *kern, const char *name)
{
	struct kern_fake *fake = to_fake(kern);
	struct kern_fake_pinned *pinned;
	int r;

	r = planned(fake, "pins_remove");
	if (r < 0)
		return r;
	pthread_mutex_lock(&fake->lock);
	pinned = find_pinned(fake, name);
	if (pinned)
		remove_pinned(fake, pinned);
	pthread_mutex_unlock(&fake->lock);
	return pinned ? 0 : -ENOENT;
}

static void fake_free(struct kern *kern)
{
	struct kern_fake *fake = to_fake(kern);

	if (!fake)
		return;
	assert(fake->tally.programs == 0);
	assert(fake->tally.dispatchers == 0);
	while (fake->pinned)
		remove_pinned(fake, fake->pinned);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct kern_ops kern_fake_ops = {
	.free = fake_free,
	.capabilities = fake_capability_table,
	.program_open = fake_program_open,
	.program_info = fake_program_info,
	.program_load = fake_program_load,
	.program_image = fake_program_image,
	.program_kernel_id = fake_program_kernel_id,
	.program_free = fake_program_free,
	.dispatcher_new = fake_dispatcher_new,
	.dispatcher_open = fake_dispatcher_open,
	.dispatcher_rename = fake_dispatcher_rename,
	.dispatcher_release = fake_dispatcher_release,
	.dispatcher_current = fake_dispatcher_current,
	.dispatcher_ledger = fake_dispatcher_ledger,
	.dispatcher_set = fake_dispatcher_set,
	.dispatcher_expect = fake_dispatcher_expect,
	.dispatcher_attach = fake_dispatcher_attach,
	.dispatcher_state = fake_dispatcher_state,
	.dispatcher_free = fake_dispatcher_free,
	.ring_waiting = fake_ring_waiting,
	.ring_entries = fake_ring_entries,
	.journal = fake_journal,
	.pins_list = fake_pins_list,
	.pins_inspect = fake_pins_inspect,
	.pins_remove = fake_pins_remove,
};

int kern_fake_new(struct fail_plan *plan, struct kern **ret)
{
	struct kern_fake *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return -ENOMEM;
	libbpf_log_install();
	fake->kern.ops = &kern_fake_ops;
	fake->plan = plan;
	fake->waiting_ring = -1;
	fake->journal = (struct iourd_journal){.magic = IOURD_JOURNAL_MAGIC, .version = 1};
	pthread_mutex_init(&fake->lock, NULL);
	memcpy(fake->capabilities, fake_capabilities, sizeof(fake_capabilities));
	*ret = &fake->kern;
	return 0;
}

void kern_fake_tally(struct kern *kern, struct kern_fake_tally *ret)
{
	struct kern_fake *fake = to_fake(kern);

	pthread_mutex_lock(&fake->lock);
	*ret = fake->tally;
	ret->pins = 0;
	for (struct kern_fake_pinned *at = fake->pinned; at; at = at->next)
		ret->pins++;
	pthread_mutex_unlock(&fake->lock);
}

void kern_fake_lack(struct kern *kern, const char *name)
{
	struct kern_fake *fake = to_fake(kern);

	for (size_t i = 0; i < FAKE_CAPABILITIES; i++)
		if (!name || strcmp(fake->capabilities[i].name, name) == 0)
			fake->capabilities[i].present = !name;
}

void kern_fake_leave_pin(struct kern *kern, const char *name)
{
	add_pinned(to_fake(kern), name);
}

struct kern_fake_pinned *kern_fake_pinned(struct kern *kern, const char *name)
{
	return find_pinned(to_fake(kern), name);
}

void kern_fake_set_waiting(struct kern *kern, int ring_fd, int n)
{
	to_fake(kern)->waiting_ring = ring_fd;
	to_fake(kern)->waiting = n;
}

void kern_fake_exchange(struct kern *kern, uint32_t sq, uint32_t cq)
{
	to_fake(kern)->taken_sq = sq;
	to_fake(kern)->taken_cq = cq;
}

void kern_fake_set_entries(struct kern *kern, uint32_t sq, uint32_t cq)
{
	to_fake(kern)->sq_entries = sq;
	to_fake(kern)->cq_entries = cq;
	kern_fake_exchange(kern, sq, cq);
}

void kern_fake_forget(struct kern *kern)
{
	struct kern_fake *fake = to_fake(kern);

	while (fake->dispatchers)
		fake_dispatcher_release(fake->dispatchers);
	while (fake->programs)
		fake_program_free(fake->programs);
}

struct kern_dispatcher *kern_fake_dispatcher(struct kern *kern, const char *name)
{
	struct kern_dispatcher *dispatcher;

	for (dispatcher = to_fake(kern)->dispatchers; dispatcher; dispatcher = dispatcher->next)
		if (dispatcher->pinned && strcmp(dispatcher->pinned->name, name) == 0)
			return dispatcher;
	return NULL;
}

uint64_t kern_fake_dispatcher_program(const struct kern_dispatcher *dispatcher)
{
	return dispatcher->pinned->program;
}

int kern_fake_dispatcher_ring(const struct kern_dispatcher *dispatcher)
{
	return dispatcher->pinned->ring_fd;
}
