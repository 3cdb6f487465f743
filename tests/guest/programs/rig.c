// SPDX-License-Identifier: LGPL-2.1-or-later
/* rig.c - a ring, its region, its thread */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <liburing/io_uring.h>

#include "rig.h"
#include "swap.h"
#include "common/loop-ring.h"

#define PAGE			  4096u
#define ROUND_UP(value, multiple) (((value) + (multiple) - 1) / (multiple) * (multiple))

uint64_t rig_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

void rig_futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void rig_futex_wait(uint32_t *word, uint32_t expected, unsigned int milliseconds)
{
	struct timespec t = {.tv_sec = milliseconds / 1000,
			     .tv_nsec = milliseconds % 1000 * 1000000l};

	syscall(SYS_futex, word, FUTEX_WAIT, expected, &t, NULL, 0);
}

static void make_ring(struct rig *rig, const struct iourd_descriptor *descriptor)
{
	struct io_uring_params params;

	rig->ring_fd = loop_ring_make(descriptor->sq_entries, descriptor->cq_entries, &params);
	assert_true(rig->ring_fd >= 0);
	assert_int_equal(params.cq_off.cqes, 64);
}

static uint64_t data_size_of(const struct iourd_descriptor *descriptor, uint64_t wanted)
{
	return ROUND_UP(wanted ?: descriptor->data_initial, PAGE);
}

static void make_region(struct rig *rig, const struct iourd_descriptor *descriptor,
			uint64_t data_size)
{
	uint64_t data_offset = ROUND_UP(sizeof(struct iourd_head) + descriptor->params_size, PAGE);
	char *map;

	rig->region_size = data_offset + data_size;
	rig->region_fd = memfd_create("rig", MFD_CLOEXEC);
	assert_int_equal(ftruncate(rig->region_fd, rig->region_size), 0);
	map = mmap(NULL, rig->region_size, PROT_READ | PROT_WRITE, MAP_SHARED, rig->region_fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	rig->head = (struct iourd_head *)map;
	rig->params = map + sizeof(struct iourd_head);
	rig->data = map + data_offset;
	rig->head->identity = (struct iourd_identity){
		.magic = IOURD_REGION_MAGIC,
		.abi_major = IOURD_ABI_MAJOR,
		.region_size = rig->region_size,
		.params_offset = sizeof(struct iourd_head),
		.params_size = descriptor->params_size,
		.data_offset = data_offset,
		.data_size = data_size,
		.address = (uintptr_t)map,
		.slot_count = descriptor->slot_count,
	};
}

static void register_region(struct rig *rig)
{
	assert_int_equal(loop_ring_add_region(rig->ring_fd, rig->head, rig->region_size), 0);
	assert_int_equal(
		loop_ring_add_buffer(rig->ring_fd, rig->data, rig->head->identity.data_size), 0);
}

static void register_files(struct rig *rig, const struct rig_options *options)
{
	assert_int_equal(loop_ring_add_files(rig->ring_fd, options->files, options->n_files), 0);
	for (unsigned int i = 0; i < options->n_files; i++) {
		struct iourd_slot *slot = &rig->head->slots[i];
		struct stat st;

		if (fstat(options->files[i], &st) < 0)
			continue;
		slot->type = st.st_mode & S_IFMT;
		slot->size = S_ISREG(st.st_mode) ? st.st_size : 0;
		if (S_ISREG(st.st_mode) && st.st_blocks * 512 < st.st_size)
			slot->flags = IOURD_SLOT_FILE_SPARSE;
	}
}

/* Only what the descriptor names, and only on fixed files: as a host does it. */
static void restrict_ring(struct rig *rig, const struct iourd_descriptor *descriptor,
			  uint64_t forbid)
{
	struct io_uring_restriction rules[IOURD_OPCODES_MAX + 2] = {};
	unsigned int n = 0;

	for (unsigned int i = 0; i < IOURD_OPCODES_MAX; i++) {
		if (!(descriptor->opcodes[i / 64] & 1ull << i % 64) ||
		    (i < 64 && forbid & 1ull << i))
			continue;
		rules[n].opcode = IORING_RESTRICTION_SQE_OP;
		rules[n++].sqe_op = i;
	}
	rules[n].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	rules[n++].sqe_flags = IOSQE_FIXED_FILE;
	rules[n].opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED;
	rules[n++].sqe_flags = IOSQE_FIXED_FILE;
	assert_int_equal(loop_ring_register(rig->ring_fd, IORING_REGISTER_RESTRICTIONS, rules, n),
			 0);
}

void rig_init(struct rig *rig, const struct rig_program *program, const struct rig_options *options)
{
	const struct iourd_descriptor *descriptor = &program->descriptor;

	*rig = (struct rig){.ring_fd = -1, .region_fd = -1, .link_fd = -1, .map_fd = -1};
	make_ring(rig, descriptor);
	make_region(rig, descriptor, data_size_of(descriptor, options->data_size));
	register_region(rig);
	register_files(rig, options);
	restrict_ring(rig, descriptor, options->forbid);
	if (options->swappable) {
		rig_program_init(&rig->swap, "swap");
		rig_swap(rig, program);
		rig_attach(&rig->swap, rig->ring_fd, &rig->map_fd, &rig->link_fd);
	} else {
		rig_attach(program, rig->ring_fd, &rig->map_fd, &rig->link_fd);
	}
}

void rig_swap(struct rig *rig, const struct rig_program *program)
{
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(rig->swap.array_fd, &zero, &program->fd, 0), 0);
}

