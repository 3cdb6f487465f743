/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/message.h"

/* The most that head, parameters and data area of one region can need. */
#define REGION_SIZE_MAX (IOURD_DATA_MAX + IOURD_PARAMS_MAX + (1u << 20))

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool region_is_sane(const struct control_setup *setup)
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

static bool queues_are_sane(const struct control_setup *setup)
{
	return is_power_of_two(setup->sq_entries) && is_power_of_two(setup->cq_entries) &&
	       setup->sq_entries <= setup->cq_entries && setup->cq_entries <= IOURD_ENTRIES_MAX;
}

static bool groups_are_sane(const struct control_setup *setup, size_t size)
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

int control_setup_check(const void *message, size_t size, size_t n_fds)
{
	const struct control_setup *setup = message;

	if (control_head_check(message, size) != CONTROL_SETUP || size < sizeof(*setup) ||
	    !groups_are_sane(setup, size))
		return -EBADMSG;
	if (setup->uid == UINT32_MAX || setup->gid == UINT32_MAX)
		return -EINVAL;
	if (!queues_are_sane(setup) || !region_is_sane(setup) || setup->has_lease > 1)
		return -EINVAL;
	if (setup->n_slots > IOURD_SLOTS_MAX || setup->slots_filled >> setup->n_slots)
		return -EINVAL;
	if (setup->name[0] == '\0' || !memchr(setup->name, '\0', sizeof(setup->name)))
		return -EINVAL;
	if (n_fds != 1 + setup->has_lease + (size_t)__builtin_popcount(setup->slots_filled))
		return -EMFILE;
	return 0;
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
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * CONTROL_FDS_MAX)];
	} control;
	struct iovec iov = {.iov_base = (void *)message, .iov_len = size};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (n_fds > CONTROL_FDS_MAX)
		return -EMFILE;
	if (n_fds > 0) {
		memset(&control, 0, sizeof(control));
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * n_fds);
	}
	if (sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return -errno;
	return 0;
}

/* How many descriptors came; they are in @fds. */
static size_t take_descriptors(struct msghdr *header, int *fds)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	}
	return n;
}

ssize_t control_receive(int fd, void *message, size_t size, int *ret_fds, size_t max_fds,
			size_t *ret_n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * CONTROL_FDS_MAX)];
	} control;
	struct iovec iov = {.iov_base = message, .iov_len = size};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	int fds[CONTROL_FDS_MAX + 1]; /* padding may make room for one more */
	size_t n_fds = 0;
	ssize_t n;

	if (max_fds > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
	}
	do
		n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (max_fds > 0)
		n_fds = take_descriptors(&header, fds);
	if (n_fds > max_fds || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		for (size_t i = 0; i < n_fds; i++)
			close(fds[i]);
		return -EBADMSG;
	}
	if (n_fds > 0)
		memcpy(ret_fds, fds, n_fds * sizeof(int));
	if (ret_n_fds)
		*ret_n_fds = n_fds;
	return n;
}
