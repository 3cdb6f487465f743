/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults: names, JSON and messages.
 */
#include <errno.h>

#include "support.h"
#include "wire/manager.h"

static void test_names(void **state)
{
	assert_string_equal(fault_name(FAULT_RING_NOT_FOUND), "org.iouringd.Manager.RingNotFound");
	assert_string_equal(fault_name(FAULT_INTERNAL), "org.iouringd.Manager.Internal");
	assert_string_equal(fault_name(FAULT_INVALID_PARAMETER),
			    "org.varlink.service.InvalidParameter");
	assert_null(fault_name(FAULT_NONE));
	assert_null(fault_name(FAULT_MAX));
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_MAX; fault++)
		assert_int_equal(fault_from_name(fault_name(fault)), fault);
	assert_int_equal(fault_from_name("org.iouringd.Manager.Nothing"), FAULT_NONE);
	assert_int_equal(fault_from_name("RingNotFound"), FAULT_NONE);
}

static void check(int r, struct note *note, const char *parameters, const char *message)
{
	_cleanup_json_ struct json_object *object = NULL;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(fault_to_json(r, note, &object), 0);
	assert_json(object, parameters);
	text = fault_message(fault_name(r < 0 ? FAULT_INTERNAL : (enum fault)r), object);
	assert_string_equal(text, message);
	note_done(note);
}

static void test_each(void **state)
{
	struct note n = {};

	check(fault_ring_not_found(&n, "r9"), &n, "{'ring':'r9'}",
	      "no ring named \"r9\"; run 'iouctl ring list' for yours");
	check(fault_program_not_found(&n, "p"), &n, "{'program':'p'}",
	      "no loop program named \"p\"; run 'iouctl program list' for the full list");
	check(fault_program_rejected(&n, "p", "no ELF", NULL), &n,
	      "{'program':'p','reason':'no ELF'}", "program \"p\" was rejected: no ELF");
	check(fault_program_rejected(&n, "p", "bad", "one\ntwo"), &n,
	      "{'program':'p','reason':'bad','log':'one\\ntwo'}",
	      "program \"p\" was rejected: bad");
	check(fault_layout_mismatch(&n, "a.b", "it moved"), &n,
	      "{'field':'a.b','reason':'it moved'}",
	      "the two programs' parameters differ at \"a.b\": it moved; the ring still runs its "
	      "old program");
	check(fault_generation_mismatch(&n, 7), &n, "{'current':7}",
	      "the ring is now at generation 7, because its program was swapped in the meantime; "
	      "nothing was changed");
	check(fault_slot_missing(&n, "target"), &n, "{'slot':'target'}",
	      "the program requires a file in slot \"target\"; pass one with --file target=PATH");
	check(fault_file_refused(&n, "target", "it is a directory"), &n,
	      "{'slot':'target','reason':'it is a directory'}",
	      "the file for slot \"target\" was refused: it is a directory");
	check(fault_quota_exceeded(&n, "ringsPerUser", 16, "a.conf:3"), &n,
	      "{'limit':'ringsPerUser','allowed':16,'rule':'a.conf:3'}",
	      "this would exceed your limit ringsPerUser of 16, which a.conf:3 sets; destroy a "
	      "ring, close a connection or unload a program that you no longer need, end the "
	      "processes that have regions of ended rings open, "
	      "or ask the "
	      "administrator for a higher limit");
	check(fault_not_permitted(&n, "only root loads programs"), &n,
	      "{'reason':'only root loads programs'}", "not permitted: only root loads programs");
	check(fault_kernel_lacks(&n, "io_uring.loop", "Linux 7.1", NULL), &n,
	      "{'capability':'io_uring.loop','since':'Linux 7.1'}",
	      "this machine lacks io_uring.loop (available since Linux 7.1); run "
	      "'iouctl status' for the full list");
	check(fault_kernel_lacks(&n, "x", NULL, NULL), &n, "{'capability':'x'}",
	      "this machine lacks x; run 'iouctl status' for the full list");
	check(fault_kernel_lacks(&n, "x", NULL, "y is off: set it"), &n,
	      "{'capability':'x','reason':'y is off: set it'}",
	      "this machine lacks x: y is off: set it; run 'iouctl status' for the full list");
	check(fault_ring_busy(&n, "r1", "it is being made"), &n,
	      "{'ring':'r1','reason':'it is being made'}",
	      "ring \"r1\" cannot do this now: it is being made");
	check(fault_message_refused(&n, "too large"), &n, "{'reason':'too large'}",
	      "iouringd refused the message: too large");
	check(fault_cannot_start(&n, "its configuration is invalid"), &n,
	      "{'reason':'its configuration is invalid'}",
	      "iouringd cannot start: its configuration is invalid");
	check(-ENOMEM, &n, "{'reason':'ENOMEM'}",
	      "iouringd could not complete the call (ENOMEM); run 'journalctl -u iouringd' for "
	      "details");
	check(fault_invalid_parameter(&n, "depth", "99", "1 to 64"), &n,
	      "{'parameter':'depth','value':'99','expected':'1 to 64'}",
	      "parameter \"depth\" cannot be 99: expected 1 to 64");
	check(fault_invalid_parameter(&n, "ring", NULL, "a string"), &n,
	      "{'parameter':'ring','expected':'a string'}",
	      "parameter \"ring\": expected a string");
	check(fault_interface_not_found(&n, "a.b"), &n, "{'interface':'a.b'}",
	      "iouringd has no interface \"a.b\"");
	check(fault_method_not_found(&n, "a.b.C"), &n, "{'method':'a.b.C'}",
	      "iouringd has no method \"a.b.C\"; it may be older than this program");
	check(fault_expected_more(&n), &n, "{}",
	      "this method sends several replies; call it with \"more\" "
	      "(varlinkctl call --more)");
}

