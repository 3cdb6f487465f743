/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/ring/declaring.h"
#include "wire/json.h"

static void count(void *arg)
{
	++*(unsigned int *)arg;
}

static void fill(const struct wanted_ring *ring, struct declared_file files[2], char file[64],
		 struct declaration *ret)
{
	const struct declared_file both[] = {
		{.slot = "source",
		 .path = (char *)(ring->source ? ring->source : "/good/a"),
		 .access = -1},
		{.slot = "target",
		 .path = (char *)(ring->target ? ring->target : "/good/b"),
		 .access = -1},
	};

	snprintf(file, 64, "/etc/rings.d/%s.json", ring->name ? ring->name : "d1");
	*ret = (struct declaration){
		.name = ring->name ? ring->name : "d1",
		.file = file,
		.problem = ring->problem,
		.program = ring->program ? ring->program : "copy",
		.user = ring->user ? ring->user : "alice",
		.files = files,
		.data_bytes_set = ring->data_bytes > 0,
		.data_bytes = ring->data_bytes,
		.rollback = ring->rollback,
		.start = !ring->not_started,
	};
	for (size_t i = 0; i < 2; i++) {
		const struct declared_file *one = &both[ring->swapped ? 1 - i : i];

		if (one->path[0])
			files[ret->n_files++] = *one;
	}
	if (ring->parameters)
		assert_int_equal(json_parse(ring->parameters, strlen(ring->parameters), NULL,
					    &ret->parameters),
				 0);
}

void declare_only(struct fixture *fixture, const struct wanted_ring *rings, size_t n,
		  unsigned int *done)
{
	struct declaration declarations[8];
	struct declared_file files[8][2];
	char names[8][64];

	assert_true(n <= 8);
	for (size_t i = 0; i < n; i++)
		fill(&rings[i], files[i], names[i], &declarations[i]);
	assert_int_equal(manager_declare(fixture->manager, declarations, n, count, done), 0);
	for (size_t i = 0; i < n; i++)
		json_put(declarations[i].parameters);
}

void declare(struct fixture *fixture, const struct wanted_ring *rings, size_t n)
{
	unsigned int done = 0;

	declare_only(fixture, rings, n, &done);
	fixture_run(fixture);
	assert_int_equal(done, 1);
}

void expect_problem(struct fixture *fixture, const char *what)
{
	struct problem_view view;

	assert_int_equal(manager_problem_count(fixture->manager), 1);
	manager_problem_at(fixture->manager, 0, &view);
	assert_non_null(strstr(view.text, view.file));
	if (!strstr(view.text, what))
		fail_msg("\"%s\" does not say \"%s\"", view.text, what);
}

void expect_no_problem(struct fixture *fixture)
{
	struct problem_view view;

	if (manager_problem_count(fixture->manager) == 0)
		return;
	manager_problem_at(fixture->manager, 0, &view);
	fail_msg("there is a problem: %s", view.text);
}

struct ring_view look_at(struct fixture *fixture, const char *name)
{
	const struct peer root = peer_of(0);
	struct ring_view view;

	assert_int_equal(manager_ring_find(fixture->manager, &root, name, NULL, &view), 0);
	return view;
}

bool is_there(struct fixture *fixture, const char *name)
{
	const struct peer root = peer_of(0);
	struct ring_view view;

	return manager_ring_find(fixture->manager, &root, name, NULL, &view) == 0;
}

void kill_host(struct fixture *fixture, const char *name)
{
	hosts_fake_exited(host_of(fixture, name), CLD_KILLED, SIGKILL);
	fixture_run(fixture);
}
