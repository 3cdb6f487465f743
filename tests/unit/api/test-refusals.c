/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients that do not keep to the protocol: each is told why, and nobody else notices. */
#include <errno.h>
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
#include "common/cleanup.h"

/* Says @text, is told MessageRefused with @why, and hung up on. */
static void refused(const char *text, const char *why)
{
	struct service service;
	struct client client, other;
	const char *answer;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	client_connect(&service, BOB, &other);
	say(&client, text);
	say(&client, "{\"method\":\"" METHOD("GetStatus") "\"}");
	service_settle(&service);
	answer = hear(&client);
	assert_says(answer, ERROR("MessageRefused"));
	assert_says(answer, why);
	assert_null(hear(&client));
	assert_true(is_hung_up(&client));
	assert_answer(&other, "GetStatus", "{}", "\"ready\":true");
	client_close(&client);
	service_settle(&service);
	assert_nothing_left(&service, 1);
	client_close(&other);
	service_end(&service);
}

static void test_no_call(void **state)
{
	refused("{\"method\":", "");
	refused("", "");
	refused("[1,2]", "object");
	refused("{}", "method");
	refused("{\"method\":7}", "method");
	refused("{\"method\":\"nodots\"}", "method");
	refused("{\"method\":\"" METHOD("GetStatus") "\",\"nonsense\":1}", "nonsense");
	refused("{\"method\":\"" METHOD("GetStatus") "\",\"parameters\":[]}", "parameters");
	refused("{\"method\":\"" METHOD("Watch") "\",\"more\":true,\"oneway\":true}", "oneway");
	refused("{\"method\":\"" METHOD("GetStatus") "\",\"upgrade\":true}", "upgrade");
	refused("{\"method\":\"" METHOD("GetStatus") "\xff\"}", "");
}

static void test_too_deep(void **state)
{
	char text[256] = "{\"method\":\"" METHOD("WriteParameters") "\",\"parameters\":";

	for (unsigned int i = 0; i < 40; i++)
		strcat(text, "[");
	for (unsigned int i = 0; i < 40; i++)
		strcat(text, "]");
	strcat(text, "}");
	refused(text, "levels");
}

static void test_too_large(void **state)
{
	_cleanup_free_ char *text = malloc(MANAGER_CALL_MAX + 100000);

	assert_non_null(text);
	memset(text, ' ', MANAGER_CALL_MAX + 100000);
	text[MANAGER_CALL_MAX + 99999] = '\0';
	refused(text, "65536");
}

static void test_unknown_names(void **state)
{
	struct service service;
	struct client client;
	const char *answer;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	say(&client, "{\"method\":\"com.example.Nonsense.Do\"}");
	service_settle(&service);
	answer = hear(&client);
	assert_says(answer, SERVICE_ERROR("InterfaceNotFound"));
	assert_says(answer, "\"interface\":\"com.example.Nonsense\"");
	answer = ask(&client, "Nonsense", "{}");
	assert_says(answer, SERVICE_ERROR("MethodNotFound"));
	assert_says(answer, METHOD("Nonsense"));
	/* an interface's name that ours begins with, and one that begins with ours */
	say(&client, "{\"method\":\"org.iouringd.GetStatus\"}");
	service_settle(&service);
	assert_says(hear(&client), SERVICE_ERROR("InterfaceNotFound"));
	say(&client, "{\"method\":\"org.iouringd.Managers.GetStatus\"}");
	service_settle(&service);
	assert_says(hear(&client), SERVICE_ERROR("InterfaceNotFound"));
	client_close(&client);
	service_end(&service);
}

