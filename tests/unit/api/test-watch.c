/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watch: who is told of what, and what becomes of readers that are too slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/api/service.h"

static void watch(struct client *client, const char *parameters)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"method\":\"" METHOD("Watch") "\",\"more\":true,\"parameters\":%s}",
		 parameters);
	say(client, text);
	service_settle(client->service);
	assert_says(hear(client), "\"kind\":\"watching\"");
	assert_says(client->frame.text, "\"continues\":true");
	assert_null(hear(client));
}

/* Its whole life: created, started, paused, resumed, swapped, destroyed. */
static void live(struct client *client, const char *name)
{
	static const char *const methods[] = {"StartRing", "PauseRing", "ResumeRing", NULL};
	char parameters[128];
	int lease;

	make_ring(client, name, &lease, NULL);
	snprintf(parameters, sizeof(parameters), "{\"ring\":\"%s\"}", name);
	for (size_t i = 0; methods[i]; i++)
		assert_says(ask(client, methods[i], parameters), "\"ring\":");
	snprintf(parameters, sizeof(parameters), "{\"ring\":\"%s\",\"program\":\"paced\"}", name);
	assert_says(ask(client, "SwapProgram", parameters), "\"generation\":2");
	snprintf(parameters, sizeof(parameters), "{\"ring\":\"%s\"}", name);
	assert_string_equal(ask(client, "DestroyRing", parameters), "{\"parameters\":{}}");
	close(lease);
}

static void assert_event(struct client *client, const char *kind, const char *ring)
{
	char part[64];

	snprintf(part, sizeof(part), "\"kind\":\"%s\"", kind);
	assert_says(hear(client), part);
	snprintf(part, sizeof(part), "\"ring\":\"%s\"", ring);
	assert_says(client->frame.text, part);
	assert_says(client->frame.text, "\"continues\":true");
}

static void test_life(void **state)
{
	static const char *const kinds[] = {"created", "started", "paused",
					    "resumed", "swapped", "destroyed"};
	struct service service;
	struct client alice, bob, watcher;
	char number[32];

	service_start(&service);
	client_connect(&service, ALICE, &alice);
	client_connect(&service, BOB, &bob);
	client_connect(&service, ALICE, &watcher);
	live(&bob, "b"); /* alice's numbers tell her nothing of that */
	watch(&watcher, "{}");
	live(&alice, "a");
	for (size_t i = 0; i < 6; i++) {
		assert_event(&watcher, kinds[i], "a");
		assert_says(watcher.frame.text, "\"user\":1000");
		snprintf(number, sizeof(number), "\"number\":%zu,", i + 1);
		assert_says(watcher.frame.text, number);
	}
	assert_null(hear(&watcher));
	client_close(&bob);
	client_close(&alice);
	client_close(&watcher);
	service_end(&service);
}

static void test_who_is_told(void **state)
{
	struct service service;
	struct client alice, root, bob, only_b;

	service_start(&service);
	client_connect(&service, ALICE, &alice);
	client_connect(&service, 0, &root);
	client_connect(&service, BOB, &bob);
	client_connect(&service, ALICE, &only_b);
	watch(&root, "{}");
	watch(&bob, "{}");
	watch(&only_b, "{\"ring\":\"b\"}");
	live(&alice, "a");
	live(&alice, "b");
	for (size_t i = 0; i < 12; i++)
		assert_non_null(hear(&root));
	assert_null(hear(&root));
	assert_null(hear(&bob));
	for (size_t i = 0; i < 6; i++)
		assert_says(hear(&only_b), "\"ring\":\"b\"");
	assert_null(hear(&only_b));
	client_close(&alice);
	client_close(&root);
	client_close(&bob);
	client_close(&only_b);
	service_end(&service);
}

/* The number after @key in the last message. */
static long long number_in(struct client *client, const char *key)
{
	const char *at = strstr(client->frame.text, key);

	assert_non_null(at);
	return atoll(at + strlen(key));
}

static const char *hear_late(struct client *client)
{
	const char *event = hear(client);

	if (event)
		return event;
	service_settle(client->service);
	return hear(client);
}

