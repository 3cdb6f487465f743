/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring-process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "common/loop-ring.h"

#define OTHER_USER 65534u

enum command {
	COMMAND_ENABLE = 1,
	COMMAND_ENTER,
};

struct numbers {
	int32_t ring_fd;
	int32_t other_fd;
	int32_t error; /* of setting up: negative errno */
	int32_t where; /* which step that was */
};

struct rings {
	const uint32_t *cq_head;
	const uint32_t *cq_tail;
	const uint32_t *cq_overflow;
};

static struct numbers set_up(uint32_t sq_entries, uint32_t cq_entries, void *region,
			     struct rings *rings)
{
	struct io_uring_params params;
	struct numbers numbers = {};
	uint8_t *memory;
	size_t size;
	int r;

	if (setgroups(0, NULL) < 0 || setresgid(OTHER_USER, OTHER_USER, OTHER_USER) < 0 ||
	    setresuid(OTHER_USER, OTHER_USER, OTHER_USER) < 0)
		return (struct numbers){.error = -errno, .where = 1};
	numbers.ring_fd = loop_ring_make(sq_entries, cq_entries, &params);
	if (numbers.ring_fd < 0)
		return (struct numbers){.error = numbers.ring_fd, .where = 2};
	numbers.other_fd = eventfd(0, EFD_CLOEXEC);
	size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, numbers.ring_fd,
		      (off_t)IORING_OFF_CQ_RING);
	if (memory == MAP_FAILED)
		return (struct numbers){.error = -errno, .where = 3};
	*rings = (struct rings){
		.cq_head = (const uint32_t *)(memory + params.cq_off.head),
		.cq_tail = (const uint32_t *)(memory + params.cq_off.tail),
		.cq_overflow = (const uint32_t *)(memory + params.cq_off.overflow),
	};
	r = loop_ring_add_region(numbers.ring_fd, region, RING_PROCESS_REGION);
	if (r < 0)
		return (struct numbers){.error = r, .where = 4};
	return numbers;
}

static struct ring_process_result obey(enum command command, int ring, const struct rings *rings)
{
	struct ring_process_result result = {};

	result.result = command == COMMAND_ENABLE ? loop_ring_enable(ring) : loop_ring_enter(ring);
	result.cq_head = __atomic_load_n(rings->cq_head, __ATOMIC_ACQUIRE);
	result.cq_tail = __atomic_load_n(rings->cq_tail, __ATOMIC_ACQUIRE);
	result.cq_overflow = __atomic_load_n(rings->cq_overflow, __ATOMIC_ACQUIRE);
	return result;
}

__attribute__((noreturn)) static void be_child(int socket, uint32_t sq_entries, uint32_t cq_entries,
					       void *region)
{
	struct ring_process_result result;
	struct numbers numbers;
	struct rings rings = {};
	int32_t command;

	numbers = set_up(sq_entries, cq_entries, region, &rings);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (send(socket, &numbers, sizeof(numbers), MSG_NOSIGNAL) != sizeof(numbers) ||
	    numbers.error)
		_exit(1);
	while (recv(socket, &command, sizeof(command), 0) == sizeof(command)) {
		result = obey((enum command)command, numbers.ring_fd, &rings);
		if (send(socket, &result, sizeof(result), MSG_NOSIGNAL) != sizeof(result))
			break;
	}
	_exit(0);
}

void ring_process_start(uint32_t sq_entries, uint32_t cq_entries, struct ring_process *ret)
{
	struct ring_process made = {};
	struct numbers numbers;
	int sockets[2], memory;

	memory = memfd_create("region", MFD_CLOEXEC);
	assert_true(memory >= 0);
	assert_int_equal(ftruncate(memory, RING_PROCESS_REGION), 0);
	made.region =
		mmap(NULL, RING_PROCESS_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	assert_true(made.region != MAP_FAILED);
	close(memory);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	made.pid = fork();
	assert_true(made.pid >= 0);
	if (made.pid == 0) {
		close(sockets[0]);
		be_child(sockets[1], sq_entries, cq_entries, made.region);
	}
	close(sockets[1]);
	made.socket = sockets[0];
	made.pidfd = (int)syscall(SYS_pidfd_open, made.pid, 0);
	assert_true(made.pidfd >= 0);
	assert_int_equal(recv(made.socket, &numbers, sizeof(numbers), 0), sizeof(numbers));
	if (numbers.error)
		fail_msg("the ring's process failed at step %d: %s", numbers.where,
			 strerror(-numbers.error));
	made.ring_fd = numbers.ring_fd;
	made.other_fd = numbers.other_fd;
	*ret = made;
}

void ring_process_end(struct ring_process *process)
{
	if (process->pid <= 0)
		return;
	kill(process->pid, SIGKILL);
	waitpid(process->pid, NULL, 0);
	process->pid = 0;
	close(process->pidfd);
	close(process->socket);
	munmap(process->region, RING_PROCESS_REGION);
}

static void command(struct ring_process *process, enum command what)
{
	int32_t number = what;

	assert_int_equal(send(process->socket, &number, sizeof(number), MSG_NOSIGNAL),
			 sizeof(number));
}

void ring_process_enable(struct ring_process *process)
{
	struct ring_process_result result;

	command(process, COMMAND_ENABLE);
	ring_process_wait(process, &result);
	assert_int_equal(result.result, 0);
}

void ring_process_enter(struct ring_process *process)
{
	command(process, COMMAND_ENTER);
}

void ring_process_wait(struct ring_process *process, struct ring_process_result *ret)
{
	assert_false(ring_process_is_inside(process, 60000));
	assert_int_equal(recv(process->socket, ret, sizeof(*ret), 0), sizeof(*ret));
}

bool ring_process_is_inside(struct ring_process *process, int ms)
{
	struct pollfd poll_fd = {.fd = process->socket, .events = POLLIN};

	return poll(&poll_fd, 1, ms) == 0;
}
