/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-links.c - what the kernel does with a ring whose last link is gone: why the daemon pins them
 *
 * The rest of the project relies on what is seen here.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "tap.h"

#include "contract.h"
#include "kern/linux.h"
#include "kern/fetch-ring.h"
#include "ring-process.h"
#include "tally.h"

static struct tally_params *params_of(const struct ring_process *process)
{
	return (struct tally_params *)(process->region + 1);
}

static void set_params(struct ring_process *process, uint64_t operations)
{
	params_of(process)->depth = 8;
	params_of(process)->operations = operations;
	params_of(process)->answer = -1;
}

/* Until it has taken @n more, which it must be inside for. */
static void await_steps(struct ring_process *process, uint64_t n)
{
	uint64_t wanted = params_of(process)->steps_a + n;

	while (__atomic_load_n(&params_of(process)->steps_a, __ATOMIC_ACQUIRE) < wanted)
		assert_true(ring_process_is_inside(process, 1));
}

/* Whether it takes @n more steps, and does not leave within 300 ms either. */
static bool goes_on(struct ring_process *process, uint64_t n)
{
	uint64_t wanted = params_of(process)->steps_a + n;

	if (!ring_process_is_inside(process, 300))
		return false;
	while (__atomic_load_n(&params_of(process)->steps_a, __ATOMIC_ACQUIRE) < wanted)
		if (!ring_process_is_inside(process, 1))
			return false;
	return true;
}

struct closer {
	int fd;
	volatile bool closing;
	volatile bool closed;
};

static void *close_it(void *argument)
{
	struct closer *closer = argument;

	closer->closing = true;
	close(closer->fd);
	closer->closed = true;
	return NULL;
}

/*
 * Attaches tally-a directly, without dispatcher or pin, so that the link's descriptor is all that
 * holds it.
 */
static int attach_unpinned(struct kern *kern, const struct kern_program *program,
			   const struct ring_process *process)
{
	int ring, link;

	assert_int_equal(fetch_ring_fd(process->pidfd, process->ring_fd, &ring), 0);
	assert_int_equal(
		dispatcher_attach(&kern_linux(kern)->btf, linux_program_fd(program), ring, &link),
		0);
	close(ring);
	return link;
}

static void last_link_detaches_an_idle_ring(void **state)
{
	struct ring_process_result result;
	struct ring_process process;
	struct kern_program *program;
	struct kern *kern;

	contract_port.kern_new(&kern);
	program = contract_load(kern, CONTRACT_A);
	ring_process_start(64, 128, &process);
	set_params(&process, 1000);
	close(attach_unpinned(kern, program, &process));
	ring_process_enable(&process);
	ring_process_enter(&process);
	/* no program runs: the call waits for a completion, or fails, as on a ring of its own */
	if (!ring_process_is_inside(&process, 300)) {
		ring_process_wait(&process, &result);
		print_message("# entering a ring whose link is gone: %d\n", result.result);
		assert_true(result.result < 0);
	} else {
		print_message("# entering a ring whose link is gone: it waits, no program runs\n");
	}
	assert_true(params_of(&process)->steps_a == 0);
	ring_process_end(&process);
	kern->ops->program_free(program);
	kern->ops->free(kern);
}

/* A kernel that keeps the ring's lock while a loop is busy (7.2, 7.3): who closes waits for the
 * loop's end. */
static void see_it_wait(struct ring_process *process, struct closer *closer)
{
	struct ring_process_result result;
	uint64_t steps = params_of(process)->steps_a;

	await_steps(process, 1);
	print_message("# closing the last link of a busy ring waits; the ring took %llu steps "
		      "meanwhile\n",
		      (unsigned long long)(params_of(process)->steps_a - steps));
	assert_false(closer->closed);
	assert_true(params_of(process)->steps_a > steps);
	process->region->control.stop = 1;
	ring_process_wait(process, &result);
	print_message("# ... and its loop ended with %d\n", result.result);
}

/* A kernel that lets others have the lock between two steps (the series for 6.12): the loop has to
 * end. */
static void see_it_end(struct ring_process *process)
{
	struct ring_process_result result;

	ring_process_wait(process, &result);
	print_message("# closing the last link of a busy ring ends its loop with %d\n",
		      result.result);
	assert_int_equal(result.result, -EFAULT);
}

static void last_link_of_a_busy_ring(void **state)
{
	struct ring_process process;
	struct kern_program *program;
	struct closer closer = {};
	struct kern *kern;
	pthread_t thread;

	contract_port.kern_new(&kern);
	program = contract_load(kern, CONTRACT_A);
	ring_process_start(64, 128, &process);
	set_params(&process, 0);
	closer.fd = attach_unpinned(kern, program, &process);
	ring_process_enable(&process);
	ring_process_enter(&process);
	await_steps(&process, 1000);
	assert_int_equal(pthread_create(&thread, NULL, close_it, &closer), 0);

	while (!closer.closing)
		poll(NULL, 0, 1);
	if (goes_on(&process, 20000))
		see_it_wait(&process, &closer);
	else
		see_it_end(&process);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(closer.closed);
	ring_process_end(&process);
	kern->ops->program_free(program);
	kern->ops->free(kern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_link_detaches_an_idle_ring),
		cmocka_unit_test(last_link_of_a_busy_ring),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rings without a link", tests, NULL, NULL);
}
