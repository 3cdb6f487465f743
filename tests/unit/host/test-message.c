/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control messages: valid, truncated, extended and hostile ones, at both ends. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "host/message.h"
#include "host/setup.h"

static struct setup_message message;

/* Fills all fields. */
static void make_message(void)
{
	static const gid_t groups[] = {7, 8, 9};
	struct host_setup setup = fixture_setup("r1");

	setup.groups = groups;
	setup.n_groups = 3;
	setup.lease_fd = 0;
	setup.n_slots = 4;
	setup.files[0] = 0;
	setup.files[3] = 0;
	setup.data_offset = 4096;
	setup.data_size = 4096;
	assert_int_equal(setup_message_fill(&setup, CGROUP_ENTER, 0, -1, &message), 0);
}

static int check(void)
{
	return control_setup_check(message.bytes, message.size, message.n_fds);
}

static void test_setup_is_complete(void **state)
{
	const struct control_setup *setup = &message.setup;

	make_message();
	assert_int_equal(check(), 0);
	assert_int_equal(setup->n_groups, 3);
	assert_int_equal(control_setup_groups(setup)[2], 9);
	assert_int_equal(setup->slots_filled, 1 | 8);
	assert_int_equal(setup->flags, SETUP_HAS_LEASE);
	assert_int_equal(setup->cgroup, CGROUP_ENTER);
	assert_int_equal(message.n_fds, 5);
	assert_string_equal(setup->name, "r1");
	assert_int_equal(setup->opcodes[0], 1);
}

static void test_setup_truncated(void **state)
{
	for (size_t size = 0; size < message.size; size++) {
		make_message();
		/* with the original size in the head, and with the matching one */
		assert_int_equal(control_setup_check(message.bytes, size, message.n_fds), -EBADMSG);
		message.setup.head.size = (uint32_t)size;
		assert_int_equal(control_setup_check(message.bytes, size, message.n_fds), -EBADMSG);
	}
}

