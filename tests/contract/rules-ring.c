/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules-ring.c - assertions on rings that run, which only a kernel can be held to */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#include "contract.h"
#include "port-linux.h"
#include "ring-process.h"
#include "rules-ring.h"
#include "tally.h"

#define SWAPS	     1000
#define QUICKLY_NS   1000000000ull /* far less than a spinning ring would keep the lock */
#define FAR_TOO_MANY (UINT64_MAX / 2)

/* A ring in its process, its dispatcher, and programs that it may run. */
struct scene {
	struct kern *kern;
	struct ring_process process;
	struct kern_dispatcher *dispatcher;
	struct kern_program *a;
	struct kern_program *b;
	volatile struct iourd_dispatch *words;
	struct tally_params *params;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* Attached, program "a" set, not enabled yet. */
static int scene_setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	void *kern;

	assert_non_null(scene);
	contract_setup(&kern);
	scene->kern = kern;
	scene->a = contract_load(scene->kern, CONTRACT_A);
	scene->b = contract_load(scene->kern, CONTRACT_B);
	ring_process_start(64, 128, &scene->process);
	assert_int_equal(scene->kern->ops->dispatcher_new(scene->kern, "scene", &scene->dispatcher),
			 0);
	assert_int_equal(scene->kern->ops->dispatcher_attach(
				 scene->dispatcher, scene->process.pidfd, scene->process.ring_fd),
			 0);
	assert_int_equal(scene->kern->ops->dispatcher_set(scene->dispatcher, scene->a), 0);
	scene->words = scene->kern->ops->dispatcher_state(scene->dispatcher);
	scene->params = (struct tally_params *)(scene->process.region + 1);
	layout_write_initial(&scene->kern->ops->program_info(scene->a)->layout, scene->params);
	*state = scene;
	return 0;
}

static int scene_teardown(void **state)
{
	struct scene *scene = *state;

	ring_process_end(&scene->process);
	scene->kern->ops->dispatcher_free(scene->dispatcher);
	scene->kern->ops->program_free(scene->a);
	scene->kern->ops->program_free(scene->b);
	assert_int_equal(contract_count_pins(scene->kern), 0);
	scene->kern->ops->free(scene->kern);
	free(scene);
	return 0;
}

static struct ring_process_result run(struct scene *scene)
{
	struct ring_process_result result;

	ring_process_enter(&scene->process);
	ring_process_wait(&scene->process, &result);
	return result;
}

static void stop(struct scene *scene)
{
	__atomic_store_n(&scene->process.region->control.stop, 1, __ATOMIC_RELEASE);
}

static uint64_t completed(const struct scene *scene)
{
	return __atomic_load_n(&scene->params->completed, __ATOMIC_ACQUIRE);
}

/* Until it has taken another step with what is in the array now. */
static void wait_for_a_step(const struct scene *scene)
{
	uint64_t enough = scene->words->steps + 2, deadline = now_ns() + 30 * QUICKLY_NS;

	while (scene->words->steps < enough)
		assert_true(now_ns() < deadline);
}

static void wait_until_it_works(const struct scene *scene)
{
	uint64_t start = completed(scene), deadline = now_ns() + 30 * QUICKLY_NS;

	while (completed(scene) == start)
		assert_true(now_ns() < deadline);
}

/* Every request that was submitted completed exactly once, in its place, and was reaped. */
static void assert_all_accounted_for(const struct scene *scene,
				     const struct ring_process_result *result)
{
	assert_true(scene->params->submitted > 0);
	assert_true(scene->params->submitted == scene->params->completed);
	assert_true(scene->params->misplaced == 0);
	assert_true(result->cq_tail == (uint32_t)scene->params->submitted);
	assert_int_equal(result->cq_head, result->cq_tail);
	assert_int_equal(result->cq_overflow, 0);
}

static void ring_runs_its_program(void **state)
{
	struct scene *scene = *state;
	struct ring_process_result result;
	uint64_t before = now_ns();

	ring_process_enable(&scene->process);
	result = run(scene);
	assert_int_equal(result.result, 0);
	assert_all_accounted_for(scene, &result);
	assert_true(scene->params->submitted == 1000);
	assert_true(scene->words->steps == scene->params->steps_a);
	assert_int_equal(scene->words->last, IOURD_STEP_PROGRAM);
	/* the time is that of a timer tick: at most 10 ms old */
	assert_true(scene->words->last_step + 10000000 > before);
	assert_true(scene->words->last_step <= now_ns());
}

static void initial_parameters_are_the_descriptors(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(scene->params->depth, 8);
	assert_int_equal(scene->params->answer, -1);
	assert_true(scene->params->operations == 1000);
	assert_int_equal(scene->params->mood, TALLY_BUSY);
	assert_true(scene->params->flag);
}

