/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The catalogue: shipped programs, loaded programs, and programs in use. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../fds.h"
#include "unit/ring/fixture.h"

static struct program_view find(struct fixture *fixture, const char *name)
{
	struct program_view view;

	assert_int_equal(manager_program_find(fixture->manager, name, NULL, &view), 0);
	return view;
}

static void load(struct fixture *fixture, const struct fake_object *object, bool check_only,
		 struct answer *answer)
{
	const struct peer root = peer_of(0);
	int fd = fake_object_memfd(object);

	*answer = ANSWER_NONE;
	assert_int_equal(manager_program_load(fixture->manager, &root, fd, check_only,
					      answer_program, answer, NULL),
			 0);
	close(fd); /* the caller's: the job has a duplicate */
	assert_int_equal(answer->calls, 0);
	fixture_run(fixture);
	assert_int_equal(answer->calls, 1);
}

static void test_shipped_programs(void **state)
{
	struct kern_fake_tally tally;
	struct fake_object object;
	struct program_view view;
	struct fixture fixture;
	struct note note = {};
	char path[128];
	int fd;

	fixture_init(&fixture);
	fake_object_copy("liar", &object);
	fake_object_install(&object, fixture.directory, "honest");
	snprintf(path, sizeof(path), "%s/garbage.bpf.o", fixture.directory);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, "garbage", 7), 7);
	close(fd);
	fake_object_install(&object, fixture.directory, "Not A Name");
	snprintf(path, sizeof(path), "%s/README", fixture.directory);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	assert_int_equal(fixture_manage(&fixture), 0);

	/* Listed at once, read later. */
	assert_int_equal(manager_program_count(fixture.manager), 5);
	manager_program_at(fixture.manager, 0, &view);
	assert_string_equal(view.name, "copy");
	assert_int_equal(view.state, PROGRAM_LOADING);
	assert_null(view.info);
	for (size_t i = 0; i < 5; i++) { /* by name */
		static const char *const names[] = {"copy", "garbage", "honest", "nop", "paced"};

		manager_program_at(fixture.manager, i, &view);
		assert_string_equal(view.name, names[i]);
	}
	fixture_run(&fixture);

	view = find(&fixture, "copy");
	assert_int_equal(view.state, PROGRAM_AVAILABLE);
	assert_true(view.shipped);
	assert_non_null(view.info);
	assert_null(view.reason);
	assert_int_equal(view.rings, 0);
	view = find(&fixture, "garbage");
	assert_int_equal(view.state, PROGRAM_REJECTED);
	assert_true(view.reason && *view.reason);
	view = find(&fixture, "honest");
	assert_int_equal(view.state, PROGRAM_REJECTED);
	assert_non_null(strstr(view.reason, "\"liar\""));
	assert_int_equal(manager_program_find(fixture.manager, "liar", &note, &view),
			 FAULT_PROGRAM_NOT_FOUND);
	note_done(&note);
	kern_fake_tally(fixture.kern, &tally);
	assert_int_equal(tally.loads, 0); /* no program is verified before it is used */
	fixture_done(&fixture);
}

/* A link within the directory is followed; one that leads out of it is not, whatever it names. */
static void test_links(void **state)
{
	static const struct {
		const char *file, *target;
		const char *reason; /* NULL: the program can be used */
	} links[] = {
		{"copied", "copied.bpf.o.2", NULL},
		{"twice", "twice.bpf.o.2", NULL},
		{"outside", "/etc/shadow", "\"/etc/shadow\", which leads out"},
		{"upwards", "../twice", "\"../twice\", which leads out"},
		{"odd", "/tmp/\x1b[2J", "\"/tmp/?[2J\", which leads out"},
		{"circle", "circle.bpf.o", "Too many levels"},
		{"parent", "..", "directory"},
		{"dangling", "nothing", "No such file"},
	};
	struct fake_object object;
	struct fixture fixture;
	char path[128], target[128];

	fixture_init(&fixture);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s.bpf.o", fixture.directory, links[i].file);
		assert_int_equal(symlink(links[i].target, path), 0);
	}
	fake_object_copy("copied", &object);
	fake_object_install(&object, fixture.directory, "copied.bpf.o.2");
	snprintf(path, sizeof(path), "%s/copied.bpf.o.2.bpf.o", fixture.directory);
	snprintf(target, sizeof(target), "%s/copied.bpf.o.2", fixture.directory);
	assert_int_equal(rename(path, target), 0);
	fake_object_copy("twice", &object);
	fake_object_install(&object, fixture.directory, "real");
	snprintf(path, sizeof(path), "%s/twice.bpf.o.2", fixture.directory);
	assert_int_equal(symlink("real.bpf.o", path), 0);
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct program_view view = find(&fixture, links[i].file);

		if (!links[i].reason && view.state != PROGRAM_AVAILABLE)
			fail_msg("%s: %s", links[i].file, view.reason);
		if (links[i].reason && !(view.reason && strstr(view.reason, links[i].reason)))
			fail_msg("%s: %s", links[i].file, view.reason ? view.reason : "(used)");
	}
	fixture_done(&fixture);
}