static void test_parameters(void **state)
{
	static const struct {
		const char *method;
		const char *parameters;
		const char *parameter;
	} cases[] = {
		{"DescribeRing", "{\"ring\":\"a\",\"nonsense\":1}", "\"parameter\":\"nonsense\""},
		{"DescribeRing", "{}", "\"parameter\":\"ring\""},
		{"DescribeRing", "{\"ring\":null}", "\"parameter\":\"ring\""},
		{"DescribeRing", "{\"ring\":1}", "\"parameter\":\"ring\""},
		{"GetStatus", "{\"x\":1}", "\"parameter\":\"x\""},
		{"CreateRing", "{\"program\":\"nop\",\"dataBytes\":-1}",
		 "\"parameter\":\"dataBytes\""},
		{"CreateRing", "{\"program\":\"nop\",\"files\":[{\"slot\":\"a\"}]}",
		 "\"parameter\":\"files[0].fileDescriptor\""},
		{"CreateRing",
		 "{\"program\":\"nop\",\"files\":[{\"slot\":\"a\",\"fileDescriptor\":0}]}",
		 "\"parameter\":\"files[0].fileDescriptor\""},
		{"LoadProgram", "{\"objectFileDescriptor\":3}",
		 "\"parameter\":\"objectFileDescriptor\""},
		{"LoadProgram", "{\"objectFileDescriptor\":-1}",
		 "\"parameter\":\"objectFileDescriptor\""},
		{"SwapProgram", "{\"ring\":\"a\",\"program\":\"b\",\"expectedGeneration\":0}",
		 "\"parameter\":\"expectedGeneration\""},
	};
	struct service service;
	struct client client;

	service_start(&service);
	client_connect(&service, 0, &client);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *answer = ask(&client, cases[i].method, cases[i].parameters);

		assert_says(answer, SERVICE_ERROR("InvalidParameter"));
		assert_says(answer, cases[i].parameter);
	}
	/* the connection is as good as before */
	assert_answer(&client, "GetStatus", "{}", "\"ready\":true");
	client_close(&client);
	service_end(&service);
}

static void test_descriptors(void **state)
{
	struct service service;
	struct client client;
	const char *answer;
	int files[2];

	service_start(&service);
	client_connect(&service, ALICE, &client);
	files[0] = make_file();
	files[1] = make_file();
	answer = ask_with_fds(&client, "GetStatus", "{}", files, 1);
	assert_says(answer, SERVICE_ERROR("InvalidParameter"));
	assert_says(answer, "fileDescriptors");
	/* the same one in two slots */
	answer = ask_with_fds(&client, "CreateRing",
			      "{\"program\":\"copy\",\"files\":["
			      "{\"slot\":\"source\",\"fileDescriptor\":1},"
			      "{\"slot\":\"target\",\"fileDescriptor\":1}]}",
			      files, 2);
	assert_says(answer, SERVICE_ERROR("InvalidParameter"));
	assert_says(answer, "files[1].fileDescriptor");
	answer = ask_with_fds(&client, "CreateRing",
			      "{\"program\":\"copy\",\"files\":["
			      "{\"slot\":\"source\",\"fileDescriptor\":0}]}",
			      files, 1);
	assert_says(answer, ERROR("SlotMissing"));
	assert_says(answer, "target");
	close(files[0]);
	close(files[1]);
	assert_nothing_left(&service, 1);
	client_close(&client);
	service_end(&service);
}

/* One more than our own side would send. */
static void send_too_many(int socket_fd, char *text, int file)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * (MANAGER_FDS_MAX + 1))];
	} control = {0};
	struct iovec part = {.iov_base = text, .iov_len = strlen(text) + 1};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int *files = (int *)(void *)CMSG_DATA(&control.head);

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int) * (MANAGER_FDS_MAX + 1));
	for (size_t i = 0; i < MANAGER_FDS_MAX + 1; i++)
		files[i] = file;
	assert_int_equal(sendmsg(socket_fd, &message, 0), strlen(text) + 1);
}