static void freed_program_runs_on(void **state)
{
	struct scene *scene = *state;
	struct ring_process_result result;

	scene->kern->ops->program_free(scene->a);
	scene->a = NULL;
	ring_process_enable(&scene->process);
	result = run(scene);
	assert_int_equal(result.result, 0);
	assert_all_accounted_for(scene, &result);
}

static void wrong_answer_ends_the_loop(void **state)
{
	struct scene *scene = *state;

	scene->params->answer = 2;
	ring_process_enable(&scene->process);
	assert_int_equal(run(scene).result, -EINVAL);
}

static void empty_array_stops_the_loop(void **state)
{
	struct scene *scene = *state;
	struct kern_dispatcher *dispatcher;
	struct ring_process process;
	struct ring_process_result result;

	ring_process_start(64, 128, &process);
	assert_int_equal(scene->kern->ops->dispatcher_new(scene->kern, "empty", &dispatcher), 0);
	assert_int_equal(
		scene->kern->ops->dispatcher_attach(dispatcher, process.pidfd, process.ring_fd), 0);
	ring_process_enable(&process);
	ring_process_enter(&process);
	ring_process_wait(&process, &result);
	assert_int_equal(result.result, 0);
	assert_int_equal(scene->kern->ops->dispatcher_state(dispatcher)->last, IOURD_STEP_EMPTY);
	assert_true(scene->kern->ops->dispatcher_state(dispatcher)->steps == 0);
	ring_process_end(&process);
	scene->kern->ops->dispatcher_free(dispatcher);
}

static void pause_flag_stops_the_loop(void **state)
{
	struct scene *scene = *state;
	struct ring_process_result result;
	uint64_t steps, operations;

	scene->params->operations = 0;
	ring_process_enable(&scene->process);
	ring_process_enter(&scene->process);
	wait_until_it_works(scene);
	assert_true(ring_process_is_inside(&scene->process, 0));
	scene->words->pause = 1;
	ring_process_wait(&scene->process, &result);
	assert_int_equal(result.result, 0);
	assert_int_equal(scene->words->last, IOURD_STEP_PAUSED);

	/* entering while paused stops at once and runs nothing */
	steps = scene->words->steps;
	operations = completed(scene);
	assert_int_equal(run(scene).result, 0);
	assert_true(scene->words->steps == steps && completed(scene) == operations);

	scene->words->pause = 0;
	ring_process_enter(&scene->process);
	wait_until_it_works(scene);
	assert_int_equal(scene->words->last, IOURD_STEP_PROGRAM);
	stop(scene);
	ring_process_wait(&scene->process, &result);
	assert_int_equal(result.result, 0);
	assert_all_accounted_for(scene, &result);
}

static void swaps_under_load_lose_nothing(void **state)
{
	struct scene *scene = *state;
	struct ring_process_result result;
	uint64_t start, took;

	scene->params->operations = 0;
	scene->params->depth = TALLY_DEPTH_MAX;
	ring_process_enable(&scene->process);
	ring_process_enter(&scene->process);
	wait_until_it_works(scene);
	start = now_ns();
	for (unsigned int i = 0; i < SWAPS; i++) {
		assert_int_equal(scene->kern->ops->dispatcher_set(scene->dispatcher,
								  i % 2 ? scene->a : scene->b),
				 0);
		wait_for_a_step(scene);
	}
	took = now_ns() - start;
	/* still the one call of io_uring_enter that it began with */
	assert_true(ring_process_is_inside(&scene->process, 0));
	wait_until_it_works(scene);
	stop(scene);
	ring_process_wait(&scene->process, &result);
	assert_int_equal(result.result, 0);
	assert_all_accounted_for(scene, &result);
	assert_true(scene->params->steps_a >= SWAPS / 2 && scene->params->steps_b >= SWAPS / 2);
	assert_true(scene->words->steps == scene->params->steps_a + scene->params->steps_b);
	print_message(
		"# %u swaps in %llu ms; %llu requests, each completed once; steps %llu + %llu\n",
		SWAPS, (unsigned long long)(took / 1000000),
		(unsigned long long)scene->params->completed,
		(unsigned long long)scene->params->steps_a,
		(unsigned long long)scene->params->steps_b);
}