uint64_t rig_steps(const struct rig *rig)
{
	return __atomic_load_n(&rig->swap.swap->steps, __ATOMIC_RELAXED);
}

void rig_await_steps(const struct rig *rig, uint64_t steps)
{
	uint64_t end = rig_now() + RIG_PATIENCE * UINT64_C(1000000000);

	while (rig_steps(rig) <= steps && rig_now() < end)
		usleep(1000);
	assert_true(rig_steps(rig) > steps);
}

static void ignore(int signal)
{
}

static void *run(void *argument)
{
	struct rig *rig = argument;

	/* who enables the ring is its only submitter */
	rig->result = loop_ring_enable(rig->ring_fd);
	if (rig->result < 0)
		return NULL;
	do {
		rig->runs++;
		rig->result = loop_ring_enter(rig->ring_fd);
	} while (__atomic_load_n(&rig->again, __ATOMIC_SEQ_CST) &&
		 (usleep(500) == 0 || errno == EINTR));
	return NULL;
}

void rig_start(struct rig *rig)
{
	struct sigaction action = {.sa_handler = ignore};

	sigaction(SIGUSR1, &action, NULL);
	assert_int_equal(pthread_create(&rig->thread, NULL, run, rig), 0);
	rig->running = true;
}

bool rig_await(struct rig *rig)
{
	uint64_t end = rig_now() + RIG_PATIENCE * UINT64_C(1000000000);
	struct iourd_head *head = rig->head;
	uint32_t wake, state;
	bool final = false;

	__atomic_add_fetch(&head->control.waiters, 1, __ATOMIC_SEQ_CST);
	while (!final && rig_now() < end) {
		wake = __atomic_load_n(&head->progress.wake, __ATOMIC_SEQ_CST);
		state = __atomic_load_n(&head->progress.state, __ATOMIC_SEQ_CST);
		final = state != IOURD_WORK_IDLE && state != IOURD_WORK_RUNNING;
		if (!final)
			rig_futex_wait(&head->progress.wake, wake, RIG_PATIENCE * 1000);
	}
	__atomic_sub_fetch(&head->control.waiters, 1, __ATOMIC_SEQ_CST);
	return final;
}

static bool join(struct rig *rig, unsigned int milliseconds)
{
	struct timespec end;
	uint64_t t;

	clock_gettime(CLOCK_REALTIME, &end);
	t = end.tv_nsec + milliseconds * UINT64_C(1000000);
	end.tv_sec += t / 1000000000;
	end.tv_nsec = t % 1000000000;
	if (pthread_timedjoin_np(rig->thread, NULL, &end))
		return false;
	rig->running = false;
	return true;
}

int rig_join(struct rig *rig)
{
	if (!join(rig, RIG_PATIENCE * 1000))
		fail_msg("the loop did not end within %u s: state %u, flight %u", RIG_PATIENCE,
			 rig->head->progress.state, rig->head->progress.flight);
	return rig->result;
}

int rig_interrupt(struct rig *rig)
{
	uint64_t end = rig_now() + RIG_PATIENCE * UINT64_C(1000000000);

	__atomic_store_n(&rig->again, false, __ATOMIC_SEQ_CST);
	/* one that comes when the thread is about to enter the ring interrupts nothing */
	do {
		pthread_kill(rig->thread, SIGUSR1);
		if (join(rig, 50))
			return rig->result;
	} while (rig_now() < end);
	fail_msg("signals did not end the loop within %u s: state %u, flight %u", RIG_PATIENCE,
		 rig->head->progress.state, rig->head->progress.flight);
	return 0;
}

void rig_stop(struct rig *rig)
{
	__atomic_store_n(&rig->head->control.stop, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&rig->head->control.doorbell, 1, __ATOMIC_SEQ_CST);
	rig_futex_wake(&rig->head->control.doorbell);
}

void rig_done(struct rig *rig)
{
	if (rig->running)
		rig_interrupt(rig);
	close(rig->link_fd);
	close(rig->map_fd);
	close(rig->ring_fd);
	munmap(rig->head, rig->region_size);
	close(rig->region_fd);
	rig_program_done(&rig->swap);
}
