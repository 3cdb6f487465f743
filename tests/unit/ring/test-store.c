/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs outlive the daemon: what rings run, and what an administrator has loaded. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ring/fixture.h"

static struct ring_view view_of(struct fixture *fixture, const char *name)
{
	struct ring_view view = {};

	assert_int_equal(find_ring(fixture, name, NULL, &view), 0);
	return view;
}

static bool has_program(struct fixture *fixture, const char *name, struct program_view *ret)
{
	struct note note = {};
	int r = manager_program_find(fixture->manager, name, &note, ret);

	note_done(&note);
	return r == 0;
}

/* Objects in the store. */
static size_t count_stored(const struct fixture *fixture)
{
	DIR *directory = opendir(fixture->store);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory)))
		n += strstr(entry->d_name, ".bpf.o") != NULL;
	closedir(directory);
	return n;
}

static void make(struct fixture *fixture, const char *name, const char *program,
		 struct answer *answer)
{
	const struct peer root = peer_of(0);
	const struct ring_request request = {.program = program, .name = name, .persistent = true};

	*answer = ANSWER_NONE;
	assert_int_equal(
		manager_ring_create(fixture->manager, &root, &request, answer_ring, answer, NULL),
		0);
	fixture_run(fixture);
	assert_int_equal(answer->r, 0);
}

static int load(struct fixture *fixture, const struct fake_object *object)
{
	struct answer answer = ANSWER_NONE;
	int fd = fake_object_memfd(object), r;

	r = manager_program_load(fixture->manager, &(struct peer){}, fd, false, answer_program,
				 &answer, NULL);
	close(fd);
	fixture_run(fixture);
	r = r ?: answer.r;
	answer_done(&answer);
	return r;
}

static struct fake_object nop_of(const char *name, uint32_t version)
{
	struct fake_object object;

	fake_object_nop(name, &object);
	object.descriptor.version = version;
	return object;
}

/* A package upgrade replaces the program of a ring. */
static void test_upgraded(void **state)
{
	struct answer old, fresh, swapped = ANSWER_NONE;
	struct fake_object newer = nop_of("nop", 2);
	const struct peer root = peer_of(0);
	struct program_view program;
	struct fixture fixture;

	fixture_start(&fixture);
	make(&fixture, "old", "nop", &old);
	fixture_stop(&fixture);
	fake_object_install(&newer, fixture.directory, "nop");
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(view_of(&fixture, "old").program->descriptor.version, 1);
		assert_string_equal(view_of(&fixture, "old").program->descriptor.name, "nop");
		/* the old program is not listed any more */
		assert_true(has_program(&fixture, "nop", &program));
		assert_int_equal(program.info->descriptor.version, 2);
		assert_int_equal(program.rings, 0);
		assert_int_equal(manager_program_count(fixture.manager), 3);
		fixture_crash(&fixture);
	}
	make(&fixture, "fresh", "nop", &fresh);
	assert_int_equal(view_of(&fixture, "fresh").program->descriptor.version, 2);
	assert_int_equal(count_stored(&fixture), 2);
	assert_int_equal(manager_ring_swap(fixture.manager, &root, "old", "nop", 0, answer_ring,
					   &swapped, NULL),
			 0);
	fixture_run(&fixture);
	assert_int_equal(swapped.r, 0);
	assert_int_equal(view_of(&fixture, "old").program->descriptor.version, 2);
	answer_done(&swapped);
	answer_done(&fresh);
	answer_done(&old);
	fixture_done(&fixture);
}

static void test_loaded_ones_come_back(void **state)
{
	struct fake_object mine = nop_of("mine", 3), instead = nop_of("nop", 9);
	struct program_view program;
	struct fixture fixture;

	fixture_start(&fixture);
	assert_int_equal(load(&fixture, &mine), 0);
	assert_int_equal(load(&fixture, &instead), 0); /* replaces a shipped one */
	for (int crash = 0; crash < 2; crash++) {
		if (crash)
			fixture_crash(&fixture);
		else
			fixture_restart(&fixture);
		assert_true(has_program(&fixture, "mine", &program));
		assert_int_equal(program.info->descriptor.version, 3);
		assert_false(program.shipped);
		assert_true(has_program(&fixture, "nop", &program));
		assert_int_equal(program.info->descriptor.version, 9);
	}
	assert_int_equal(manager_program_unload(fixture.manager, &(struct peer){}, "mine", NULL),
			 0);
	assert_int_equal(manager_program_unload(fixture.manager, &(struct peer){}, "nop", NULL), 0);
	fixture_restart(&fixture);
	assert_false(has_program(&fixture, "mine", &program));
	assert_true(has_program(&fixture, "nop", &program)); /* the shipped one */
	assert_int_equal(program.info->descriptor.version, 1);
	assert_int_equal(count_stored(&fixture), 0); /* no ring needs them */
	fixture_done(&fixture);
}

static void test_refused_ones_are_not_kept(void **state)
{
	struct fake_object bad = nop_of("bad", 1);
	struct fixture fixture;

	strcpy(bad.refuse_load, "no");
	fixture_start(&fixture);
	assert_int_equal(load(&fixture, &bad), FAULT_PROGRAM_REJECTED);
	assert_int_equal(count_stored(&fixture), 0);
	fixture_done(&fixture);
}

/* The only copy of a ring's program is damaged. */
static void test_damaged(void **state)
{
	struct fake_object newer = nop_of("nop", 2), other = nop_of("nop", 7);
	const struct peer root = peer_of(0);
	struct answer answer;
	struct fixture fixture;
	struct dirent *entry;
	DIR *directory;

	fixture_start(&fixture);
	make(&fixture, "r1", "nop", &answer);
	fixture_kill(&fixture);
	fake_object_install(&newer, fixture.directory, "nop");
	directory = opendir(fixture.store);
	assert_non_null(directory);
	while ((entry = readdir(directory)))
		if (strstr(entry->d_name, ".bpf.o")) {
			char name[IOURD_NAME_MAX + 64];

			/* "DIGEST.bpf.o" without its suffix, which fake_object_install() adds */
			snprintf(name, sizeof(name), "%.*s", (int)strlen(entry->d_name) - 6,
				 entry->d_name);
			fake_object_install(&other, fixture.store, name);
		}
	closedir(directory);
	assert_int_equal(fixture_manage(&fixture), 0);
	fixture_run(&fixture);
	/* the ring is left untouched, and not taken over with another program */
	assert_int_equal(manager_ring_count(fixture.manager, &root), 0);
	assert_int_equal(hosts_fake_alive(fixture.hosts), 1);
	fixture_stop(&fixture);
	hosts_fake_die(host_search(&fixture, "r1"));
	answer_done(&answer);
	fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upgraded),
		cmocka_unit_test(test_loaded_ones_come_back),
		cmocka_unit_test(test_refused_ones_are_not_kept),
		cmocka_unit_test(test_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring/store", tests, NULL, NULL);
}
