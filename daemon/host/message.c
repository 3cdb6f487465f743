/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/message.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd-passing.h"

_Static_assert(CONTROL_FDS_MAX <= PASSED_FDS_MAX, "one call passes all descriptors of a setup");

/* An upper bound for head, parameters and data area of one region. */
#define REGION_SIZE_MAX (IOURD_DATA_MAX + IOURD_PARAMS_MAX + (1u << 20))

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool region_valid(const struct control_setup *setup)
{
	uint64_t mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1;

	if (setup->region_size < sizeof(struct iourd_head) ||
	    setup->region_size > REGION_SIZE_MAX || (setup->region_size & mask))
		return false;
	if (setup->data_size == 0)
		return true;
	return !(setup->data_offset & mask) && setup->data_offset >= sizeof(struct iourd_head) &&
	       setup->data_offset < setup->region_size && setup->data_size <= IOURD_DATA_MAX &&
	       setup->data_size <= setup->region_size - setup->data_offset;
}

static bool queues_valid(const struct control_setup *setup)
{
	return is_power_of_two(setup->sq_entries) && is_power_of_two(setup->cq_entries) &&
	       setup->sq_entries <= setup->cq_entries && setup->cq_entries <= IOURD_ENTRIES_MAX;
}

static bool groups_valid(const struct control_setup *setup, size_t size)
{
	return setup->n_groups <= CONTROL_GROUPS_MAX && setup->groups_offset <= size &&
	       setup->groups_offset >= sizeof(*setup) &&
	       setup->groups_offset % sizeof(uint32_t) == 0 &&
	       setup->n_groups * sizeof(uint32_t) == size - setup->groups_offset;
}

int control_head_check(const void *message, size_t size)
{
	struct control_head head;

	if (size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, message, sizeof(head));
	if (head.version == 0 || head.size != size)
		return -EBADMSG;
	return head.type;
}

static size_t descriptors_expected(const struct control_setup *setup)
{
	size_t n_files = setup->flags & SETUP_FILES_APART
				 ? 1
				 : (size_t)__builtin_popcount(setup->slots_filled);

	return 1 + (setup->flags & SETUP_HAS_LEASE) + (setup->cgroup == CGROUP_ENTER) + n_files;
}

int control_setup_check(const void *message, size_t size, size_t n_fds)
{
	const struct control_setup *setup = message;

	if (control_head_check(message, size) != CONTROL_SETUP || size < sizeof(*setup) ||
	    !groups_valid(setup, size))
		return -EBADMSG;
	if (setup->uid == UINT32_MAX || setup->gid == UINT32_MAX)
		return -EINVAL;
	if (!queues_valid(setup) || !region_valid(setup) ||
	    setup->flags > (SETUP_HAS_LEASE | SETUP_FILES_APART) || setup->cgroup > CGROUP_WAIT)
		return -EINVAL;
	if (setup->n_slots > IOURD_SLOTS_MAX || setup->slots_filled >> setup->n_slots)
		return -EINVAL;
	if (setup->name[0] == '\0' || !memchr(setup->name, '\0', sizeof(setup->name)))
		return -EINVAL;
	return n_fds == descriptors_expected(setup) ? 0 : -EMFILE;
}

const uint32_t *control_setup_groups(const struct control_setup *setup)
{
	return (const uint32_t *)((const char *)setup + setup->groups_offset);
}

int control_event_read(const void *message, size_t size, struct control_event *ret)
{
	int type = control_head_check(message, size);

	if (type < CONTROL_READY || type > CONTROL_STATE)
		return -EBADMSG;
	*ret = (struct control_event){0};
	memcpy(ret, message, size < sizeof(*ret) ? size : sizeof(*ret));
	return 0;
}

struct control_head control_command(enum control_type type)
{
	return (struct control_head){
		.version = CONTROL_VERSION, .type = type, .size = sizeof(struct control_head)};
}

int control_send(int fd, const void *message, size_t size, const int *fds, size_t n_fds)
{
	ssize_t n;

	if (n_fds > CONTROL_FDS_MAX)
		return -EMFILE;
	n = send_with_fds(fd, message, size, fds, n_fds, MSG_DONTWAIT);
	return n < 0 ? (int)n : 0;
}

ssize_t control_receive(int fd, void *message, size_t size, int *ret_fds, size_t max_fds,
			size_t *ret_n_fds)
{
	size_t n_fds;
	ssize_t n;

	do
		n = receive_with_fds(fd, message, size, ret_fds, max_fds, &n_fds);
	while (n == -EINTR);
	if (n == -EMFILE || n == -EMSGSIZE)
		return -EBADMSG;
	if (n >= 0 && ret_n_fds)
		*ret_n_fds = n_fds;
	return n;
}
