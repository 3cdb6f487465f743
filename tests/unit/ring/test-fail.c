/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The n-th call of a port fails, for every n; no descriptor is left, for every number of them; and
 * the daemon stops, whatever its rings are doing. Each time: every request is answered once, and
 * nothing is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

#define SCENE_REQUESTS 8

/* Requests of a scene, in their order; each is begun when the one before was answered. */
struct scene {
	struct fixture fixture;
	struct answer answers[SCENE_REQUESTS];
	size_t n; /* begun */
	bool (*step)(struct fixture *fixture);
	bool spoilt; /* a call had failed before the request at hand */
};

typedef int (*ring_call)(struct manager *manager, const struct peer *peer, const char *name,
			 ring_done done, void *arg, struct note *note);

static void run(struct scene *scene)
{
	while (scene->step(&scene->fixture))
		;
}

/* @r: what the request returned. Runs it to its end; true if it succeeded. */
static bool settle(struct scene *scene, int r)
{
	struct answer *answer = &scene->answers[scene->n++];

	assert_int_equal(answer->calls, 0);
	run(scene);
	if (r != 0) {
		assert_int_equal(answer->calls, 0);
		scene->spoilt = true;
		return false;
	}
	assert_int_equal(answer->calls, 1);
	/* Whatever fails is told to the one whom it concerns; but everything can be destroyed. */
	if (scene->fixture.plan.failed && !scene->spoilt && scene->n < 7)
		assert_int_not_equal(answer->r, 0);
	scene->spoilt = scene->fixture.plan.failed;
	return answer->r == 0;
}

static bool scene_create(struct scene *scene)
{
	struct answer *answer = &scene->answers[scene->n];
	struct note note = {};
	struct sample sample;
	bool made;
	int r;

	sample_init(&sample, "r1");
	answer->keep = true;
	r = create_sample(&scene->fixture, ALICE, &sample, answer, &note);
	note_done(&note);
	sample_done(&sample);
	made = settle(scene, r);
	if (!made)
		assert_nothing_left(&scene->fixture);
	return made;
}

static bool scene_ask(struct scene *scene, ring_call request)
{
	const struct peer peer = peer_of(ALICE);
	struct note note = {};
	int r;

	r = request(scene->fixture.manager, &peer, "r1", answer_ring, &scene->answers[scene->n],
		    &note);
	note_done(&note);
	return settle(scene, r);
}

static bool scene_swap(struct scene *scene)
{
	const struct peer peer = peer_of(ALICE);
	struct note note = {};
	int r;

	r = manager_ring_swap(scene->fixture.manager, &peer, "r1", "paced", 0, answer_ring,
			      &scene->answers[scene->n], &note);
	note_done(&note);
	return settle(scene, r);
}

static bool scene_load(struct scene *scene)
{
	const struct peer root = peer_of(0);
	struct fake_object object;
	int fd, r;

	fake_object_nop("mine", &object);
	fd = fake_object_memfd(&object);
	r = manager_program_load(scene->fixture.manager, &root, fd, false, answer_program,
				 &scene->answers[scene->n], NULL);
	close(fd);
	return settle(scene, r);
}

/* All that one ring can live through; each part though the one before may have failed. */
static void play(struct scene *scene)
{
	scene_load(scene);
	if (!scene_create(scene))
		return;
	scene_ask(scene, manager_ring_start);
	scene_ask(scene, manager_ring_pause);
	scene_swap(scene);
	scene_ask(scene, manager_ring_resume);
	scene_ask(scene, manager_ring_destroy);
}

static void scene_done(struct scene *scene)
{
	for (size_t i = 0; i < SCENE_REQUESTS; i++)
		answer_done(&scene->answers[i]);
	run(scene);
	fixture_done(&scene->fixture);
}

static void scene_init(struct scene *scene, bool (*step)(struct fixture *fixture))
{
	*scene = (struct scene){.step = step};
	for (size_t i = 0; i < SCENE_REQUESTS; i++)
		scene->answers[i] = ANSWER_NONE;
	fixture_init(&scene->fixture);
}

