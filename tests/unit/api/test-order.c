/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls in a row, calls that nobody waits for, and clients that go in the middle of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/api/service.h"

#define CALL(name, parameters) "{\"method\":\"" METHOD(name) "\",\"parameters\":" parameters "}"
#define CREATE_NOP(name)       CALL("CreateRing", "{\"program\":\"nop\",\"name\":\"" name "\"}")

static void test_pipelined(void **state)
{
	struct service service;
	struct client client;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	/* the first takes jobs and a host; the others need what it makes */
	say(&client, CREATE_NOP("a"));
	say(&client, CALL("StartRing", "{\"ring\":\"a\"}"));
	say(&client, CALL("DescribeRing", "{\"ring\":\"nonsense\"}"));
	say(&client, CALL("PauseRing", "{\"ring\":\"a\"}"));
	say(&client, CALL("DestroyRing", "{\"ring\":\"a\"}"));
	say(&client, CALL("ListRings", "{}"));
	service_settle(&service);
	assert_says(hear(&client), "\"state\":\"created\"");
	/* its lease is to last until the ring is destroyed: hear() closes the descriptors */
	client.frame.fds.n = 0;
	assert_says(hear(&client), "\"state\":\"running\"");
	assert_says(hear(&client), ERROR("RingNotFound"));
	assert_says(hear(&client), "\"state\":\"paused\"");
	assert_string_equal(hear(&client), "{\"parameters\":{}}");
	assert_string_equal(hear(&client), "{\"parameters\":{\"rings\":[]}}");
	assert_null(hear(&client));
	client_close(&client);
	service.fds += 2; /* lease and region, which are still ours */
	service_end(&service);
}

#define MANY 400u

static size_t hear_all(struct client *client)
{
	size_t n = 0;

	while (hear(client))
		n++;
	return n;
}

/* Whoever has much to say has its turn again and again, and so have all others. */
static void test_many_in_one_write(void **state)
{
	const char one[] = CALL("GetStatus", "{}");
	char many[MANY * sizeof(one)];
	struct service service;
	struct client client, other;
	size_t heard, turns = 0;

	for (size_t i = 0; i < MANY; i++)
		memcpy(many + i * sizeof(one), one, sizeof(one));
	service_start(&service);
	client_connect(&service, ALICE, &client);
	client_connect(&service, BOB, &other);
	say_bytes(&client, many, sizeof(many));
	say(&other, one);
	loop_run_once(service.loop);
	loop_run_once(service.loop);
	assert_non_null(hear(&other));
	heard = hear_all(&client);
	assert_true(heard > 0 && heard <= 40);
	/* and the other, who is never quiet, does not keep it from its turn */
	while (heard < MANY && turns++ < 10 * MANY) {
		say(&other, one);
		loop_run_once(service.loop);
		hear_all(&other);
		heard += hear_all(&client);
	}
	assert_int_equal(heard, MANY);
	service_settle(&service);
	assert_null(hear(&client));
	client_close(&client);
	client_close(&other);
	service_end(&service);
}

/* Calls without end, and no answer read: the service stops reading, and goes on for others. */
static void test_reads_no_answer(void **state)
{
	const char one[] = CALL("GetStatus", "{}");
	struct service service;
	struct client client, other;
	size_t said = 0, heard = 0;
	ssize_t n;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	client_connect(&service, BOB, &other);
	do {
		n = send(client.fd, one, sizeof(one), MSG_DONTWAIT);
		assert_true(n < 0 || n == sizeof(one));
		said += n > 0;
		service_settle(&service);
	} while (n > 0);
	assert_answer(&other, "GetStatus", "{}", "\"ready\":true");
	/* it changes its mind: not one answer is missing */
	while (heard < said) {
		while (!hear(&client))
			service_settle(&service);
		heard++;
	}
	service_settle(&service);
	assert_null(hear(&client));
	client_close(&client);
	client_close(&other);
	service_end(&service);
}

static void test_oneway(void **state)
{
	struct service service;
	struct client client;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	say(&client, "{\"method\":\"" METHOD("GetStatus") "\",\"oneway\":true}");
	say(&client, "{\"method\":\"" METHOD("Nonsense") "\",\"oneway\":true}");
	say(&client, "{\"method\":\"" METHOD("DescribeRing") "\",\"oneway\":true}");
	/* nobody gets its lease: the ring ends again */
	say(&client,
	    "{\"method\":\"" METHOD(
		    "CreateRing") "\",\"oneway\":true,\"parameters\":{\"program\":\"nop\"}}");
	service_settle(&service);
	assert_null(hear(&client));
	assert_answer(&client, "ListRings", "{}", "\"rings\":[]");
	assert_nothing_left(&service, 1);
	client_close(&client);
	service_end(&service);
}

static void test_more(void **state)
{
	struct service service;
	struct client client;
	const char *answer;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	assert_says(ask(&client, "Watch", "{}"), SERVICE_ERROR("ExpectedMore"));
	say(&client, "{\"method\":\"" METHOD("ListRings") "\",\"more\":true}");
	service_settle(&service);
	answer = hear(&client);
	assert_says(answer, "\"rings\":[]");
	assert_not_says(answer, "continues");
	assert_null(hear(&client));
	client_close(&client);
	service_end(&service);
}

/* Who only stops sending wants its answers. */
static void test_half_closed(void **state)
{
	struct service service;
	struct client client;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	say(&client, CREATE_NOP("a"));
	say(&client, CALL("ListRings", "{}"));
	shutdown(client.fd, SHUT_WR);
	service_settle(&service);
	assert_says(hear(&client), "\"state\":\"created\"");
	client.frame.fds.n = 0; /* keep the lease */
	assert_says(hear(&client), "\"name\":\"a\"");
	assert_true(is_hung_up(&client));
	client_close(&client);
	service.fds += 2;
	service_end(&service);
}

/* Gone after every number of steps that CreateRing takes. */
static void test_gone_meanwhile(void **state)
{
	unsigned int steps, done = 0;

	for (steps = 0; !done; steps++) {
		struct service service;
		struct client client;

		service_start(&service);
		client_connect(&service, ALICE, &client);
		say(&client, CREATE_NOP("a"));
		loop_run_once(service.loop);
		for (unsigned int i = 0; i < steps && !done; i++)
			done = !service_step(&service);
		client_close(&client);
		service_settle(&service);
		assert_nothing_left(&service, 0);
		service_end(&service);
	}
	assert_true(steps > 3);
}

static void test_gone_with_calls_waiting(void **state)
{
	struct service service;
	struct client client;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	for (unsigned int i = 0; i < 4; i++)
		say(&client, CALL("CreateRing", "{\"program\":\"nop\"}"));
	service_step(&service);
	client_close(&client);
	service_settle(&service);
	assert_nothing_left(&service, 0);
	service_end(&service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_many_in_one_write),
		cmocka_unit_test(test_reads_no_answer),
		cmocka_unit_test(test_oneway),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_half_closed),
		cmocka_unit_test(test_gone_meanwhile),
		cmocka_unit_test(test_gone_with_calls_waiting),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("api-order", tests, NULL, NULL);
}