static void test_without_note(void **state)
{
	_cleanup_json_ struct json_object *object = NULL;

	assert_int_equal(fault_ring_not_found(NULL, "r"), FAULT_RING_NOT_FOUND);
	assert_int_equal(fault_to_json(FAULT_RING_NOT_FOUND, NULL, &object), 0);
	assert_json(object, "{'ring':''}");
	json_put(take_ptr(object));
	assert_int_equal(fault_to_json(FAULT_MAX, NULL, &object), -EINVAL);
	assert_int_equal(fault_to_json(0, NULL, &object), -EINVAL);
}

/* The note of an earlier fault is not used for a later one. */
static void test_stale_note(void **state)
{
	_cleanup_json_ struct json_object *object = NULL;
	struct note note = {};

	fault_ring_not_found(&note, "old");
	assert_int_equal(fault_to_json(FAULT_SLOT_MISSING, &note, &object), 0);
	assert_json(object, "{'slot':''}");
	json_put(take_ptr(object));
	assert_int_equal(fault_to_json(-EIO, &note, &object), 0);
	assert_json(object, "{'reason':'EIO'}");
	note_done(&note);
}

static void test_move(void **state)
{
	struct note from = {}, to = {};

	fault_ring_not_found(&to, "dropped");
	fault_slot_missing(&from, "kept");
	note_move(&to, &from);
	assert_int_equal(to.fault, FAULT_SLOT_MISSING);
	assert_string_equal(to.texts[0], "kept");
	assert_int_equal(from.fault, FAULT_NONE);
	assert_null(from.texts[0]);
	fault_generation_mismatch(&to, UINT64_MAX);
	assert_int_equal(to.numbers[0], INT64_MAX);
	note_done(&to);
	note_done(&to);
}

/* A log is shortened at its start, other texts at their end; both stay UTF-8. */
static void test_long_texts(void **state)
{
	size_t n = 1u << 20;
	_cleanup_free_ char *log = malloc(n + 1), *text = NULL;
	_cleanup_json_ struct json_object *object = NULL;
	struct note note = {};

	for (size_t i = 0; i < n; i++)
		log[i] = i % 64 == 63 ? '\n' : 'x';
	memcpy(log + n - 7, "verdict", 8);
	fault_program_rejected(&note, "p", log, log);
	assert_int_equal(fault_to_json(FAULT_PROGRAM_REJECTED, &note, &object), 0);
	assert_int_equal(json_print(object, false, &text), 0);
	assert_true(strlen(text) < 200u << 10);
	assert_true(strlen(text) > 100u << 10);
	assert_non_null(strstr(text, "verdict\"}"));
	assert_non_null(strstr(text, "\"log\":\"xxx"));
	note_done(&note);
}

/* Untrusted text reaches a terminal without control characters, and JSON as UTF-8. */
static void test_hostile_texts(void **state)
{
	struct note note = {};
	_cleanup_json_ struct json_object *object = NULL, *other = json("{'a':'\\u001b['}");
	_cleanup_free_ char *text = NULL, *unknown = NULL;

	fault_ring_not_found(&note, "a\x1b[2J\nb\xff\xc2\x9b");
	assert_int_equal(fault_to_json(FAULT_RING_NOT_FOUND, &note, &object), 0);
	text = fault_message(fault_name(FAULT_RING_NOT_FOUND), object);
	assert_string_equal(text, "no ring named \"a [2J b\xef\xbf\xbd \"; "
				  "run 'iouctl ring list' for yours");
	unknown = fault_message("x.y.Z\x1b", other);
	assert_string_equal(unknown, "iouringd returned the error x.y.Z  {\"a\":\"\\u001b[\"}");
	note_done(&note);
}

/* A daemon may omit any parameter. */
static void test_incomplete(void **state)
{
	_cleanup_json_ struct json_object *empty = json("{}"), *array = json("[1]");

	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_MAX; fault++) {
		struct json_object *all[] = {NULL, empty, array};

		for (size_t i = 0; i < 3; i++) {
			_cleanup_free_ char *text = fault_message(fault_name(fault), all[i]);

			assert_non_null(text);
			assert_null(strchr(text, '{'));
			assert_null(strchr(text, ']'));
		}
	}
}

/* An error of the Varlink standard, which another service may return. */
static void test_not_implemented(void **state)
{
	_cleanup_json_ struct json_object *object = json("{'method':'C'}");
	_cleanup_free_ char *text =
		fault_message("org.varlink.service.MethodNotImplemented", object);

	assert_string_equal(text, "the service does not implement the method \"C\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_without_note),
		cmocka_unit_test(test_stale_note),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_not_implemented),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
