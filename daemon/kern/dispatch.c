/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dispatch.c - one ring's dispatcher: its kernel objects, their pins, its attachment */
#include <errno.h>
#include <bpf/bpf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kern/linux.h"
#include "kern/pins.h"
#include "kern/take-ring.h"
#include "wire/cleanup.h"

/* Owns its descriptors, the mapping, and the folder of pins. */
struct kern_dispatch {
	const struct kern_linux *kern;
	char *name;
	int array_fd;
	int state_fd;
	int program_fd;
	int link_fd; /* -1: not attached */
	struct iourd_dispatch *state;
	bool has_folder;
};

static int map_state(struct kern_dispatch *dispatch)
{
	void *state = mmap(NULL, sizeof(struct iourd_dispatch), PROT_READ | PROT_WRITE, MAP_SHARED,
			   dispatch->state_fd, 0);

	if (state == MAP_FAILED)
		return -errno;
	dispatch->state = state;
	return 0;
}

static int pin_all(struct kern_dispatch *dispatch)
{
	const char *directory = dispatch->kern->pin_directory;
	int r;

	r = pins_add(directory, dispatch->name, PIN_ARRAY, dispatch->array_fd);
	if (r == 0)
		r = pins_add(directory, dispatch->name, PIN_STATE, dispatch->state_fd);
	if (r == 0)
		r = pins_add(directory, dispatch->name, PIN_DISPATCHER, dispatch->program_fd);
	return r;
}

int linux_dispatch_new(struct kern *kern, const char *name, struct kern_dispatch **ret)
{
	const struct kern_linux *owner = kern_linux(kern);
	struct kern_dispatch *made;
	int r;

	if (capabilities_missing(&owner->capabilities))
		return -EOPNOTSUPP;
	made = malloc(sizeof(*made));
	if (!made)
		return -ENOMEM;
	*made = (struct kern_dispatch){
		.kern = owner, .array_fd = -1, .state_fd = -1, .program_fd = -1, .link_fd = -1};
	made->name = strdup(name);
	r = made->name ? pins_make(owner->pin_directory, name) : -ENOMEM;
	made->has_folder = r == 0;
	if (r == 0)
		r = dispatcher_make_maps(&made->array_fd, &made->state_fd);
	if (r == 0)
		r = map_state(made);
	if (r == 0)
		r = dispatcher_load(&owner->dispatcher, &owner->btf, made->array_fd, made->state_fd,
				    &made->program_fd);
	if (r == 0)
		r = pin_all(made);
	if (r < 0) {
		linux_dispatch_free(made);
		return r;
	}
	*ret = made;
	return 0;
}

int linux_dispatch_set(struct kern_dispatch *dispatch, const struct kern_program *program)
{
	uint32_t slot = 0, value;
	int fd = linux_program_fd(program);

	if (fd < 0)
		return -EINVAL;
	value = (uint32_t)fd;
	return bpf_map_update_elem(dispatch->array_fd, &slot, &value, 0);
}

int linux_dispatch_attach(struct kern_dispatch *dispatch, int pidfd, int ring_fd)
{
	_cleanup_close_ int ring = -1, link = -1;
	int r;

	if (dispatch->link_fd >= 0)
		return -EBUSY;
	r = take_ring(pidfd, ring_fd, &ring);
	if (r < 0)
		return r;
	r = dispatcher_attach(&dispatch->kern->btf, dispatch->program_fd, ring, &link);
	if (r < 0)
		return r;
	r = pins_add(dispatch->kern->pin_directory, dispatch->name, PIN_LINK, link);
	if (r < 0)
		return r; /* closing the link detaches: the ring never ran */
	dispatch->link_fd = take_fd(&link);
	return 0;
}

volatile struct iourd_dispatch *linux_dispatch_state(struct kern_dispatch *dispatch)
{
	return dispatch->state;
}

void linux_dispatch_free(struct kern_dispatch *dispatch)
{
	if (!dispatch)
		return;
	/* pins first: closing the link's last descriptor then waits until it is detached */
	if (dispatch->has_folder)
		pins_remove(dispatch->kern->pin_directory, dispatch->name);
	if (dispatch->link_fd >= 0)
		close(dispatch->link_fd);
	if (dispatch->state)
		munmap(dispatch->state, sizeof(*dispatch->state));
	if (dispatch->program_fd >= 0)
		close(dispatch->program_fd);
	if (dispatch->state_fd >= 0)
		close(dispatch->state_fd);
	if (dispatch->array_fd >= 0)
		close(dispatch->array_fd);
	free(dispatch->name);
	free(dispatch);
}
