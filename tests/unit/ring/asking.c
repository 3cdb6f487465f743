/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "unit/ring/asking.h"

int ask(struct fixture *fixture, ring_call request, struct answer *answer, struct note *note)
{
	const struct peer peer = peer_of(ALICE);

	return request(fixture->manager, &peer, "r1", answer_ring, answer, note);
}

void expect_done(struct fixture *fixture, ring_call request, enum ring_state state)
{
	struct answer answer = ANSWER_NONE;

	assert_int_equal(ask(fixture, request, &answer, NULL), 0);
	assert_int_equal(answer.calls, 0);
	fixture_run(fixture);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.r, 0);
	assert_int_equal(answer.state, state);
}

void expect_busy(struct fixture *fixture, ring_call request, const char *why)
{
	struct answer answer = ANSWER_NONE;
	struct note note = {};

	assert_int_equal(ask(fixture, request, &answer, &note), FAULT_RING_BUSY);
	assert_string_equal(note.texts[0], "r1");
	if (!strstr(note.texts[1], why))
		fail_msg("\"%s\" does not say \"%s\"", note.texts[1], why);
	note_done(&note);
	fixture_run(fixture);
	assert_int_equal(answer.calls, 0);
}

volatile struct iourd_dispatch *dispatch_of(struct fixture *fixture)
{
	return fixture->kern->ops->dispatcher_state(dispatcher_of(fixture, "r1"));
}

struct iourd_head *map_head(const struct answer *answer)
{
	void *head = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, answer->region, 0);

	assert_true(head != MAP_FAILED);
	return head;
}

void begin_pause(struct fixture *fixture, struct answer *answer, struct answer *pause)
{
	fixture_start(fixture);
	make_ring(fixture, "r1", answer);
	start_ring(fixture, "r1");
	hosts_fake_mute(fixture->hosts, true);
	*pause = ANSWER_NONE;
	assert_int_equal(ask(fixture, manager_ring_pause, pause, NULL), 0);
	assert_int_equal(dispatch_of(fixture)->pause, 1);
	assert_int_equal(hosts_fake_last_command(host_of(fixture, "r1")), CONTROL_PAUSE);
}