static void test_setup_values(void **state)
{
#define CASE(field, value, error)                                                                  \
	do {                                                                                       \
		make_message();                                                                    \
		message.setup.field = (value);                                                     \
		if (check() != (error))                                                            \
			fail_msg(#field " = " #value ": %d, not " #error, check());                \
	} while (0)

	CASE(head.version, 0, -EBADMSG);
	CASE(head.type, CONTROL_START, -EBADMSG);
	CASE(head.size, 0, -EBADMSG);
	CASE(n_groups, 2, -EBADMSG);
	CASE(n_groups, UINT32_MAX, -EBADMSG);
	CASE(n_groups, 0x40000003, -EBADMSG);
	CASE(groups_offset, 0, -EBADMSG);
	CASE(groups_offset, UINT32_MAX, -EBADMSG);
	CASE(groups_offset, sizeof(struct control_setup) + 1, -EBADMSG);
	CASE(uid, UINT32_MAX, -EINVAL);
	CASE(gid, UINT32_MAX, -EINVAL);
	CASE(sq_entries, 0, -EINVAL);
	CASE(sq_entries, 3, -EINVAL);
	CASE(sq_entries, 32, -EINVAL); /* more than cq_entries */
	CASE(cq_entries, 0, -EINVAL);
	CASE(cq_entries, IOURD_ENTRIES_MAX * 2, -EINVAL);
	CASE(region_size, 0, -EINVAL);
	CASE(region_size, 8191, -EINVAL);
	CASE(region_size, 4096, -EINVAL); /* the data area lies outside */
	CASE(region_size, UINT64_MAX & ~4095ull, -EINVAL);
	CASE(data_offset, 1, -EINVAL);
	CASE(data_offset, 0, -EINVAL);
	CASE(data_offset, 8192, -EINVAL);
	CASE(data_offset, UINT64_MAX & ~4095ull, -EINVAL);
	CASE(data_size, 4097, -EINVAL);
	CASE(data_size, UINT64_MAX, -EINVAL);
	CASE(data_size, 1, 0);
	CASE(flags, 4, -EINVAL);
	CASE(flags, 0, -EMFILE);
	CASE(flags, SETUP_HAS_LEASE | SETUP_FILES_APART, -EMFILE); /* two files, not one */
	CASE(cgroup, CGROUP_WAIT + 1, -EINVAL);
	CASE(cgroup, CGROUP_STAY, -EMFILE);
	CASE(cgroup, CGROUP_WAIT, -EMFILE);
	CASE(n_slots, 3, -EINVAL); /* slot 3 is filled */
	CASE(n_slots, IOURD_SLOTS_MAX + 1, -EINVAL);
	CASE(n_slots, UINT32_MAX, -EINVAL);
	CASE(slots_filled, 1u << 31, -EINVAL);
	CASE(slots_filled, 1, -EMFILE);
	CASE(slots_filled, 15, -EMFILE);
	CASE(name[0], '\0', -EINVAL);
	make_message();
	memset(message.setup.name, 'x', sizeof(message.setup.name));
	assert_int_equal(check(), -EINVAL);
	make_message();
	assert_int_equal(control_setup_check(message.bytes, message.size, 0), -EMFILE);
#undef CASE
}

/* A newer daemon may add fields before the groups. */
static void test_setup_extended(void **state)
{
	make_message();
	memmove(message.bytes + sizeof(message.setup) + 16, message.bytes + sizeof(message.setup),
		3 * sizeof(uint32_t));
	memset(message.bytes + sizeof(message.setup), 0xff, 16);
	message.setup.groups_offset += 16;
	message.size += 16;
	message.setup.head.size = (uint32_t)message.size;
	message.setup.head.version = CONTROL_VERSION + 1;
	assert_int_equal(check(), 0);
	assert_int_equal(control_setup_groups(&message.setup)[0], 7);
}

static void test_setup_noise(void **state)
{
	unsigned int seed = 20;

	for (size_t i = 0; i < 20000; i++) {
		size_t at;

		make_message();
		for (int n = rand_r(&seed) % 4; n >= 0; n--) {
			at = (size_t)rand_r(&seed) % message.size;
			message.bytes[at] = (char)rand_r(&seed);
		}
		if (check() == 0)
			assert_in_range(message.setup.groups_offset +
						message.setup.n_groups * sizeof(uint32_t),
					0, message.size);
	}
}

static void test_event(void **state)
{
	struct control_event event = {
		.head = {.version = CONTROL_VERSION, .type = CONTROL_READY, .size = sizeof(event)},
		.ring_fd = 4,
		.state = CONTROL_READY};
	struct control_event read = {.ring_fd = 77};
	struct {
		struct control_event event;
		char more[8];
	} grown = {.event = event};

	assert_int_equal(control_event_read(&event, sizeof(event), &read), 0);
	assert_int_equal(read.ring_fd, 4);
	assert_int_equal(read.state, CONTROL_READY);
	/* missing bytes, of an older host, are zero; additional ones, of a newer host, are ignored
	 */
	event.head.size = 12;
	assert_int_equal(control_event_read(&event, 12, &read), 0);
	assert_int_equal(read.ring_fd, 4);
	assert_int_equal(read.state, 0);
	grown.event.head.size = sizeof(grown);
	assert_int_equal(control_event_read(&grown, sizeof(grown), &read), 0);

	read.ring_fd = 77;
	for (size_t size = 0; size < sizeof(event); size++)
		if (size != 12)
			assert_int_equal(control_event_read(&event, size, &read), -EBADMSG);
	event.head.size = sizeof(event);
	for (unsigned int type = 0; type < 65536; type++) {
		event.head.type = (uint16_t)type;
		assert_int_equal(control_event_read(&event, sizeof(event), &read),
				 type >= CONTROL_READY && type <= CONTROL_STATE ? 0 : -EBADMSG);
	}
	event.head.type = CONTROL_READY;
	event.head.version = 0;
	assert_int_equal(control_event_read(&event, sizeof(event), &read), -EBADMSG);
}

static int highest_descriptor(void)
{
	int highest = 0;

	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			highest = fd;
	return highest;
}

static void test_packets(void **state)
{
	char bytes[64];
	int pair[2], fds[CONTROL_FDS_MAX], many[CONTROL_FDS_MAX + 1] = {0}, before;
	size_t n_fds;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	before = highest_descriptor();
	assert_int_equal(control_receive(pair[0], bytes, sizeof(bytes), NULL, 0, NULL), -EAGAIN);

	/* the most descriptors that are allowed */
	assert_int_equal(control_send(pair[1], "abc", 3, many, CONTROL_FDS_MAX), 0);
	assert_int_equal(
		control_receive(pair[0], bytes, sizeof(bytes), fds, CONTROL_FDS_MAX, &n_fds), 3);
	assert_int_equal(n_fds, CONTROL_FDS_MAX);
	for (size_t i = 0; i < n_fds; i++) {
		assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
		close(fds[i]);
	}
	assert_int_equal(control_send(pair[1], "abc", 3, many, CONTROL_FDS_MAX + 1), -EMFILE);

	/* too many descriptors, none expected, too large a packet: nothing stays open */
	assert_int_equal(control_send(pair[1], "abc", 3, many, 3), 0);
	assert_int_equal(control_receive(pair[0], bytes, sizeof(bytes), fds, 2, &n_fds), -EBADMSG);
	assert_int_equal(control_send(pair[1], "abc", 3, many, 3), 0);
	assert_int_equal(control_receive(pair[0], bytes, sizeof(bytes), NULL, 0, NULL), -EBADMSG);
	assert_int_equal(control_send(pair[1], bytes, sizeof(bytes), NULL, 0), 0);
	assert_int_equal(control_receive(pair[0], bytes, sizeof(bytes) - 1, NULL, 0, NULL),
			 -EBADMSG);
	assert_int_equal(highest_descriptor(), before);

	/* a peer that does not read, and one that is gone: no wait, no signal */
	while (control_send(pair[1], bytes, sizeof(bytes), NULL, 0) == 0)
		;
	assert_int_equal(control_send(pair[1], bytes, sizeof(bytes), NULL, 0), -EAGAIN);
	while (control_receive(pair[0], bytes, sizeof(bytes), NULL, 0, NULL) > 0)
		;
	close(pair[0]);
	assert_int_equal(control_send(pair[1], bytes, sizeof(bytes), NULL, 0), -EPIPE);
	close(pair[1]);
}

static void test_stages(void **state)
{
	for (int i = STAGE_MESSAGE; i <= STAGE_THREAD; i++)
		assert_non_null(control_stage_text((enum control_stage)i));
	assert_non_null(control_stage_text((enum control_stage)99));
	assert_non_null(control_stage_text((enum control_stage) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup_is_complete), cmocka_unit_test(test_setup_truncated),
		cmocka_unit_test(test_setup_values),	  cmocka_unit_test(test_setup_extended),
		cmocka_unit_test(test_setup_noise),	  cmocka_unit_test(test_event),
		cmocka_unit_test(test_packets),		  cmocka_unit_test(test_stages),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("control messages", tests, NULL, NULL);
}
