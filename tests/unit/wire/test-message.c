/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Building and parsing calls and replies.
 */
#include <errno.h>

#include "support.h"
#include "wire/manager.h"
#include "wire/message.h"

static char *quoted(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; c && *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static int parse_call(const char *text, struct note *note, struct message_call *ret)
{
	_cleanup_free_ char *copy = quoted(text);

	return message_parse_call(copy, strlen(copy), note, ret);
}

static int parse_reply(const char *text, struct note *note, struct message_reply *ret)
{
	_cleanup_free_ char *copy = quoted(text);

	return message_parse_reply(copy, strlen(copy), note, ret);
}

static void test_call(void **state)
{
	struct message_call call = {};
	struct note note = {};

	assert_int_equal(parse_call("{'method':'org.iouringd.Manager.StartRing',"
				    "'parameters':{'ring':'r1'}}",
				    &note, &call),
			 0);
	assert_string_equal(call.method, "org.iouringd.Manager.StartRing");
	assert_int_equal(call.interface_length, strlen(MANAGER_INTERFACE));
	assert_string_equal(call.name, "StartRing");
	assert_json(call.parameters, "{'ring':'r1'}");
	assert_false(call.more);
	assert_false(call.oneway);
	message_call_done(&call);
	message_call_done(&call);

	assert_int_equal(parse_call(" {'more':true,'method':'a.B','oneway':false,'upgrade':false,"
				    "'parameters':null} ",
				    &note, &call),
			 0);
	assert_true(call.more);
	assert_null(call.parameters);
	message_call_done(&call);
}

static void test_bad_calls(void **state)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
		{"{'method':'a.B','parameters':{}", "too early"},
		{"[]", "not an object"},
		{"'a.B'", "not an object"},
		{"7", "not an object"},
		{"null", "null"},
		{"{}", "no \"method\""},
		{"{'method':null}", "no \"method\""},
		{"{'method':1}", "\"method\" is not a string"},
		{"{'method':'StartRing'}", "a dot and a name"},
		{"{'method':'.StartRing'}", "a dot and a name"},
		{"{'method':'a.'}", "a dot and a name"},
		{"{'method':''}", "a dot and a name"},
		{"{'method':'a.B','parameters':[]}", "\"parameters\" is not an object"},
		{"{'method':'a.B','parameters':'x'}", "\"parameters\" is not an object"},
		{"{'method':'a.B','more':1}", "\"more\" is neither"},
		{"{'method':'a.B','oneway':'yes'}", "\"oneway\" is neither"},
		{"{'method':'a.B','more':true,'oneway':true}", "both"},
		{"{'method':'a.B','upgrade':true}", "upgrade"},
		{"{'method':'a.B','upgrade':0}", "upgrade"},
		{"{'method':'a.B','paramters':{}}", "unknown key \"paramters\""},
		{"{'method':'a.B','error':'x'}", "unknown key \"error\""},
		{"{'method':'a.\\u0000B'}", "NUL"},
		{"{'method':'a.B','parameters':{'n':99999999999999999999}}", "64 bits"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct message_call call = {};
		struct note note = {};

		assert_int_equal(parse_call(bad[i].text, &note, &call), FAULT_MESSAGE_REFUSED);
		if (!strstr(note.texts[0], bad[i].reason))
			fail_msg("%s: %s", bad[i].text, note.texts[0]);
		assert_null(call.root);
		note_done(&note);
	}
}

static void test_reply(void **state)
{
	struct message_reply reply = {};
	struct note note = {};

	assert_int_equal(parse_reply("{'parameters':{'a':1},'continues':true}", &note, &reply), 0);
	assert_json(reply.parameters, "{'a':1}");
	assert_true(reply.continues);
	assert_null(reply.error);
	message_reply_done(&reply);
	assert_int_equal(parse_reply("{'error':'a.B','parameters':{}}", &note, &reply), 0);
	assert_string_equal(reply.error, "a.B");
	message_reply_done(&reply);
	assert_int_equal(parse_reply("{}", &note, &reply), 0);
	assert_null(reply.parameters);
	message_reply_done(&reply);
	assert_int_equal(parse_reply("{'later':'thing'}", &note, &reply), 0);
	message_reply_done(&reply);

	assert_int_equal(parse_reply("{'error':'a.B','continues':true}", &note, &reply),
			 FAULT_MESSAGE_REFUSED);
	assert_int_equal(parse_reply("{'error':1}", &note, &reply), FAULT_MESSAGE_REFUSED);
	assert_int_equal(parse_reply("[]", &note, &reply), FAULT_MESSAGE_REFUSED);
	assert_null(reply.root);
	note_done(&note);
}

static void test_depth(void **state)
{
	struct message_call call = {};
	struct note note = {};

	assert_int_equal(
		parse_call("{'method':'a.B','parameters':{'x':[[[[[[[[[[[[[1]]]]]]]]]]]]]}}", &note,
			   &call),
		0);
	message_call_done(&call);
	assert_int_equal(
		parse_call(
			"{'method':'a.B','parameters':{'x':[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}}",
			&note, &call),
		FAULT_MESSAGE_REFUSED);
	assert_non_null(strstr(note.texts[0], "levels"));
	note_done(&note);
}