static void test_slow_reader(void **state)
{
	struct service service;
	struct client alice, slow;
	long long last = 0, events = 0, lost = 0, told = 0, more = 200;
	int lease;

	service_start(&service);
	client_connect(&service, ALICE, &alice);
	client_connect(&service, ALICE, &slow);
	watch(&slow, "{\"ring\":\"a\"}");
	make_ring(&alice, "a", &lease, NULL);
	assert_says(ask(&alice, "StartRing", "{\"ring\":\"a\"}"), "running");
	events = 2;
	while (events < 6000) {
		assert_says(ask(&alice, "PauseRing", "{\"ring\":\"a\"}"), "paused");
		assert_says(ask(&alice, "ResumeRing", "{\"ring\":\"a\"}"), "running");
		events += 2;
	}
	/*
	 * It reads at last, while more happens: what was queued, then how many are missing, each
	 * counted once, and nothing from after the gap before that.
	 */
	while (hear_late(&slow)) {
		if (strstr(slow.frame.text, "\"kind\":\"lost\"")) {
			last += number_in(&slow, "\"lost\":");
			lost += number_in(&slow, "\"lost\":");
		} else {
			told++;
			assert_int_equal(number_in(&slow, "\"number\":"), ++last);
		}
		if (told % 16 != 0 || more-- <= 0)
			continue;
		assert_says(ask(&alice, "PauseRing", "{\"ring\":\"a\"}"), "paused");
		assert_says(ask(&alice, "ResumeRing", "{\"ring\":\"a\"}"), "running");
		events += 2;
	}
	assert_true(lost > 0);
	assert_int_equal(told + lost, events);
	/* and it goes on as if nothing had been */
	assert_says(ask(&alice, "PauseRing", "{\"ring\":\"a\"}"), "paused");
	assert_event(&slow, "paused", "a");
	assert_null(hear(&slow));
	close(lease);
	client_close(&alice);
	client_close(&slow);
	service_end(&service);
}

static void test_end(void **state)
{
	struct service service;
	struct client alice, half, gone, bad, behind;
	int file;

	service_start(&service);
	client_connect(&service, ALICE, &alice);
	client_connect(&service, ALICE, &half);
	client_connect(&service, ALICE, &gone);
	client_connect(&service, ALICE, &bad);
	watch(&half, "{}");
	watch(&gone, "{}");
	watch(&bad, "{}");
	/* another message waits when it goes */
	file = make_file();
	client_connect(&service, ALICE, &behind);
	watch(&behind, "{}");
	say_with_fds(&behind, "{\"method\":\"" METHOD("GetStatus") "\"}", &file, 1);
	service_settle(&service);
	assert_answer(&alice, "GetStatus", "{}", "\"connections\":5");
	client_close(&behind);
	close(file);
	assert_answer(&alice, "GetStatus", "{}", "\"connections\":4");
	shutdown(half.fd, SHUT_WR);
	assert_true(is_hung_up(&half));
	client_close(&half);
	client_close(&gone);
	live(&alice, "a");
	assert_answer(&alice, "GetStatus", "{}", "\"connections\":2");
	client_close(&bad);
	live(&alice, "b");
	/* before anything of a name is kept */
	say(&alice, "{\"method\":\"" METHOD("Watch") "\",\"more\":true,\"parameters\":"
						     "{\"ring\":\"A/b\"}}");
	service_settle(&service);
	assert_says(hear(&alice), "InvalidParameter");
	assert_nothing_left(&service, 1);
	client_close(&alice);
	service_end(&service);
}

/* The service ends under a watcher. */
static void test_service_ends(void **state)
{
	struct service service;
	struct client watcher;

	service_start(&service);
	client_connect(&service, ALICE, &watcher);
	watch(&watcher, "{}");
	close(watcher.fd);
	watcher.fd = -1;
	client_close(&watcher);
	service_end(&service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),	     cmocka_unit_test(test_who_is_told),
		cmocka_unit_test(test_slow_reader),  cmocka_unit_test(test_end),
		cmocka_unit_test(test_service_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("api-watch", tests, NULL, NULL);
}
