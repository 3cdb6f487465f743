/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/setup.h"

#include <errno.h>
#include <string.h>

#include "host/message.h"

_Static_assert(sizeof(struct control_setup) + CONTROL_GROUPS_MAX * sizeof(uint32_t) <=
		       CONTROL_MESSAGE_MAX,
	       "a setup with the most groups fits");

static void collect_descriptors(const struct host_setup *setup, enum control_cgroup cgroup,
				int cgroup_fd, int files_fd, struct setup_message *ret)
{
	ret->fds[ret->n_fds++] = setup->region_fd;
	if (setup->lease_fd >= 0) {
		ret->fds[ret->n_fds++] = setup->lease_fd;
		ret->setup.flags |= SETUP_HAS_LEASE;
	}
	ret->setup.cgroup = cgroup;
	if (cgroup == CGROUP_ENTER)
		ret->fds[ret->n_fds++] = cgroup_fd;
	for (size_t i = 0; i < setup->n_slots; i++) {
		if (setup->files[i] < 0)
			continue;
		if (files_fd < 0)
			ret->fds[ret->n_fds++] = setup->files[i];
		else
			ret->numbers[ret->n_numbers++] = (uint32_t)setup->files[i];
		ret->setup.slots_filled |= 1u << i;
	}
	if (files_fd < 0)
		return;
	ret->fds[ret->n_fds++] = files_fd;
	ret->setup.flags |= SETUP_FILES_APART;
}

int setup_message_fill(const struct host_setup *setup, enum control_cgroup cgroup, int cgroup_fd,
		       int files_fd, struct setup_message *ret)
{
	size_t size = sizeof(ret->setup) + setup->n_groups * sizeof(uint32_t);

	if (!setup->parcel != (files_fd < 0))
		return -EINVAL;
	if (setup->n_groups > CONTROL_GROUPS_MAX)
		return -E2BIG;
	if (setup->n_slots > IOURD_SLOTS_MAX || strlen(setup->name) >= CONTROL_NAME_MAX)
		return -EINVAL;
	memset(ret, 0, sizeof(*ret));
	ret->size = size;
	ret->setup = (struct control_setup){
		.head = {.version = CONTROL_VERSION, .type = CONTROL_SETUP, .size = (uint32_t)size},
		.uid = setup->uid,
		.gid = setup->gid,
		.n_groups = (uint32_t)setup->n_groups,
		.groups_offset = sizeof(ret->setup),
		.sq_entries = setup->sq_entries,
		.cq_entries = setup->cq_entries,
		.n_slots = (uint32_t)setup->n_slots,
		.region_size = setup->region_size,
		.data_offset = setup->data_offset,
		.data_size = setup->data_size,
	};
	memcpy(ret->setup.opcodes, setup->opcodes, sizeof(ret->setup.opcodes));
	strcpy(ret->setup.name, setup->name);
	for (size_t i = 0; i < setup->n_groups; i++) {
		uint32_t group = setup->groups[i];

		memcpy(ret->bytes + sizeof(ret->setup) + i * sizeof(group), &group, sizeof(group));
	}
	collect_descriptors(setup, cgroup, cgroup_fd, files_fd, ret);
	/* The host would refuse an invalid setup, too, but only once it has been started. */
	return control_setup_check(ret->bytes, ret->size, ret->n_fds);
}
