/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-region.c - invalid regions, and valid ones */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* Opens a ring whose region is @fd, which is closed here. */
static int open_ring(int fd, struct iouctl **ret_c, struct iouctl_ring **ret)
{
	const struct step steps[] = {
		{.expect = "OpenRing", .reply = OPENED_JSON, .fds = {fd}, .n_fds = 1},
	};
	struct server *server = SERVER_START(steps);
	int r;

	assert_int_equal(iouctl_connect(server_path(server), ret_c), 0);
	r = iouctl_ring_open(*ret_c, "r1", ret);
	server_stop(server);
	close(fd);
	return r;
}

static void refuse(int fd, int expected, const char *why)
{
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;

	assert_int_equal(open_ring(fd, &c, &ring), expected);
	assert_null(ring);
	if (!strstr(iouctl_error_message(c), why))
		fail_msg("\"%s\" is not in: %s", why, iouctl_error_message(c));
	assert_non_null(strstr(iouctl_error_message(c), "r1"));
	assert_null(iouctl_error_name(c));
	iouctl_free(c);
}

static void refuse_identity(const struct iourd_identity *identity, int expected, const char *why)
{
	refuse(make_region(identity, good_identity(100, 4096).region_size, SEALS), expected, why);
}

static void good(void **state)
{
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;
	char *data;
	size_t size;

	assert_int_equal(open_ring(make_good_region(100, 5000), &c, &ring), 0);
	assert_string_equal(iouctl_ring_name(ring), "r1");
	assert_ptr_equal((char *)iouctl_ring_params(ring, &size),
			 (char *)iouctl_ring_head(ring) + sizeof(struct iourd_head));
	assert_int_equal(size, 100);
	data = iouctl_ring_data(ring, &size);
	assert_int_equal(size, 5000);
	data[size - 1] = 1;
	assert_int_equal(iouctl_ring_lease_fd(ring), -1);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

static void no_data_area(void **state)
{
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;
	size_t size = 1;

	assert_int_equal(open_ring(make_good_region(16, 0), &c, &ring), 0);
	assert_null(iouctl_ring_data(ring, &size));
	assert_int_equal(size, 0);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

/* Later writes to the head by another process do not move the parts of the region. */
static void head_changed_later(void **state)
{
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;
	struct iourd_head *head;
	void *params;
	size_t size;

	assert_int_equal(open_ring(make_good_region(100, 4096), &c, &ring), 0);
	head = iouctl_ring_head(ring);
	params = iouctl_ring_params(ring, NULL);
	head->identity.params_offset = 0xffffff00;
	head->identity.params_size = 0xffffffff;
	head->identity.data_offset = UINT64_MAX;
	head->identity.data_size = UINT64_MAX;
	head->identity.region_size = 1;
	assert_ptr_equal(iouctl_ring_params(ring, &size), params);
	assert_int_equal(size, 100);
	((char *)iouctl_ring_data(ring, &size))[4095] = 1;
	assert_int_equal(size, 4096);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

static void unsealed(void **state)
{
	struct iourd_identity identity = good_identity(100, 4096);

	refuse(make_region(&identity, identity.region_size, 0), -EPROTO, "sealed");
	refuse(make_region(&identity, identity.region_size, F_SEAL_GROW | F_SEAL_SEAL), -EPROTO,
	       "sealed");
}

static void not_a_memory_file(void **state)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	close(fds[1]);
	refuse(fds[0], -EPROTO, "not a regular file");
	refuse(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), -EPROTO, "support seals");
	refuse(open("/", O_RDONLY | O_CLOEXEC), -EPROTO, "not a regular file");
}

static void wrong_size(void **state)
{
	struct iourd_identity identity = good_identity(100, 4096);

	refuse(make_region(&identity, 0, SEALS), -EPROTO, "smaller");
	refuse(make_region(&identity, sizeof(struct iourd_head) - 1, SEALS), -EPROTO, "smaller");
	refuse(make_region(&identity, identity.region_size + 4096, SEALS), -EPROTO, "size");
	refuse(make_region(&identity, identity.region_size - 4096, SEALS), -EPROTO, "size");
	refuse(make_region(&identity, 1ull << 40, SEALS), -EPROTO, "larger");
}

static void wrong_head(void **state)
{
	const struct iourd_identity fine = good_identity(100, 4096);
	struct iourd_identity identity;

	identity = fine;
	identity.magic ^= 1;
	refuse_identity(&identity, -EPROTO, "magic");
	identity = fine;
	identity.abi_major++;
	refuse_identity(&identity, -EPROTONOSUPPORT, "ABI");
	identity = fine;
	identity.slot_count = IOURD_SLOTS_MAX + 1;
	refuse_identity(&identity, -EPROTO, "slots");
	identity = fine;
	identity.region_size = UINT64_MAX;
	refuse_identity(&identity, -EPROTO, "size");
}

static void newer_minor_version(void **state)
{
	struct iourd_identity identity = good_identity(100, 4096);
	struct iouctl_ring *ring = NULL;
	struct iouctl *c = NULL;

	identity.abi_minor++;
	assert_int_equal(open_ring(make_region(&identity, identity.region_size, SEALS), &c, &ring),
			 0);
	iouctl_ring_free(ring);
	iouctl_free(c);
}

static void wrong_offsets(void **state)
{
	const struct iourd_identity fine = good_identity(100, 4096);
	const struct {
		uint32_t params_offset, params_size;
		uint64_t data_offset, data_size;
		const char *why;
	} cases[] = {
		{0, 100, fine.data_offset, 4096, "parameters"},
		{sizeof(struct iourd_head) + 1, 100, fine.data_offset, 4096, "parameters"},
		{0xffffffc0, 100, fine.data_offset, 4096, "parameters"},
		{sizeof(struct iourd_head), 0xffffffff, fine.data_offset, 4096, "parameters"},
		{sizeof(struct iourd_head), 8192, fine.data_offset, 4096, "parameters"},
		{sizeof(struct iourd_head), 8192, 0, 0, "parameters"},
		{4096, 4097, 0, 0, "parameters"},
		{sizeof(struct iourd_head), 4096, 4096, 4096, "data area"},
		{sizeof(struct iourd_head), 100, 4100, 1, "data area"},
		{sizeof(struct iourd_head), 100, 0, 4096, "data area"},
		{sizeof(struct iourd_head), 100, 4096, 4097, "data area"},
		{sizeof(struct iourd_head), 100, 4096, UINT64_MAX, "data area"},
		{sizeof(struct iourd_head), 100, UINT64_MAX - 4095, 4096, "data area"},
		{sizeof(struct iourd_head), 100, 8192, 1, "data area"},
	};
	struct iourd_identity identity;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		identity = fine;
		identity.params_offset = cases[i].params_offset;
		identity.params_size = cases[i].params_size;
		identity.data_offset = cases[i].data_offset;
		identity.data_size = cases[i].data_size;
		refuse_identity(&identity, -EPROTO, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(no_data_area),
		cmocka_unit_test(head_changed_later),
		cmocka_unit_test(unsealed),
		cmocka_unit_test(not_a_memory_file),
		cmocka_unit_test(wrong_size),
		cmocka_unit_test(wrong_head),
		cmocka_unit_test(newer_minor_version),
		cmocka_unit_test(wrong_offsets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib region", tests, NULL, NULL);
}