static void test_too_many_descriptors(void **state)
{
	char text[] = "{\"method\":\"" METHOD("CreateRing") "\"}";
	struct service service;
	struct client client;
	int file;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	file = make_file();
	send_too_many(client.fd, text, file);
	close(file);
	service_settle(&service);
	assert_says(hear(&client), ERROR("MessageRefused"));
	assert_true(is_hung_up(&client));
	client_close(&client);
	service_settle(&service);
	assert_nothing_left(&service, 0);
	service_end(&service);
}

static void test_descriptors_in_the_middle(void **state)
{
	struct service service;
	struct client client;
	int file;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	file = make_file();
	say_bytes(&client, "{\"method\":", 10);
	say_with_fds(&client, "\"" METHOD("CreateRing") "\"}", &file, 1);
	close(file);
	service_settle(&service);
	assert_says(hear(&client), ERROR("MessageRefused"));
	client_close(&client);
	service_settle(&service);
	assert_nothing_left(&service, 0);
	service_end(&service);
}

static void test_half_a_message(void **state)
{
	struct service service;
	struct client client, other;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	client_connect(&service, 0, &other); /* root sees all connections */
	say_bytes(&client, "{\"method\":\"", 11);
	assert_answer(&other, "GetStatus", "{}", "\"connections\":2");
	assert_null(hear(&client));
	client_close(&client);
	service_settle(&service);
	assert_answer(&other, "GetStatus", "{}", "\"connections\":1");
	client_close(&other);
	service_end(&service);
}

/* A message in as many pieces as it has bytes. */
static void set_rules(struct service *service, const char *rules)
{
	struct policy_defaults defaults;

	policies_fake_defaults(&defaults);
	policies_fake_set(&service->policies, &defaults, rules);
}

/* A reply that is too large, and calls that are: each is told, and the connection goes on. */
static void test_queued_bytes(void **state)
{
	struct service service;
	struct client client;
	const char *answer;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	set_rules(&service, "{\"rules\": [ {\"queuedBytesPerUser\": 12288} ]}");
	say(&client, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		     "\"parameters\":{\"interface\":\"org.iouringd.Manager\"}}");
	service_settle(&service);
	answer = hear(&client);
	assert_says(answer, ERROR("QuotaExceeded"));
	assert_says(answer, "\"limit\":\"queuedBytesPerUser\",\"allowed\":12288");
	assert_answer(&client, "GetStatus", "{}", "\"queuedBytesPerUser\":12288");
	set_rules(&service, "{\"rules\": [ {\"queuedBytesPerUser\": 8191} ]}");
	answer = ask(&client, "GetStatus", "{}");
	assert_says(answer, "\"limit\":\"queuedBytesPerUser\",\"allowed\":8191");
	set_rules(&service, NULL);
	assert_answer(&client, "GetStatus", "{}", "\"ready\":true");
	client_close(&client);
	service_end(&service);
}

static void test_byte_by_byte(void **state)
{
	const char text[] = "{\"method\":\"" METHOD("GetStatus") "\"}";
	struct service service;
	struct client client;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	for (size_t i = 0; i < sizeof(text); i++) {
		assert_null(hear(&client));
		say_bytes(&client, text + i, 1);
		service_settle(&service);
	}
	assert_says(hear(&client), "\"ready\":true");
	client_close(&client);
	service_end(&service);
}

/* Our own trouble: the errno's name, and never more. */
static void test_internal(void **state)
{
	struct service service;
	struct client client;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	service.plan = (struct fail_plan){.at = 1, .error = -EIO};
	assert_string_equal(ask(&client, "CreateRing", "{\"program\":\"nop\"}"),
			    "{" ERROR("Internal") ",\"parameters\":{\"reason\":\"EIO\"}}");
	service.plan = (struct fail_plan){0};
	assert_nothing_left(&service, 1);
	client_close(&client);
	service_end(&service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_call),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_unknown_names),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_too_many_descriptors),
		cmocka_unit_test(test_descriptors_in_the_middle),
		cmocka_unit_test(test_half_a_message),
		cmocka_unit_test(test_queued_bytes),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_internal),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("api-refusals", tests, NULL, NULL);
}
