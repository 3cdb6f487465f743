/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fake/kern_fake.h"
#include "fake/object_fake.h"
#include "kern/libbpf-log.h"

#define FAKE_CAPABILITIES 2

/* Owns the pins' names. Dispatchers and programs are their holders'; here they are known. */
struct kern_fake {
	struct kern kern;
	struct fail_plan *plan;
	pthread_mutex_t lock;
	struct kern_dispatch *dispatchers;
	char **pins;
	size_t n_pins;
	struct kern_fake_tally tally;
	struct kern_capability capabilities[FAKE_CAPABILITIES];
};

struct kern_program {
	struct kern_fake *kern;
	struct kern_program_info info;
	struct fake_object object;
	bool loaded;
};

struct kern_dispatch {
	struct kern_fake *kern;
	struct kern_dispatch *next;
	char *name;
	struct iourd_dispatch state;
	uint64_t program;
	int ring_fd;
};

static const struct kern_capability fake_capabilities[FAKE_CAPABILITIES] = {
	{.name = "struct_ops.io_uring_bpf_ops",
	 .since = "Linux 7.1",
	 .present = true,
	 .required = true},
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
	program->loaded = true;
	pthread_mutex_lock(&program->kern->lock);
	program->kern->tally.loads++;
	pthread_mutex_unlock(&program->kern->lock);
	return 0;
}

static void fake_program_free(struct kern_program *program)
{
	if (!program)
		return;
	pthread_mutex_lock(&program->kern->lock);
	program->kern->tally.programs--;
	pthread_mutex_unlock(&program->kern->lock);
	layout_done(&program->info.layout);
	free(program);
}

static size_t find_pin(const struct kern_fake *fake, const char *name)
{
	size_t i;

	for (i = 0; i < fake->n_pins; i++)
		if (strcmp(fake->pins[i], name) == 0)
			break;
	return i;
}

static void add_pin(struct kern_fake *fake, const char *name)
{
	fake->pins = reallocarray(fake->pins, fake->n_pins + 1, sizeof(*fake->pins));
	assert(fake->pins);
	fake->pins[fake->n_pins] = strdup(name);
	assert(fake->pins[fake->n_pins]);
	fake->n_pins++;
}

static void remove_pin(struct kern_fake *fake, size_t i)
{
	free(fake->pins[i]);
	fake->pins[i] = fake->pins[--fake->n_pins];
}

static int fake_dispatch_new(struct kern *kern, const char *name, struct kern_dispatch **ret)
{
	struct kern_fake *fake = to_fake(kern);
	struct kern_dispatch *dispatch;
	int r;

	r = planned(fake, "dispatch_new");
	if (r < 0)
		return r;
	dispatch = calloc(1, sizeof(*dispatch));
	if (!dispatch || !(dispatch->name = strdup(name))) {
		free(dispatch);
		return -ENOMEM;
	}
	dispatch->kern = fake;
	dispatch->ring_fd = -1;
	pthread_mutex_lock(&fake->lock);
	if (find_pin(fake, name) < fake->n_pins) {
		r = -EEXIST;
	} else {
		add_pin(fake, name);
		fake->tally.dispatchers++;
		dispatch->next = fake->dispatchers;
		fake->dispatchers = dispatch;
	}
	pthread_mutex_unlock(&fake->lock);
	if (r < 0) {
		free(dispatch->name);
		free(dispatch);
		return r;
	}
	*ret = dispatch;
	return 0;
}

static int fake_dispatch_set(struct kern_dispatch *dispatch, const struct kern_program *program)
{
	int r = planned(dispatch->kern, "dispatch_set");

	if (r < 0)
		return r;
	if (!program->loaded)
		return -EINVAL;
	dispatch->program = program->info.id;
	return 0;
}

static int fake_dispatch_attach(struct kern_dispatch *dispatch, int pidfd, int ring_fd)
{
	int r = planned(dispatch->kern, "dispatch_attach");

	if (r < 0)
		return r;
	if (pidfd < 0 || ring_fd < 0)
		return -EBADF;
	if (dispatch->ring_fd >= 0)
		return -EBUSY;
	dispatch->ring_fd = ring_fd;
	return 0;
}

static volatile struct iourd_dispatch *fake_dispatch_state(struct kern_dispatch *dispatch)
{
	return &dispatch->state;
}

static void fake_dispatch_free(struct kern_dispatch *dispatch)
{
	struct kern_dispatch **at;
	struct kern_fake *fake;

	if (!dispatch)
		return;
	fake = dispatch->kern;
	pthread_mutex_lock(&fake->lock);
	for (at = &fake->dispatchers; *at != dispatch; at = &(*at)->next)
		;
	*at = dispatch->next;
	fake->tally.dispatchers--;
	remove_pin(fake, find_pin(fake, dispatch->name));
	pthread_mutex_unlock(&fake->lock);
	free(dispatch->name);
	free(dispatch);
}

static int fake_pins_list(struct kern *kern, char ***ret_names, size_t *ret_n)
{
	struct kern_fake *fake = to_fake(kern);
	char **names;
	int r;

	r = planned(fake, "pins_list");
	if (r < 0)
		return r;
	names = calloc(fake->n_pins + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->n_pins; i++) {
		names[i] = strdup(fake->pins[i]);
		assert(names[i]);
	}
	*ret_n = fake->n_pins;
	pthread_mutex_unlock(&fake->lock);
	*ret_names = names;
	return 0;
}

static int fake_pins_remove(struct kern *kern, const char *name)
{
	struct kern_fake *fake = to_fake(kern);
	size_t i;
	int r;

	r = planned(fake, "pins_remove");
	if (r < 0)
		return r;
	pthread_mutex_lock(&fake->lock);
	i = find_pin(fake, name);
	if (i < fake->n_pins)
		remove_pin(fake, i);
	else
		r = -ENOENT;
	pthread_mutex_unlock(&fake->lock);
	return r;
}

static void fake_free(struct kern *kern)
{
	struct kern_fake *fake = to_fake(kern);

	if (!fake)
		return;
	assert(fake->tally.programs == 0);
	assert(fake->tally.dispatchers == 0);
	while (fake->n_pins > 0)
		remove_pin(fake, 0);
	free(fake->pins);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct kern_ops kern_fake_ops = {
	.free = fake_free,
	.capabilities = fake_capability_table,
	.program_open = fake_program_open,
	.program_info = fake_program_info,
	.program_load = fake_program_load,
	.program_free = fake_program_free,
	.dispatch_new = fake_dispatch_new,
	.dispatch_set = fake_dispatch_set,
	.dispatch_attach = fake_dispatch_attach,
	.dispatch_state = fake_dispatch_state,
	.dispatch_free = fake_dispatch_free,
	.pins_list = fake_pins_list,
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
	ret->pins = fake->n_pins;
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
	add_pin(to_fake(kern), name);
}

struct kern_dispatch *kern_fake_dispatch(struct kern *kern, const char *name)
{
	struct kern_dispatch *dispatch;

	for (dispatch = to_fake(kern)->dispatchers; dispatch; dispatch = dispatch->next)
		if (strcmp(dispatch->name, name) == 0)
			return dispatch;
	return NULL;
}

uint64_t kern_fake_dispatch_program(const struct kern_dispatch *dispatch)
{
	return dispatch->program;
}

int kern_fake_dispatch_ring(const struct kern_dispatch *dispatch)
{
	return dispatch->ring_fd;
}
