/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-unfit.c - the port on a kernel without the feature: it works, and says what is missing */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#include "contract.h"

static const struct kern_capability *find(struct kern *kern, const char *name)
{
	const struct kern_capability *table;
	size_t n;

	table = kern->ops->capabilities(kern, &n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	fail_msg("there is no capability %s", name);
	return NULL;
}

static void table_says_what_is_missing(void **state)
{
	struct kern *kern = *state;
	const struct kern_capability *table, *ops = find(kern, "struct_ops.io_uring_bpf_ops");
	size_t n;

	table = kern->ops->capabilities(kern, &n);
	for (size_t i = 0; i < n; i++)
		print_message("# %-7s %s (%s)%s%s\n", table[i].present ? "present" : "missing",
			      table[i].name, table[i].since, table[i].detail ? ": " : "",
			      table[i].detail ? table[i].detail : "");
	assert_false(ops->present);
	assert_true(ops->required);
	assert_string_equal(ops->since, "Linux 7.1");
	assert_non_null(ops->detail);
	/* what this kernel does have is not denied */
	assert_true(find(kern, "kernel.btf")->present);
	assert_true(find(kern, "io_uring.defer_taskrun")->present);
	assert_true(find(kern, "pidfd_getfd")->present);
	assert_true(find(kern, "kernel.safe_reattach")->present);
}

static void calls_name_what_is_missing(void **state)
{
	struct kern *kern = *state;
	struct kern_dispatcher *dispatcher = (void *)-1;
	struct kern_program *program = contract_open(kern, CONTRACT_A);
	struct note note = {};

	assert_int_equal(kern->ops->program_load(program, &note), FAULT_KERNEL_LACKS);
	assert_string_equal(note.texts[0], "struct_ops.io_uring_bpf_ops");
	assert_string_equal(note.texts[1], "Linux 7.1");
	note_done(&note);
	kern->ops->program_free(program);
	assert_int_equal(kern->ops->dispatcher_new(kern, "unfit", &dispatcher), -EOPNOTSUPP);
	assert_true(dispatcher == (void *)-1);
	assert_int_equal(contract_count_pins(kern), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(table_says_what_is_missing, contract_setup,
						contract_teardown),
		cmocka_unit_test_setup_teardown(calls_name_what_is_missing, contract_setup,
						contract_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("the kernel port without the feature", tests, NULL,
					   NULL);
}
