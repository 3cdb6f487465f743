/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loops in the real iouring-host: commands to one that is always busy ("nop") and to one that
 * sleeps ("chase" without a request). Uses the kernel port and the host port, without a daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../unit/host/fixture.h"
#include "iourd/prog/nop.h"
#include "kern/kern.h"
#include "ring/region.h"
#include "wire/fault.h"

#define PAUSES	  100
#define FILE_SIZE (1 << 20)

struct ring {
	struct kern_program *program;
	struct kern_dispatcher *dispatch;
	volatile struct iourd_dispatch *counts;
	struct region region;
	struct host *host;
	int lease; /* the client's end */
	int file;
};

static struct kern *kern;

static struct kern_program *load(const char *name)
{
	struct kern_program *program = NULL;
	struct note note = {0};
	char path[256];
	int fd;

	snprintf(path, sizeof(path), TEST_PROGRAMS "/%s.bpf.o", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(kern->ops->program_open(kern, fd, &note, &program), 0);
	close(fd);
	assert_int_equal(kern->ops->program_load(program, &note), 0);
	return program;
}

static void make_region(struct ring *ring, const struct kern_program_info *info)
{
	void *params = calloc(1, info->layout.size);
	struct iourd_slot slots[IOURD_SLOTS_MAX] = {{.size = FILE_SIZE, .type = S_IFREG}};
	struct region_setup setup = {
		.name = "test",
		.params = params,
		.params_size = info->layout.size,
		.data_size = region_round(info->descriptor.data_initial),
		.slots = slots,
		.n_slots = info->descriptor.slot_count,
	};

	assert_non_null(params);
	layout_write_initial(&info->layout, params);
	assert_int_equal(region_new(&setup, &ring->region), 0);
	free(params);
}

static int make_file(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, FILE_SIZE), 0);
	return fd;
}

/* The number after "ready(". */
static int ready_fd(const struct fixture *f)
{
	return atoi(strchr(f->diary, '(') + 1);
}

/* Makes a ring with program @name attached, not enabled yet. */
static void make_ring(struct fixture *f, const char *name, struct ring *ret)
{
	struct ring ring = {.program = load(name), .lease = -1};
	const struct kern_program_info *info = kern->ops->program_info(ring.program);
	int lease[2];
	struct host_setup setup = {
		.name = name,
		.uid = 1000,
		.gid = 1000,
		.sq_entries = info->descriptor.sq_entries,
		.cq_entries = info->descriptor.cq_entries,
		.opcodes = (const uint64_t *)info->descriptor.opcodes,
		.n_slots = info->descriptor.slot_count,
	};

	make_region(&ring, info);
	ring.file = make_file();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lease), 0);
	ring.lease = lease[1];
	setup.lease_fd = lease[0];
	setup.region_fd = ring.region.fd;
	setup.region_size = ring.region.size;
	setup.data_offset = ring.region.data_offset;
	setup.data_size = ring.region.data_size;
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		setup.files[i] = i < setup.n_slots ? ring.file : -1;
	assert_int_equal(f->hosts->ops->start(f->hosts, &setup, &fixture_callbacks, f, &ring.host),
			 0);
	close(lease[0]);
	fixture_expect_start(f, "ready(");
	assert_int_equal(kern->ops->dispatcher_new(kern, name, &ring.dispatch), 0);
	assert_int_equal(kern->ops->dispatcher_set(ring.dispatch, ring.program), 0);
	assert_int_equal(kern->ops->dispatcher_attach(ring.dispatch,
						      f->hosts->ops->pidfd(ring.host), ready_fd(f)),
			 0);
	ring.counts = kern->ops->dispatcher_state(ring.dispatch);
	f->diary[0] = '\0';
	*ret = ring;
}

/* The host must have exited. */
static void ring_done(struct fixture *f, struct ring *ring)
{
	f->hosts->ops->host_free(ring->host);
	kern->ops->dispatcher_free(ring->dispatch);
	kern->ops->program_free(ring->program);
	region_done(&ring->region);
	if (ring->lease >= 0)
		close(ring->lease);
	close(ring->file);
}

static void command(struct fixture *f, struct ring *ring, enum control_type type)
{
	assert_int_equal(f->hosts->ops->command(ring->host, type), 0);
}

static void start_ring(struct fixture *f, struct ring *ring)
{
	command(f, ring, CONTROL_START);
	fixture_expect(f, "running");
	f->diary[0] = '\0';
}

static void wait_until_steps(const struct ring *ring, uint64_t n)
{
	for (int i = 0; i < 10000 && ring->counts->steps < n; i++)
		poll(NULL, 0, 1);
	assert_true(ring->counts->steps >= n);
}

