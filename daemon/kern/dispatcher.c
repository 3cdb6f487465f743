/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dispatcher.c - the dispatcher of a ring: its kernel objects, their pins, its attachment */
#include <errno.h>
#include <bpf/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kern/linux.h"
#include "kern/pins.h"
#include "kern/fetch-ring.h"
#include "kern/ring-waiting.h"
#include "common/cleanup.h"

/* Owns its descriptors, the mapping, and the folder of pins. */
struct kern_dispatcher {
	const struct kern_linux *kern;
	char *name;
	int array_fd;
	int state_fd;
	int program_fd;
	int link_fd; /* -1: not attached */
	struct iourd_record *record;
	bool has_folder;
	uint32_t sq_entries; /* of the ring that is attached; 0, 0: any */
	uint32_t cq_entries;
};

static void release_handles(struct kern_dispatcher *dispatcher)
{
	if (dispatcher->link_fd >= 0)
		close(dispatcher->link_fd);
	if (dispatcher->record)
		munmap(dispatcher->record, sizeof(*dispatcher->record));
	if (dispatcher->program_fd >= 0)
		close(dispatcher->program_fd);
	if (dispatcher->state_fd >= 0)
		close(dispatcher->state_fd);
	if (dispatcher->array_fd >= 0)
		close(dispatcher->array_fd);
	free(dispatcher->name);
	free(dispatcher);
}

static int map_record(struct kern_dispatcher *dispatcher)
{
	void *record = mmap(NULL, sizeof(struct iourd_record), PROT_READ | PROT_WRITE, MAP_SHARED,
			    dispatcher->state_fd, 0);

	if (record == MAP_FAILED)
		return -errno;
	dispatcher->record = record;
	return 0;
}

static void start_ledger(struct iourd_ledger *ledger)
{
	ledger->magic = IOURD_LEDGER_MAGIC;
	ledger->version = IOURD_LEDGER_VERSION;
	ledger->size = sizeof(*ledger);
}

static int pin_all(struct kern_dispatcher *dispatcher)
{
	const char *directory = dispatcher->kern->pin_directory;
	int r;

	r = pins_add(directory, dispatcher->name, PIN_ARRAY, dispatcher->array_fd);
	if (r == 0)
		r = pins_add(directory, dispatcher->name, PIN_STATE, dispatcher->state_fd);
	if (r == 0)
		r = pins_add(directory, dispatcher->name, PIN_DISPATCHER, dispatcher->program_fd);
	return r;
}

int linux_dispatcher_new(struct kern *kern, const char *name, struct kern_dispatcher **ret)
{
	struct kern_linux *owner = kern_linux(kern);
	struct kern_dispatcher *made;
	int r;

	if (__atomic_load_n(&owner->missing, __ATOMIC_RELAXED) != CAPABILITIES_COMPLETE)
		return -EOPNOTSUPP;
	made = malloc(sizeof(*made));
	if (!made)
		return -ENOMEM;
	*made = (struct kern_dispatcher){
		.kern = owner, .array_fd = -1, .state_fd = -1, .program_fd = -1, .link_fd = -1};
	made->name = strdup(name);
	r = made->name ? pins_make(owner->pin_directory, name) : -ENOMEM;
	made->has_folder = r == 0;
	if (r == 0)
		r = dispatcher_make_maps(&made->array_fd, &made->state_fd);
	if (r == 0)
		r = map_record(made);
	if (r == 0)
		start_ledger(&made->record->ledger);
	if (r == 0)
		r = dispatcher_load(&owner->dispatcher_code, &owner->btf, made->array_fd,
				    made->state_fd, &made->program_fd);
	if (r == 0)
		r = pin_all(made);
	if (r < 0) {
		linux_dispatcher_free(made);
		return r;
	}
	*ret = made;
	return 0;
}

/* The bytes of a state map's value; 0: it is none of ours. */
static size_t record_size(int state_fd)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_map_get_info_by_fd(state_fd, &info, &size) < 0 || info.type != BPF_MAP_TYPE_ARRAY ||
	    !(info.map_flags & BPF_F_MMAPABLE))
		return 0;
	return info.value_size;
}

static int check_record(int state_fd)
{
	return record_size(state_fd) < IOURD_RECORD_SIZE_MIN ? -EPROTO : 0;
}

static int open_pinned(const char *directory, struct kern_dispatcher *dispatcher)
{
	const char *name = dispatcher->name;
	int r;

	dispatcher->array_fd = pins_get(directory, name, PIN_ARRAY);
	dispatcher->state_fd = pins_get(directory, name, PIN_STATE);
	dispatcher->program_fd = pins_get(directory, name, PIN_DISPATCHER);
	dispatcher->link_fd = pins_get(directory, name, PIN_LINK);
	if (dispatcher->array_fd < 0 || dispatcher->state_fd < 0 || dispatcher->program_fd < 0)
		return -ENODATA;
	r = check_record(dispatcher->state_fd);
	if (r == 0)
		r = map_record(dispatcher);
	if (r == 0 && dispatcher->record->ledger.magic != IOURD_LEDGER_MAGIC)
		r = -EPROTO;
	return r;
}

