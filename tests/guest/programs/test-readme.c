// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-readme.c - the program that bpf/README.md shows does what it says */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "copying.h"
#include "rig.h"

struct once_params {
	uint64_t offset;
	int32_t result;
	uint32_t reserved;
};

static void example(void **state)
{
	struct rig_program program;
	struct once_params *params;
	struct rig rig;
	char block[4096];
	int file;

	file = copying_file("file", 10000);
	rig_program_init(&program, "once");
	for (unsigned int i = 0; i < 3; i++) {
		rig_init(&rig, &program, &(struct rig_options){.files = &file, .n_files = 1});
		params = rig.params;
		params->offset = i * 4096;
		rig_start(&rig);
		assert_true(rig_await(&rig));
		assert_int_equal(rig_join(&rig), 0);
		assert_int_equal(rig.head->progress.state, IOURD_WORK_DONE);
		assert_int_equal(params->result, i < 2 ? 4096 : 10000 - 8192);
		assert_int_equal(pread(file, block, sizeof(block), i * 4096), params->result);
		assert_memory_equal(block, rig.data, params->result);
		rig_done(&rig);
	}
	rig_program_done(&program);
	close(file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(example),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("programs-readme", tests, NULL, rig_check_kernel_log);
}