static void wait_for_steps(const struct ring *ring, uint64_t more)
{
	wait_until_steps(ring, ring->counts->steps + more);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Like the daemon: sets the flag, then sends the command. */
static void pause_ring(struct fixture *f, struct ring *ring)
{
	__atomic_store_n(&ring->counts->pause, 1, __ATOMIC_SEQ_CST);
	command(f, ring, CONTROL_PAUSE);
	fixture_expect(f, "paused");
	f->diary[0] = '\0';
}

static void resume_ring(struct fixture *f, struct ring *ring)
{
	__atomic_store_n(&ring->counts->pause, 0, __ATOMIC_SEQ_CST);
	command(f, ring, CONTROL_RESUME);
	fixture_expect(f, "running");
	f->diary[0] = '\0';
}

static void pause_often(struct fixture *f, struct ring *ring, bool busy)
{
	double longest = 0;

	for (int i = 0; i < PAUSES; i++) {
		double start = now_ms();
		uint64_t steps;

		pause_ring(f, ring);
		if (now_ms() - start > longest)
			longest = now_ms() - start;
		steps = ring->counts->steps;
		poll(NULL, 0, 1);
		assert_int_equal(ring->counts->steps, steps);
		resume_ring(f, ring);
		if (busy && i % 10 == 0)
			wait_for_steps(ring, 1);
	}
	print_message("# %d pauses, the longest took %.1f ms\n", PAUSES, longest);
}

static void test_runs_to_its_end(void **state)
{
	struct fixture *f = *state;
	struct ring ring;
	struct nop_params *params;

	make_ring(f, "nop", &ring);
	params = region_params(&ring.region);
	params->depth = 8;
	params->operations = 10000;
	command(f, &ring, CONTROL_START);
	fixture_expect(f, "running returned(0)");
	assert_int_equal(ring.region.head->progress.state, IOURD_WORK_DONE);
	assert_int_equal(ring.region.head->progress.done, 10000);
	assert_true(ring.counts->steps > 0);
	command(f, &ring, CONTROL_END);
	fixture_wait_exits(f, 1);
	ring_done(f, &ring);
}

static void test_busy(void **state)
{
	struct fixture *f = *state;
	struct ring ring;

	make_ring(f, "nop", &ring);
	start_ring(f, &ring);
	wait_for_steps(&ring, 100);
	pause_often(f, &ring, true);
	/* signals do not end the loop */
	for (int i = 0; i < 100; i++)
		assert_int_equal(kill(f->hosts->ops->pid(ring.host), SIGUSR1), 0);
	wait_for_steps(&ring, 100);
	fixture_poll(f);
	assert_string_equal(f->diary, "");
	assert_int_equal(ring.region.head->progress.error, 0);
	command(f, &ring, CONTROL_END);
	fixture_expect(f, "exited(1,0)");
	ring_done(f, &ring);
}

static void test_asleep(void **state)
{
	struct fixture *f = *state;
	struct ring ring;

	make_ring(f, "chase", &ring);
	start_ring(f, &ring);
	wait_until_steps(&ring, 1);
	pause_often(f, &ring, false);
	command(f, &ring, CONTROL_END);
	fixture_expect(f, "exited(1,0)");
	ring_done(f, &ring);
}

static void test_killed_while_busy(void **state)
{
	struct fixture *f = *state;
	struct ring ring;

	make_ring(f, "nop", &ring);
	start_ring(f, &ring);
	wait_for_steps(&ring, 10);
	f->hosts->ops->kill(ring.host);
	fixture_expect(f, "exited(2,9)");
	ring_done(f, &ring);
}

static void test_lease_ends_busy(void **state)
{
	struct fixture *f = *state;
	struct ring ring;

	make_ring(f, "nop", &ring);
	start_ring(f, &ring);
	wait_for_steps(&ring, 10);
	close(ring.lease);
	ring.lease = -1;
	fixture_expect_end(f, "exited(1,0)"); /* client-gone may precede it */
	ring_done(f, &ring);
}

static void test_busy_orphan(void **state)
{
	struct fixture *f = *state;
	struct ring ring;
	uint64_t steps;
	pid_t pid;

	make_ring(f, "nop", &ring);
	start_ring(f, &ring);
	wait_for_steps(&ring, 10);
	pid = f->hosts->ops->pid(ring.host);
	f->hosts->ops->host_free(ring.host); /* like the daemon's death */
	ring.host = NULL;
	wait_for_steps(&ring, 10); /* the ring runs on */
	assert_int_equal(fixture_end_orphans(f), 0);
	steps = ring.counts->steps;
	poll(NULL, 0, 5);
	assert_int_equal(ring.counts->steps, steps);
	assert_int_equal(fixture_reap(pid), 0);
	ring_done(f, &ring);
}

static void test_lease_ends_disabled(void **state)
{
	struct fixture *f = *state;
	struct ring ring;

	make_ring(f, "nop", &ring);
	close(ring.lease);
	ring.lease = -1;
	fixture_expect_end(f, "exited(1,0)");
	assert_int_equal(ring.counts->steps, 0);
	ring_done(f, &ring);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
	const struct CMUnitTest tests[] = {
		TEST(test_runs_to_its_end),
		TEST(test_busy),
		TEST(test_asleep),
		TEST(test_killed_while_busy),
		TEST(test_lease_ends_busy),
		TEST(test_busy_orphan),
		TEST(test_lease_ends_disabled),
	};
#undef TEST
	int r;

	setenv("HOST_PROGRAM", IOURING_HOST, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (kern_linux_new(TEST_DISPATCHER, TEST_LOADER, NULL, "/sys/fs/bpf/test-host-loop",
			   &kern) < 0) {
		print_message("Bail out! no kernel port\n");
		return 1;
	}
	r = cmocka_run_group_tests_name("loops in iouring-host", tests, NULL, NULL);
	kern->ops->free(kern);
	rmdir("/sys/fs/bpf/test-host-loop");
	return r;
}