int linux_dispatcher_open(struct kern *kern, const char *name, struct kern_dispatcher **ret)
{
	const struct kern_linux *owner = kern_linux(kern);
	struct kern_dispatcher *made;
	int r;

	made = malloc(sizeof(*made));
	if (!made)
		return -ENOMEM;
	*made = (struct kern_dispatcher){
		.kern = owner, .array_fd = -1, .state_fd = -1, .program_fd = -1, .link_fd = -1};
	made->name = strdup(name);
	r = made->name ? pins_exist(owner->pin_directory, name) : -ENOMEM;
	if (r == 0)
		r = open_pinned(owner->pin_directory, made);
	if (r < 0) {
		release_handles(made); /* the pins stay: they are not ours yet */
		return r;
	}
	made->has_folder = true;
	*ret = made;
	return 0;
}

static bool is_pinned(const char *directory, const char *name, const char *object)
{
	_cleanup_close_ int fd = pins_get(directory, name, object);

	return fd >= 0;
}

static void read_state(int state_fd, struct kern_pins *pins)
{
	uint32_t slot = 0;
	_cleanup_free_ struct iourd_record *record = NULL;

	if (check_record(state_fd) < 0)
		return;
	/* members that an older record lacks stay zero; those of a newer one are ignored */
	record = calloc(1, record_size(state_fd) + sizeof(*record));
	if (!record || bpf_map_lookup_elem(state_fd, &slot, record) < 0)
		return;
	pins->ledger = record->ledger;
	pins->has_ledger = record->ledger.magic == IOURD_LEDGER_MAGIC;
}

int linux_pins_inspect(struct kern *kern, const char *name, struct kern_pins *ret)
{
	const char *directory = kern_linux(kern)->pin_directory;
	_cleanup_close_ int state = -1;
	struct kern_pins pins = {};
	int r;

	r = pins_exist(directory, name);
	if (r < 0)
		return r;
	state = pins_get(directory, name, PIN_STATE);
	pins.state = state >= 0;
	if (pins.state)
		read_state(state, &pins);
	pins.array = is_pinned(directory, name, PIN_ARRAY);
	pins.dispatcher = is_pinned(directory, name, PIN_DISPATCHER);
	pins.link = is_pinned(directory, name, PIN_LINK);
	*ret = pins;
	return 0;
}

int linux_dispatcher_set(struct kern_dispatcher *dispatcher, const struct kern_program *program)
{
	uint32_t slot = 0, value;
	int fd = linux_program_fd(program);

	if (fd < 0)
		return -EINVAL;
	value = (uint32_t)fd;
	return bpf_map_update_elem(dispatcher->array_fd, &slot, &value, 0);
}

void linux_dispatcher_expect(struct kern_dispatcher *dispatcher, uint32_t sq, uint32_t cq)
{
	dispatcher->sq_entries = sq;
	dispatcher->cq_entries = cq;
}

/* @ring: this process's descriptor, so that nobody can exchange the ring any more. */
static int check_entries(const struct kern_dispatcher *dispatcher, int ring)
{
	uint32_t sq, cq;
	int r;

	if (dispatcher->sq_entries == 0 && dispatcher->cq_entries == 0)
		return 0;
	r = ring_entries(getpid(), ring, &sq, &cq);
	if (r < 0)
		return r;
	return sq == dispatcher->sq_entries && cq == dispatcher->cq_entries ? 0 : -EPROTO;
}

int linux_dispatcher_attach(struct kern_dispatcher *dispatcher, int pidfd, int ring_fd)
{
	_cleanup_close_ int ring = -1, link = -1;
	int r;

	if (dispatcher->link_fd >= 0)
		return -EBUSY;
	r = fetch_ring_fd(pidfd, ring_fd, &ring);
	if (r == 0)
		r = check_entries(dispatcher, ring);
	if (r < 0)
		return r;
	r = dispatcher_attach(&dispatcher->kern->btf, dispatcher->program_fd, ring, &link);
	if (r < 0)
		return r;
	r = pins_add(dispatcher->kern->pin_directory, dispatcher->name, PIN_LINK, link);
	if (r < 0)
		return r; /* closing the link detaches; the ring never ran */
	dispatcher->link_fd = take_fd(&link);
	return 0;
}

volatile struct iourd_dispatch *linux_dispatcher_state(struct kern_dispatcher *dispatcher)
{
	return &dispatcher->record->dispatch;
}

struct iourd_ledger *linux_dispatcher_ledger(struct kern_dispatcher *dispatcher)
{
	return &dispatcher->record->ledger;
}

int linux_dispatcher_current(struct kern_dispatcher *dispatcher, uint32_t *ret_id)
{
	uint32_t slot = 0, id;
	int r = bpf_map_lookup_elem(dispatcher->array_fd, &slot, &id);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret_id = r < 0 ? 0 : id;
	return 0;
}

int linux_dispatcher_rename(struct kern_dispatcher *dispatcher, const char *name)
{
	char *copy = strdup(name);
	int r;

	if (!copy)
		return -ENOMEM;
	r = pins_rename(dispatcher->kern->pin_directory, dispatcher->name, name);
	if (r < 0) {
		free(copy);
		return r;
	}
	free(dispatcher->name);
	dispatcher->name = copy;
	return 0;
}

void linux_dispatcher_release(struct kern_dispatcher *dispatcher)
{
	if (dispatcher)
		release_handles(dispatcher);
}

void linux_dispatcher_free(struct kern_dispatcher *dispatcher)
{
	if (!dispatcher)
		return;
	/* pins first: closing the last descriptor of the link then waits for the detach */
	if (dispatcher->has_folder)
		pins_remove(dispatcher->kern->pin_directory, dispatcher->name);
	release_handles(dispatcher);
}