static void test_build(void **state)
{
	_cleanup_json_ struct json_object *parameters = json("{'ring':'r/1'}");
	_cleanup_free_ char *call = NULL, *empty = NULL, *reply = NULL, *error = NULL,
			    *fault = NULL;
	struct note note = {};
	size_t n;

	assert_int_equal(message_build_call("a.B", parameters, false, true, &call, &n), 0);
	assert_string_equal(call,
			    "{\"method\":\"a.B\",\"parameters\":{\"ring\":\"r/1\"},\"more\":true}");
	assert_int_equal(n, strlen(call));
	assert_int_equal(message_build_call("a.B", NULL, true, false, &empty, &n), 0);
	assert_string_equal(empty, "{\"method\":\"a.B\",\"parameters\":{},\"oneway\":true}");
	assert_int_equal(message_build_reply(parameters, true, &reply, &n), 0);
	assert_string_equal(reply, "{\"parameters\":{\"ring\":\"r/1\"},\"continues\":true}");
	assert_int_equal(message_build_fault(FAULT_EXPECTED_MORE, NULL, &error, &n), 0);
	assert_string_equal(error,
			    "{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}");
	fault_ring_not_found(&note, "r9");
	assert_int_equal(message_build_fault(FAULT_RING_NOT_FOUND, &note, &fault, &n), 0);
	assert_string_equal(fault, "{\"error\":\"org.iouringd.Manager.RingNotFound\","
				   "\"parameters\":{\"ring\":\"r9\"}}");
	free(take_ptr(fault));
	assert_int_equal(message_build_fault(-ENOMEM, &note, &fault, &n), 0);
	assert_string_equal(fault, "{\"error\":\"org.iouringd.Manager.Internal\","
				   "\"parameters\":{\"reason\":\"ENOMEM\"}}");
	note_done(&note);
}

static void test_too_large(void **state)
{
	_cleanup_free_ char *long_text = malloc(MANAGER_MESSAGE_MAX + 1);
	_cleanup_json_ struct json_object *object = json("{}");
	struct message_call call = {};
	struct note note = {};
	char *text = NULL;
	size_t n;

	memset(long_text, ' ', MANAGER_MESSAGE_MAX + 1);
	memcpy(long_text, "{\"method\":\"a.B\"}", 16);
	assert_int_equal(message_parse_call(long_text, MANAGER_CALL_MAX, &note, &call), 0);
	message_call_done(&call);
	assert_int_equal(message_parse_call(long_text, MANAGER_CALL_MAX + 1, &note, &call),
			 FAULT_MESSAGE_REFUSED);
	note_done(&note);
	memset(long_text, 'x', MANAGER_MESSAGE_MAX);
	assert_int_equal(json_add(object, "x", json_new_text(long_text, MANAGER_MESSAGE_MAX)), 0);
	assert_int_equal(message_build_reply(object, false, &text, &n), -EMSGSIZE);
	assert_null(text);
	json_put(take_ptr(object));
	object = json("{}");
	assert_int_equal(json_add(object, "x", json_new_text(long_text, MANAGER_CALL_MAX)), 0);
	assert_int_equal(message_build_call("a.B", object, false, false, &text, &n), -EMSGSIZE);
	assert_null(text);
}

/* Objects take more of the service's time and memory than their text suggests. */
static void test_too_many_containers(void **state)
{
	static const char head[] = "{\"method\":\"a.B\",\"parameters\":{\"x\":[";
	char text[MANAGER_CALL_MAX] = "";
	struct message_call call = {};
	struct note note = {};
	size_t n = (size_t)snprintf(text, sizeof(text), "%s{}", head);

	/* with the three around them */
	for (size_t i = 1; i < JSON_CALL_CONTAINERS_MAX - 3; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",{}");
	memcpy(text + n, "]}}", 3);
	assert_int_equal(message_parse_call(text, n + 3, &note, &call), 0);
	message_call_done(&call);
	memcpy(text + n, ",{}]}}", 6);
	assert_int_equal(message_parse_call(text, n + 6, &note, &call), FAULT_MESSAGE_REFUSED);
	assert_non_null(strstr(note.texts[0], "too many objects"));
	note_done(&note);
}

/* The error can be sent with any verifier log. */
static void test_worst_log(void **state)
{
	size_t size = 4u << 20;
	_cleanup_free_ char *log = malloc(size), *text = NULL;
	struct note note = {};
	size_t n;

	memset(log, '\x01', size - 1);
	log[size - 1] = '\0';
	fault_program_rejected(&note, log, log, log);
	assert_int_equal(message_build_fault(FAULT_PROGRAM_REJECTED, &note, &text, &n), 0);
	note_done(&note);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_bad_calls),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_too_many_containers),
		cmocka_unit_test(test_worst_log),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