static void wrong_rings_are_refused(void **state)
{
	struct scene *scene = *state;
	struct kern_dispatcher *dispatcher;
	struct ring_process gone, enabled, good;
	int pidfd;

	ring_process_start(8, 16, &gone);
	ring_process_start(8, 16, &enabled);
	ring_process_start(8, 16, &good);
	ring_process_enable(&enabled);
	pidfd = dup(gone.pidfd);
	ring_process_end(&gone);

	assert_int_equal(scene->kern->ops->dispatcher_new(scene->kern, "refused", &dispatcher), 0);
	assert_int_equal(scene->kern->ops->dispatcher_attach(dispatcher, pidfd, gone.ring_fd),
			 -ESRCH);
	assert_int_equal(scene->kern->ops->dispatcher_attach(dispatcher, good.pidfd, good.other_fd),
			 -EINVAL);
	assert_int_equal(scene->kern->ops->dispatcher_attach(dispatcher, good.pidfd, 9999), -EBADF);
	assert_int_equal(
		scene->kern->ops->dispatcher_attach(dispatcher, enabled.pidfd, enabled.ring_fd),
		-EBUSY);
	scene->kern->ops->dispatcher_expect(dispatcher, 8, 32);
	assert_int_equal(scene->kern->ops->dispatcher_attach(dispatcher, good.pidfd, good.ring_fd),
			 -EPROTO);
	scene->kern->ops->dispatcher_expect(dispatcher, 8, 16);
	/* none of them has used the dispatcher up */
	assert_int_equal(scene->kern->ops->dispatcher_attach(dispatcher, good.pidfd, good.ring_fd),
			 0);
	close(pidfd);
	ring_process_end(&enabled);
	ring_process_end(&good);
	scene->kern->ops->dispatcher_free(dispatcher);
}

static void spinning_ring_delays_nobody(void **state)
{
	struct scene *scene = *state;
	struct ring_process_result result;
	struct kern_dispatcher *dispatcher;
	struct ring_process other;
	uint64_t start;

	scene->params->operations = 0;
	ring_process_enable(&scene->process);
	ring_process_enter(&scene->process);
	wait_until_it_works(scene);

	/* attaching to the spinning ring is refused, attaching to another one works: at once */
	ring_process_start(8, 16, &other);
	start = now_ns();
	assert_int_equal(scene->kern->ops->dispatcher_new(scene->kern, "second", &dispatcher), 0);
	assert_int_equal(scene->kern->ops->dispatcher_attach(dispatcher, scene->process.pidfd,
							     scene->process.ring_fd),
			 -EBUSY);
	assert_int_equal(
		scene->kern->ops->dispatcher_attach(dispatcher, other.pidfd, other.ring_fd), 0);
	assert_true(now_ns() - start < 3 * QUICKLY_NS);
	ring_process_end(&other);
	scene->kern->ops->dispatcher_free(dispatcher);

	stop(scene);
	ring_process_wait(&scene->process, &result);
	assert_int_equal(result.result, 0);
	assert_all_accounted_for(scene, &result);
}

static void killed_ring_leaves_nothing(void **state)
{
	struct scene *scene = *state;

	scene->params->operations = FAR_TOO_MANY;
	ring_process_enable(&scene->process);
	ring_process_enter(&scene->process);
	wait_until_it_works(scene);
	ring_process_end(&scene->process);
	/* what is left is checked by the teardown, whose dispatcher_free must come back */
}

static void verifier_refusal_has_its_log(void **state)
{
	struct scene *scene = *state;
	struct kern_program *program;
	struct note note = {};
	void *bytes;
	size_t size;
	int fd;

	bytes = read_object(TEST_OBJECTS "/careless.bpf.o", &size);
	fd = make_object(bytes, size);
	free(bytes);
	assert_int_equal(scene->kern->ops->program_open(scene->kern, fd, &note, &program), 0);
	close(fd);
	assert_int_equal(scene->kern->ops->program_load(program, &note), FAULT_PROGRAM_REJECTED);
	assert_string_equal(note.texts[0], "careless");
	assert_non_null(strstr(note.texts[2], "invalid mem access"));
	/* refused again in the same way, and not fit to be set */
	note_done(&note);
	assert_int_equal(scene->kern->ops->program_load(program, &note), FAULT_PROGRAM_REJECTED);
	assert_int_equal(scene->kern->ops->dispatcher_set(scene->dispatcher, program), -EINVAL);
	note_done(&note);
	scene->kern->ops->program_free(program);
}

static void *load_and_free(void *argument)
{
	struct kern *kern = argument;
	struct kern_program *program = NULL;
	int fd = contract_port.object(CONTRACT_B);
	bool fine;

	fine = kern->ops->program_open(kern, fd, NULL, &program) == 0 &&
	       kern->ops->program_load(program, NULL) == 0;
	close(fd);
	kern->ops->program_free(program);
	return fine ? argument : NULL;
}

static void threads_load_at_once(void **state)
{
	struct scene *scene = *state;
	pthread_t threads[3];
	void *result;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load_and_free, scene->kern), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, scene->kern);
	}
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

const struct CMUnitTest ring_rules[] = {
	RULE(initial_parameters_are_the_descriptors),
	RULE(ring_runs_its_program),
	RULE(freed_program_runs_on),
	RULE(wrong_answer_ends_the_loop),
	RULE(empty_array_stops_the_loop),
	RULE(pause_flag_stops_the_loop),
	RULE(swaps_under_load_lose_nothing),
	RULE(wrong_rings_are_refused),
	RULE(spinning_ring_delays_nobody),
	RULE(killed_ring_leaves_nothing),
	RULE(verifier_refusal_has_its_log),
	RULE(threads_load_at_once),
};
const size_t n_ring_rules = sizeof(ring_rules) / sizeof(ring_rules[0]);