static void test_nth_call_fails(void **state)
{
	static bool (*const steps[])(struct fixture *fixture) = {
		fixture_step,
		fixture_step_hosts,
		fixture_step_youngest,
	};
	static const int errors[] = {-EIO, -ENOMEM, -EPIPE};

	for (unsigned int variant = 0; variant < 9; variant++) {
		int error = errors[variant / 3];
		bool reached = true;
		unsigned int n;

		for (n = 1; reached; n++) {
			struct scene scene;
			int r;

			scene_init(&scene, steps[variant % 3]);
			scene.fixture.plan.at = n;
			scene.fixture.plan.error = error;
			r = fixture_manage(&scene.fixture);
			if (r == 0) {
				run(&scene);
				scene.spoilt = scene.fixture.plan.failed;
				play(&scene);
			} else {
				assert_int_equal(r, error);
			}
			reached = scene.fixture.plan.failed;
			scene_done(&scene);
		}
		assert_in_range(n, 15, 100); /* the scene does reach the ports */
	}
}

static void test_no_descriptor_is_left(void **state)
{
	struct rlimit before, limit;
	bool made = false;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (unsigned int spare = 0; !made; spare++) {
		struct answer answer = ANSWER_NONE;
		struct fixture fixture;
		struct sample sample;
		int probe, r;

		fixture_start(&fixture);
		sample_init(&sample, "r1");
		answer.keep = true;
		probe = fcntl(0, F_DUPFD_CLOEXEC, 3); /* the lowest free number */
		close(probe);
		limit = (struct rlimit){.rlim_cur = (rlim_t)probe + spare,
					.rlim_max = before.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		r = create_sample(&fixture, ALICE, &sample, &answer, NULL);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		made = r == 0;
		if (!made)
			assert_true(r == -EMFILE || r == -ENFILE || r == -EINVAL);
		sample_done(&sample);
		fixture_run(&fixture);
		assert_int_equal(answer.calls, made);
		answer_done(&answer);
		fixture_run(&fixture);
		assert_nothing_left(&fixture);
		fixture_done(&fixture);
		assert_true(spare < 40);
	}
}

static void test_environment_fails_are_told_as_they_are(void **state)
{
	struct answer answer = ANSWER_NONE;
	struct fixture fixture;
	struct sample sample;

	fixture_start(&fixture);
	sample_init(&sample, "r1");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	fixture.plan.at = fixture.plan.calls + 1;
	fixture.plan.error = -ENOSPC;
	fixture_run(&fixture);
	assert_int_equal(answer.r, -ENOSPC);
	assert_int_equal(last_event(&fixture)->kind, EVENT_FAILED);
	assert_nothing_left(&(struct fixture){.manager = fixture.manager,
					      .kern = fixture.kern,
					      .hosts = fixture.hosts,
					      .fds = fixture.fds + 2}); /* the sample's files */
	/* A load that only the environment failed is tried again. */
	answer.calls = 0;
	answer.keep = true;
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &answer, NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(answer.r, 0);
	sample_done(&sample);
	answer_done(&answer);
	fixture_done(&fixture);
}

/* ---- the daemon stops ---- */

static void count_stop(void *arg)
{
	unsigned int *stops = arg;

	(*stops)++;
}

static void test_stop_at_each_step(void **state)
{
	const struct peer peer = peer_of(ALICE);
	bool idle = false;

	for (unsigned int n = 0; !idle; n++) {
		struct answer answers[4] = {ANSWER_NONE, ANSWER_NONE, ANSWER_NONE, ANSWER_NONE};
		struct fake_object object;
		struct fixture fixture;
		struct sample sample;
		struct ring_view view;
		unsigned int stops = 0;
		int fd;

		fixture_init(&fixture);
		assert_int_equal(fixture_manage(&fixture), 0);
		fixture_run(&fixture);
		/* One that runs and is swapped, one that is being made, a load. */
		make_ring(&fixture, "old", &answers[0]);
		start_ring(&fixture, "old");
		assert_int_equal(manager_ring_swap(fixture.manager, &peer, "old", "paced", 0,
						   answer_ring, &answers[1], NULL),
				 0);
		sample_init(&sample, "new");
		assert_int_equal(create_sample(&fixture, ALICE, &sample, &answers[2], NULL), 0);
		fake_object_nop("mine", &object);
		fd = fake_object_memfd(&object);
		assert_int_equal(manager_program_load(fixture.manager, &(struct peer){}, fd, false,
						      answer_program, &answers[3], NULL),
				 0);
		close(fd);
		for (unsigned int i = 0; i < n && !idle; i++)
			idle = !fixture_step(&fixture);
		manager_stop(fixture.manager, count_stop, &stops);
		fixture.stopped = true;
		assert_int_equal(create_sample(&fixture, ALICE, &sample, &answers[0], NULL),
				 -ESHUTDOWN);
		assert_int_equal(manager_ring_find(fixture.manager, &peer, "old", NULL, &view),
				 -ESHUTDOWN);
		sample_done(&sample);
		fixture_run(&fixture);
		assert_int_equal(stops, 1);
		for (int i = 0; i < 4; i++) {
			assert_int_equal(answers[i].calls, 1);
			answer_done(&answers[i]);
		}
		fixture_done(&fixture); /* with what was left to the next daemon */
	}
}

static void test_stop_waits_for_jobs(void **state)
{
	struct fixture fixture;
	unsigned int stops = 0;

	fixture_init(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	manager_stop(fixture.manager, count_stop, &stops);
	assert_int_equal(stops, 0); /* the shipped programs are being opened */
	fixture_run(&fixture);
	assert_int_equal(stops, 1);
	fixture.stopped = true;
	fixture_done(&fixture);
}

static void test_stop_of_an_idle_manager(void **state)
{
	struct fixture fixture;
	unsigned int stops = 0;

	fixture_start(&fixture);
	manager_stop(fixture.manager, count_stop, &stops);
	assert_int_equal(stops, 1); /* from within */
	fixture.stopped = true;
	fixture_done(&fixture);
}

static void test_stop_with_rings_in_every_state(void **state)
{
	static const char *const names[] = {"created", "running", "paused", "stopped", "failed"};
	const struct peer peer = peer_of(ALICE);
	struct answer answers[5], pause = ANSWER_NONE;
	struct fixture fixture;
	unsigned int stops = 0;

	fixture_start(&fixture);
	for (int i = 0; i < 5; i++) {
		make_ring(&fixture, names[i], &answers[i]);
		if (i > 0)
			start_ring(&fixture, names[i]);
	}
	assert_int_equal(
		manager_ring_pause(fixture.manager, &peer, "paused", answer_ring, &pause, NULL), 0);
	fixture_run(&fixture);
	hosts_fake_returned(host_of(&fixture, "stopped"), 0);
	hosts_fake_returned(host_of(&fixture, "failed"), -EFAULT);
	assert_int_equal(state_of(&fixture, "created"), RING_CREATED);
	assert_int_equal(state_of(&fixture, "running"), RING_RUNNING);
	assert_int_equal(state_of(&fixture, "paused"), RING_PAUSED);
	assert_int_equal(state_of(&fixture, "stopped"), RING_STOPPED);
	assert_int_equal(state_of(&fixture, "failed"), RING_FAILED);
	manager_stop(fixture.manager, count_stop, &stops);
	assert_int_equal(stops, 1); /* they go on without it */
	fixture.stopped = true;
	assert_int_equal(count_events(&fixture, EVENT_DESTROYED), 0);
	assert_int_equal(hosts_fake_alive(fixture.hosts), 5);
	for (int i = 0; i < 5; i++)
		answer_done(&answers[i]);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nth_call_fails),
		cmocka_unit_test(test_no_descriptor_is_left),
		cmocka_unit_test(test_environment_fails_are_told_as_they_are),
		cmocka_unit_test(test_stop_at_each_step),
		cmocka_unit_test(test_stop_waits_for_jobs),
		cmocka_unit_test(test_stop_of_an_idle_manager),
		cmocka_unit_test(test_stop_with_rings_in_every_state),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/fail", tests, NULL, NULL);
}
