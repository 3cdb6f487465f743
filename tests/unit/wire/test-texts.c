/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of numbers.
 */
#include <errno.h>

#include <linux/io_uring.h>

#include "iourd/abi.h"
#include "support.h"
#include "wire/manager.h"

/* Compares with the kernel's header, which may have fewer names. */
static void test_opcodes(void **state)
{
#define CHECK(name) assert_string_equal(manager_opcode_text(IORING_OP_##name), #name)
	CHECK(NOP);
	CHECK(READ_FIXED);
	CHECK(WRITE_FIXED);
	CHECK(POLL_ADD);
	CHECK(TIMEOUT);
	CHECK(TIMEOUT_REMOVE);
	CHECK(OPENAT2);
	CHECK(READ);
	CHECK(WRITE);
	CHECK(FSYNC);
	CHECK(MSG_RING);
	CHECK(URING_CMD);
	CHECK(FUTEX_WAIT);
	CHECK(FUTEX_WAKE);
	CHECK(FUTEX_WAITV);
	CHECK(FTRUNCATE);
	CHECK(LISTEN);
#undef CHECK
	for (uint32_t i = 0; i < IORING_OP_LAST; i++)
		assert_non_null(manager_opcode_text(i));
	assert_string_equal(manager_opcode_text(64), "URING_CMD128");
	assert_null(manager_opcode_text(65));
	assert_null(manager_opcode_text(UINT32_MAX));
}

/* Every number in the progress line has a name that the interface accepts. */
static void test_choices(void **state)
{
	const struct schema_type *ring =
		schema_find_method(&manager_interface, "StartRing")->output;
	const struct schema_field *work = NULL, *field;

	for (field = ring->fields->type->fields; field->name; field++)
		if (strcmp(field->name, "work") == 0)
			work = field->type->fields;
	assert_non_null(work);
	for (uint32_t number = 0; number < 12; number++) {
		for (field = work; field->name; field++) {
			const char *text = NULL;
			size_t i = 0;

			if (strcmp(field->name, "state") == 0)
				text = manager_work_state_text(number);
			else if (strcmp(field->name, "unit") == 0)
				text = manager_unit_text(number);
			else
				continue;
			while (field->choices[i] && strcmp(field->choices[i], text) != 0)
				i++;
			assert_non_null(field->choices[i]);
		}
	}
	assert_string_equal(manager_work_state_text(IOURD_WORK_FAILED), "failed");
	assert_string_equal(manager_work_state_text(IOURD_WORK_FAILED + 1), "unknown");
	assert_string_equal(manager_work_state_text(UINT32_MAX), "unknown");
	assert_string_equal(manager_unit_text(IOURD_UNIT_BYTES_PER_SECOND), "bytesPerSecond");
	assert_string_equal(manager_unit_text(IOURD_UNIT_BLOCKS + 1), "unknown");
}

static void test_errnos(void **state)
{
	assert_string_equal(manager_errno_text(ENOSPC), "ENOSPC");
	assert_string_equal(manager_errno_text(EAGAIN), "EAGAIN");
	assert_null(manager_errno_text(0));
	assert_null(manager_errno_text(-ENOSPC));
	assert_null(manager_errno_text(INT32_MAX));
	assert_null(manager_errno_text(INT32_MIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_errnos),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("texts", tests, NULL, NULL);
}
