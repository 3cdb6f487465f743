/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/ring/declaring.h"
#include "wire/json.h"

static void count(void *arg)
{
	++*(unsigned int *)arg;
}

static char *copy(const char *text, const char *otherwise)
{
	char *copied = strdup(text ?: otherwise);

	assert_non_null(copied);
	return copied;
}

static void add_file(struct declaration *declaration, const char *slot, const char *path)
{
	if (path[0])
		declaration->files[declaration->n_files++] =
			(struct declared_file){copy(slot, NULL), copy(path, NULL), -1};
}

static void fill(const struct ring_spec *ring, struct declaration *ret)
{
	const char *source = ring->source ?: "/good/a", *target = ring->target ?: "/good/b";

	*ret = (struct declaration){
		.name = copy(ring->name, "d1"),
		.problem = ring->problem ? copy(ring->problem, NULL) : NULL,
		.program = copy(ring->program, "copy"),
		.user = copy(ring->user, "alice"),
		.files = calloc(2, sizeof(*ret->files)),
		.data_bytes_set = ring->data_bytes > 0,
		.data_bytes = ring->data_bytes,
		.rollback = ring->rollback,
		.start = !ring->not_started,
	};
	assert_non_null(ret->files);
	assert_true(asprintf(&ret->file, "/etc/rings.d/%s.json", ret->name) > 0);
	if (ring->swapped)
		add_file(ret, "target", target);
	add_file(ret, "source", source);
	if (!ring->swapped)
		add_file(ret, "target", target);
	if (ring->parameters)
		assert_int_equal(json_parse(ring->parameters, strlen(ring->parameters), NULL,
					    &ret->parameters),
				 0);
}

void declare_only(struct fixture *fixture, const struct ring_spec *rings, size_t n,
		  unsigned int *done)
{
	struct declarations declarations = {.items = calloc(n + 1, sizeof(struct declaration)),
					    .n = n};

	assert_non_null(declarations.items);
	for (size_t i = 0; i < n; i++)
		fill(&rings[i], &declarations.items[i]);
	assert_int_equal(declared_apply(fixture->declared, &declarations, count, done), 0);
	assert_int_equal(declarations.n, 0); /* taken over */
}

void declare(struct fixture *fixture, const struct ring_spec *rings, size_t n)
{
	unsigned int done = 0;

	declare_only(fixture, rings, n, &done);
	fixture_run(fixture);
	assert_int_equal(done, 1);
}

void expect_problem(struct fixture *fixture, const char *what)
{
	struct declared_problem view;

	assert_int_equal(declared_problem_count(fixture->declared), 1);
	declared_problem_at(fixture->declared, 0, &view);
	assert_non_null(strstr(view.text, view.file));
	if (!strstr(view.text, what))
		fail_msg("\"%s\" does not say \"%s\"", view.text, what);
}

void expect_no_problem(struct fixture *fixture)
{
	struct declared_problem view;

	if (declared_problem_count(fixture->declared) == 0)
		return;
	declared_problem_at(fixture->declared, 0, &view);
	fail_msg("there is a problem: %s", view.text);
}

struct ring_view look_at(struct fixture *fixture, const char *name)
{
	struct ring_view view;

	assert_int_equal(find_ring(fixture, name, NULL, &view), 0);
	return view;
}

bool is_there(struct fixture *fixture, const char *name)
{
	struct ring_view view;

	return find_ring(fixture, name, NULL, &view) == 0;
}

void kill_host(struct fixture *fixture, const char *name)
{
	hosts_fake_exited(host_of(fixture, name), CLD_KILLED, SIGKILL);
	fixture_run(fixture);
}