static void count_call(void *arg)
{
	++*(unsigned int *)arg;
}

/* Before that, programs have no description. */
static void test_ready_when_all_are_open(void **state)
{
	struct fixture fixture;
	struct program_view view;
	unsigned int calls = 0;

	fixture_init(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_await_ready(&fixture, count_call, &calls);
	while (calls == 0)
		assert_true(fixture_step(&fixture));
	for (size_t i = 0; i < manager_program_count(fixture.manager); i++) {
		manager_program_at(fixture.manager, i, &view);
		assert_int_equal(view.state, PROGRAM_AVAILABLE);
		assert_non_null(view.info);
	}
	fixture_run(&fixture);
	assert_int_equal(calls, 1);
	fixture_await_ready(&fixture, count_call, &calls);
	assert_int_equal(calls, 2); /* at once */
	fixture_done(&fixture);
}

static void test_no_directory(void **state)
{
	struct fixture fixture;

	fixture_init(&fixture);
	{
		const struct manager_setup setup = {
			.kern = fixture.kern,
			.hosts = fixture.hosts,
			.executor = &fixture.executor.executor,
			.clock = &fixture.clock.clock,
			.last_use = &fixture.last_use.port,
			.policies = &fixture.policies,
			.program_directory = "/nonexistent/programs",
		};

		fixture.fds = count_fds();
		assert_int_equal(manager_new(&setup, &fixture.manager), -ENOENT);
		assert_null(fixture.manager);
	}
	fixture_done(&fixture);
}

static void test_load(void **state)
{
	struct fake_object object;
	struct program_view view;
	struct fixture fixture;
	struct answer answer;

	fixture_start(&fixture);
	fake_object_copy("mine", &object);

	load(&fixture, &object, true, &answer); /* checked only: not kept */
	assert_int_equal(answer.r, 0);
	assert_string_equal(answer.name, "mine");
	assert_int_equal(manager_program_count(fixture.manager), 3);

	load(&fixture, &object, false, &answer);
	assert_int_equal(answer.r, 0);
	assert_int_equal(answer.program_state, PROGRAM_LOADED);
	view = find(&fixture, "mine");
	assert_int_equal(view.state, PROGRAM_LOADED);
	assert_false(view.shipped);

	load(&fixture, &object, false, &answer); /* the same again is fine */
	assert_int_equal(answer.r, 0);
	assert_int_equal(manager_program_count(fixture.manager), 4);

	object.descriptor.version = 2; /* another version replaces it */
	load(&fixture, &object, false, &answer);
	assert_int_equal(answer.r, 0);
	assert_int_equal(manager_program_count(fixture.manager), 4);
	assert_int_equal(find(&fixture, "mine").info->descriptor.version, 2);
	fixture_done(&fixture);
}

static void test_load_is_refused(void **state)
{
	const struct peer alice = peer_of(ALICE);
	struct fake_object object;
	struct fixture fixture;
	struct answer answer = ANSWER_NONE;
	struct note note = {};
	int fd;

	fixture_start(&fixture);
	fake_object_copy("mine", &object);
	fd = fake_object_memfd(&object);
	for (int check = 0; check < 2; check++) {
		assert_int_equal(manager_program_load(fixture.manager, &alice, fd, check,
						      answer_program, &answer, &note),
				 FAULT_NOT_PERMITTED);
		assert_non_null(strstr(note.texts[0], "does not permit loading programs"));
		note_done(&note);
	}
	close(fd);
	assert_int_equal(manager_program_unload(fixture.manager, &alice, "copy", &note),
			 FAULT_NOT_PERMITTED);
	note_done(&note);

	for (int check = 0; check < 2; check++) {
		strcpy(object.refuse_load, "back-edge from insn 7 to 3");
		load(&fixture, &object, check, &answer);
		assert_int_equal(answer.r, FAULT_PROGRAM_REJECTED);
		assert_string_equal(answer.note.texts[2], "back-edge from insn 7 to 3");
		answer_done(&answer);
	}
	strcpy(object.refuse_open, "no descriptor");
	load(&fixture, &object, false, &answer);
	assert_int_equal(answer.r, FAULT_PROGRAM_REJECTED);
	assert_string_equal(answer.note.texts[1], "no descriptor");
	answer_done(&answer);
	assert_int_equal(manager_program_count(fixture.manager), 3);
	fixture_done(&fixture);
}

static void test_programs_in_use(void **state)
{
	const struct peer root = peer_of(0);
	struct fake_object object;
	struct fixture fixture;
	struct answer answer, ring;
	struct note note = {};

	fixture_start(&fixture);
	make_ring(&fixture, "r1", &ring);
	assert_int_equal(manager_program_unload(fixture.manager, &root, "copy", &note),
			 FAULT_RING_BUSY);
	assert_string_equal(note.texts[0], "1000/r1");
	note_done(&note);

	fake_object_copy("copy", &object);
	load(&fixture, &object, false, &answer); /* the very same object */
	assert_int_equal(answer.r, 0);
	assert_true(find(&fixture, "copy").shipped);
	object.descriptor.version = 2;
	load(&fixture, &object, false, &answer);
	assert_int_equal(answer.r, FAULT_RING_BUSY);
	assert_string_equal(answer.note.texts[0], "1000/r1");
	assert_non_null(strstr(answer.note.texts[1], "\"copy\""));
	answer_done(&answer);
	assert_int_equal(find(&fixture, "copy").info->descriptor.version, 1);

	answer_done(&ring);
	fixture_run(&fixture);
	load(&fixture, &object, false, &answer);
	assert_int_equal(answer.r, 0);
	assert_int_equal(find(&fixture, "copy").info->descriptor.version, 2);
	assert_int_equal(manager_program_unload(fixture.manager, &root, "copy", NULL), 0);
	assert_int_equal(manager_program_unload(fixture.manager, &root, "copy", &note),
			 FAULT_PROGRAM_NOT_FOUND);
	note_done(&note);
	fixture_done(&fixture);
}

/* Unloaded, or replaced, while a job of it is under way. */
static void test_unload_while_it_is_opened_or_loaded(void **state)
{
	const struct peer root = peer_of(0), alice = peer_of(ALICE);
	struct fixture fixture;
	struct answer create = ANSWER_NONE, destroy = ANSWER_NONE;
	struct sample sample;

	fixture_init(&fixture);
	assert_int_equal(fixture_manage(&fixture), 0);
	assert_int_equal(manager_program_unload(fixture.manager, &root, "nop", NULL), 0);
	fixture_run(&fixture);
	assert_int_equal(manager_program_count(fixture.manager), 2);

	/* Its ring is destroyed before the verifier has finished. */
	sample_init(&sample, "r1");
	assert_int_equal(create_sample(&fixture, ALICE, &sample, &create, NULL), 0);
	sample_done(&sample);
	assert_true(executor_fake_work(&fixture.executor)); /* the load, half done */
	assert_int_equal(
		manager_ring_destroy(fixture.manager, &alice, "r1", answer_ring, &destroy, NULL),
		0);
	assert_int_equal(manager_program_unload(fixture.manager, &root, "copy", NULL),
			 FAULT_RING_BUSY);
	fixture_run(&fixture);
	assert_int_equal(create.r, FAULT_RING_BUSY);
	assert_int_equal(destroy.r, 0);
	assert_int_equal(manager_program_unload(fixture.manager, &root, "copy", NULL), 0);
	answer_done(&create);
	fixture_done(&fixture);
}

static void test_program_is_loaded_once(void **state)
{
	struct kern_fake_tally tally;
	struct fixture fixture;
	struct answer answers[3];

	fixture_start(&fixture);
	for (int i = 0; i < 3; i++)
		make_ring(&fixture, NULL, &answers[i]);
	kern_fake_tally(fixture.kern, &tally);
	assert_int_equal(tally.loads, 1);
	assert_int_equal(find(&fixture, "copy").rings, 3);
	for (int i = 0; i < 3; i++)
		answer_done(&answers[i]);
	fixture_run(&fixture);
	/* It stays loaded for the next ring. */
	assert_int_equal(find(&fixture, "copy").state, PROGRAM_LOADED);
	assert_int_equal(find(&fixture, "copy").rings, 0);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_programs),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_ready_when_all_are_open),
		cmocka_unit_test(test_no_directory),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_load_is_refused),
		cmocka_unit_test(test_programs_in_use),
		cmocka_unit_test(test_unload_while_it_is_opened_or_loaded),
		cmocka_unit_test(test_program_is_loaded_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/programs", tests, NULL, NULL);
}
