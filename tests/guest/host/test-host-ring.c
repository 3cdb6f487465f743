/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a host's ring allows a program to do. The test submits the requests instead of a BPF
 * program; the kernel treats both alike.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "iouring-host/ring-setup.h"
#include "common/loop-ring.h"

#define REGION_SIZE 16384u
#define DATA_OFFSET 8192u
#define DATA_SIZE   8192u
#define SLOT_FILE   1u
#define SLOT_EMPTY  0u
#define TEXT	    "from the file"

static char *const region = (char *)CONTROL_REGION_ADDRESS;

struct fixture {
	struct ring_setup setup;
	struct io_uring_params params;
	int ring_fd;
	int plain_fd; /* the same file, not registered */
	void *queues;
	size_t queues_size;
	struct io_uring_sqe *sqes;
	bool furnished;
};

static uint64_t opcodes[IOURD_OPCODES_MAX / 64];

static void allow(unsigned int opcode)
{
	opcodes[opcode / 64] |= 1ull << opcode % 64;
}

static int memory_file(size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static int fixture_new(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	memset(opcodes, 0, sizeof(opcodes));
	allow(IORING_OP_NOP);
	allow(IORING_OP_READ);
	allow(IORING_OP_READ_FIXED);
	allow(IORING_OP_FUTEX_WAIT);
	allow(IORING_OP_FUTEX_WAKE);
	allow(IORING_OP_TIMEOUT);
	allow(IORING_OP_OPENAT);
	allow(IORING_OP_CLOSE);
	f->plain_fd = memory_file(0);
	assert_int_equal(write(f->plain_fd, TEXT, sizeof(TEXT)), sizeof(TEXT));
	f->setup = (struct ring_setup){
		.sq_entries = 8,
		.cq_entries = 32,
		.region_size = REGION_SIZE,
		.data_offset = DATA_OFFSET,
		.data_size = DATA_SIZE,
		.opcodes = opcodes,
		.n_slots = 3,
		.region_fd = memory_file(REGION_SIZE),
	};
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		f->setup.files[i] = -1;
	f->setup.files[SLOT_FILE] = f->plain_fd;
	f->ring_fd = -1;
	*state = f;
	return 0;
}

/* As the exit of a host does. */
static void unmap_queues(const struct fixture *f)
{
	struct control_queues *queues = (struct control_queues *)CONTROL_QUEUES_ADDRESS;

	munmap((void *)queues->rings, 4096);
	munmap((void *)queues->sqes, 4096);
	munmap(queues, 4096);
}

static int fixture_free(void **state)
{
	struct fixture *f = *state;

	if (f->queues)
		munmap(f->queues, f->queues_size);
	if (f->sqes)
		munmap(f->sqes, f->params.sq_entries * sizeof(*f->sqes));
	if (f->furnished)
		unmap_queues(f);
	if (f->ring_fd >= 0)
		close(f->ring_fd);
	munmap(region, REGION_SIZE);
	close(f->setup.region_fd);
	close(f->plain_fd);
	free(f);
	return 0;
}

static void make(struct fixture *f)
{
	enum control_stage stage;
	int r;

	f->ring_fd = ring_make(&f->setup, &f->params);
	if (f->ring_fd < 0)
		fail_msg("ring_make: %d", f->ring_fd);
	r = ring_furnish(f->ring_fd, &f->setup, &stage);
	if (r < 0)
		fail_msg("ring_furnish: %d at stage %d", r, (int)stage);
	f->furnished = true;
}

static void make_and_map(struct fixture *f)
{
	make(f);
	assert_int_equal(loop_ring_enable(f->ring_fd), 0);
	f->queues_size = f->params.cq_off.cqes + f->params.cq_entries * sizeof(struct io_uring_cqe);
	f->queues = mmap(NULL, f->queues_size, PROT_READ | PROT_WRITE, MAP_SHARED, f->ring_fd,
			 IORING_OFF_SQ_RING);
	f->sqes = mmap(NULL, f->params.sq_entries * sizeof(*f->sqes), PROT_READ | PROT_WRITE,
		       MAP_SHARED, f->ring_fd, IORING_OFF_SQES);
	assert_ptr_not_equal(f->queues, MAP_FAILED);
	assert_ptr_not_equal(f->sqes, MAP_FAILED);
}

/* Submits one request. Returns its result. */
static int submit(struct fixture *f, const struct io_uring_sqe *sqe)
{
	uint32_t *head = (uint32_t *)((char *)f->queues + f->params.cq_off.head);
	uint32_t *tail = (uint32_t *)((char *)f->queues + f->params.cq_off.tail);
	struct io_uring_cqe *cqes = (void *)((char *)f->queues + f->params.cq_off.cqes);
	int result;

	f->sqes[0] = *sqe;
	assert_int_equal(
		syscall(SYS_io_uring_enter, f->ring_fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0), 1);
	assert_int_equal(__atomic_load_n(tail, __ATOMIC_ACQUIRE) - *head, 1);
	result = cqes[*head & (f->params.cq_entries - 1)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

static struct io_uring_sqe request(unsigned int opcode, int fd)
{
	return (struct io_uring_sqe){
		.opcode = (uint8_t)opcode, .fd = fd, .flags = IOSQE_FIXED_FILE};
}

static struct io_uring_sqe read_request(int fd)
{
	struct io_uring_sqe sqe = request(IORING_OP_READ, fd);

	sqe.addr = (uintptr_t)region + DATA_OFFSET;
	sqe.len = DATA_SIZE;
	return sqe;
}

static void test_allowed_requests(void **state)
{
	struct fixture *f = *state;
	struct io_uring_sqe sqe;

	make_and_map(f);
	sqe = request(IORING_OP_NOP, 0);
	assert_int_equal(submit(f, &sqe), 0);
	sqe = read_request(SLOT_FILE);
	assert_int_equal(submit(f, &sqe), sizeof(TEXT));
	assert_string_equal(region + DATA_OFFSET, TEXT);
	memset(region + DATA_OFFSET, 0, DATA_SIZE);
	sqe.opcode = IORING_OP_READ_FIXED;
	sqe.buf_index = IOURD_BUFFER_DATA;
	assert_int_equal(submit(f, &sqe), sizeof(TEXT));
	assert_string_equal(region + DATA_OFFSET, TEXT);
	sqe.addr -= 1; /* not in the data area */
	assert_int_equal(submit(f, &sqe), -EFAULT);
}

/* They have no file, but must carry IOSQE_FIXED_FILE. */
static void test_requests_without_file(void **state)
{
	struct __kernel_timespec soon = {.tv_nsec = 1000};
	struct fixture *f = *state;
	struct io_uring_sqe sqe;

	make_and_map(f);
	sqe = request(IORING_OP_FUTEX_WAIT, FUTEX2_SIZE_U32);
	sqe.addr = (uintptr_t)region;
	sqe.addr2 = 1; /* the word is 0 */
	sqe.addr3 = FUTEX_BITSET_MATCH_ANY;
	assert_int_equal(submit(f, &sqe), -EAGAIN);
	sqe = request(IORING_OP_FUTEX_WAKE, FUTEX2_SIZE_U32);
	sqe.addr = (uintptr_t)region;
	sqe.addr2 = 1;
	sqe.addr3 = FUTEX_BITSET_MATCH_ANY;
	assert_int_equal(submit(f, &sqe), 0);
	sqe = request(IORING_OP_TIMEOUT, 0);
	sqe.addr = (uintptr_t)&soon;
	sqe.len = 1;
	assert_int_equal(submit(f, &sqe), -ETIME);
	sqe.flags = 0;
	assert_int_equal(submit(f, &sqe), -EACCES);
}

static void test_descriptor_numbers(void **state)
{
	struct fixture *f = *state;
	struct io_uring_sqe sqe;

	make_and_map(f);
	sqe = read_request(f->plain_fd);
	sqe.flags = 0;
	assert_int_equal(submit(f, &sqe), -EACCES);
	sqe.flags = IOSQE_ASYNC;
	assert_int_equal(submit(f, &sqe), -EACCES);
	/* numbers in the table of fixed files */
	sqe.flags = IOSQE_FIXED_FILE;
	sqe.fd = 200;
	assert_int_equal(submit(f, &sqe), -EBADF);
	sqe.fd = SLOT_EMPTY;
	assert_int_equal(submit(f, &sqe), -EBADF);
	sqe.fd = -1;
	assert_int_equal(submit(f, &sqe), -EBADF);
	/* allowed opcodes that are unusable with IOSQE_FIXED_FILE */
	sqe = request(IORING_OP_OPENAT, AT_FDCWD);
	sqe.addr = (uintptr_t)"/etc/passwd";
	assert_int_equal(submit(f, &sqe), -EBADF);
	sqe = request(IORING_OP_CLOSE, f->plain_fd);
	assert_true(submit(f, &sqe) < 0);
	assert_true(fcntl(f->plain_fd, F_GETFD) >= 0);
}

static void test_opcodes_and_flags(void **state)
{
	struct fixture *f = *state;
	struct io_uring_sqe sqe;

	make_and_map(f);
	for (unsigned int op = 0; op < 256; op++) {
		if (op < IOURD_OPCODES_MAX && (opcodes[op / 64] & (1ull << op % 64)))
			continue;
		sqe = request(op, SLOT_FILE);
		/* the kernel refuses opcodes that it does not know before the restrictions apply */
		if (submit(f, &sqe) != -EACCES)
			assert_true(op > IORING_OP_FTRUNCATE && submit(f, &sqe) == -EINVAL);
	}
	sqe = read_request(SLOT_FILE);
	sqe.flags |= IOSQE_BUFFER_SELECT;
	assert_int_equal(submit(f, &sqe), -EACCES);
	sqe = request(IORING_OP_NOP, 0);
	sqe.flags |= IOSQE_ASYNC | IOSQE_IO_DRAIN;
	assert_int_equal(submit(f, &sqe), 0);
}

static void test_registrations(void **state)
{
	struct fixture *f = *state;
	int fd = f->plain_fd;

	make_and_map(f);
	assert_true(syscall(SYS_io_uring_register, f->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL,
			    0) < 0);
	assert_int_equal(errno, EBADFD);
	for (unsigned int op = 0; op < 64; op++) {
		if (op == IORING_REGISTER_ENABLE_RINGS)
			continue;
		assert_true(syscall(SYS_io_uring_register, f->ring_fd, op, &fd, 1) < 0);
		/* the kernel refuses operations that it does not know before the restrictions apply
		 */
		assert_true(errno == EACCES ||
			    (errno == EINVAL && op > IORING_REGISTER_CLONE_BUFFERS &&
			     op != IORING_REGISTER_MEM_REGION));
	}
}

static void expect_failure(struct fixture *f, enum control_stage stage, int error)
{
	enum control_stage seen;
	int ring_fd = ring_make(&f->setup, NULL);
	int r;

	assert_true(ring_fd >= 0);
	r = ring_furnish(ring_fd, &f->setup, &seen);
	close(ring_fd);
	munmap(region, REGION_SIZE);
	assert_int_equal(r, error);
	assert_int_equal(seen, stage);
}

static void test_failures(void **state)
{
	struct fixture *f = *state;
	const struct ring_setup good = f->setup;
	int last = dup(f->plain_fd);

	close(last);
	f->setup.sq_entries = 0;
	assert_int_equal(ring_make(&f->setup, NULL), -EINVAL);
	f->setup = good;
	f->setup.region_size = 2 * REGION_SIZE; /* larger than the file */
	expect_failure(f, STAGE_REGION, -EINVAL);
	f->setup = good;
	f->setup.region_fd = -1;
	expect_failure(f, STAGE_REGION, -EBADF);
	f->setup = good;
	f->setup.files[2] = 999;
	expect_failure(f, STAGE_FILES, -EBADF);
	f->setup = good;
	f->setup.data_offset = 1ull << 40;
	expect_failure(f, STAGE_BUFFERS, -EFAULT);
	f->setup = good;
	allow(127); /* no kernel has it */
	expect_failure(f, STAGE_RESTRICTIONS, -EINVAL);
	/* no descriptor was left open */
	assert_int_equal(dup(f->plain_fd), last);
	close(last);
}

static void test_no_files_no_data(void **state)
{
	struct fixture *f = *state;
	struct io_uring_sqe sqe;

	f->setup.n_slots = 0;
	f->setup.data_size = 0;
	make_and_map(f);
	sqe = request(IORING_OP_NOP, 0);
	assert_int_equal(submit(f, &sqe), 0);
	sqe = read_request(0);
	assert_int_equal(submit(f, &sqe), -EBADF);
}

/* The daemon finds the ring's memory by a fixed address. */
static void test_queues(void **state)
{
	const struct control_queues *queues = (const void *)CONTROL_QUEUES_ADDRESS;
	const struct io_uring_sqe *sqes;
	struct fixture *f = *state;
	const uint32_t *ends;

	make_and_map(f);
	sqes = (const struct io_uring_sqe *)(uintptr_t)queues->sqes;
	ends = (const uint32_t *)(uintptr_t)queues->rings;
	f->sqes[7] = request(IORING_OP_READ_FIXED, 0);
	assert_int_equal(sqes[7].opcode, IORING_OP_READ_FIXED);
	assert_int_equal(f->params.sq_off.tail, 4);
	((uint32_t *)f->queues)[1] = 5;
	assert_int_equal(ends[1], 5);
}

static void test_disabled(void **state)
{
	struct fixture *f = *state;

	make(f);
	assert_int_equal(loop_ring_enter(f->ring_fd), -EBADFD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_allowed_requests, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_requests_without_file, fixture_new,
						fixture_free),
		cmocka_unit_test_setup_teardown(test_descriptor_numbers, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_opcodes_and_flags, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_registrations, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_failures, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_no_files_no_data, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_queues, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(test_disabled, fixture_new, fixture_free),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("the ring of a host", tests, NULL, NULL);
}
