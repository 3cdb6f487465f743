/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-odd.c - whole objects, compiled from odd.bpf.c, that the kernel must never see */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#include "kern/kern.h"
#include "kern/libbpf-log.h"
#include "kern/program-file.h"

static const char *directory; /* where the objects are */

struct odd {
	const char *object;
	const char *reason; /* NULL: nothing is wrong with it */
};

static const struct odd odds[] = {
	{"none", NULL},
	{"variable", "writable variables"},
	{"map", "it has maps"},
	{"no-loop", "has 0 struct_ops maps"},
	{"two-steps", "expected one"},
	{"two-loops", "has 2 struct_ops maps"},
	{"empty-loop", "is not set"},
	{"other-ops", "of another type, expected struct io_uring_bpf_ops"},
	{"probe", "section \"kprobe/do_nothing\""},
	{"pointer", "field odd is a pointer"},
	{"bitfield", "field odd is a bit-field"},
	{"union", "field odd is a union"},
	{"float", "field odd is a floating-point number"},
	{"nested", "field odd.inner.not_fine is a pointer"},
	{"matrix", "field odd is an array of arrays"},
	{"packed", "field odd.shifted is not aligned"},
	/* the same member, not named by the descriptor: nobody else's business */
	{"private-pointer", NULL},
	{"private-bitfield", NULL},
	{"private-union", NULL},
	{"private-float", NULL},
	{"private-nested", NULL},
	{"private-matrix", NULL},
	{"private-packed", NULL},
};

static void read_one(const struct odd *odd)
{
	struct kern_program_info info = {};
	struct note note = {};
	void *image = NULL;
	char path[4096];
	size_t size;
	int fd, r;

	snprintf(path, sizeof(path), "%s/odd-%s.bpf.o", directory, odd->object);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("%s cannot be opened", path);
	r = program_file_read(fd, &note, &info, &image, &size);
	close(fd);
	if (!odd->reason) {
		if (r != 0)
			fail_msg("%s: refused: %s\n%s", odd->object, note.texts[1], note.texts[2]);
		layout_done(&info.layout);
		free(image);
		return;
	}
	assert_int_equal(r, FAULT_PROGRAM_REJECTED);
	assert_string_equal(note.texts[0], "odd");
	if (!strstr(note.texts[1], odd->reason))
		fail_msg("%s: the reason is \"%s\", expected \"%s\"", odd->object, note.texts[1],
			 odd->reason);
	note_done(&note);
}

static void odd_objects_are_refused_with_the_reason(void **state)
{
	for (size_t i = 0; i < sizeof(odds) / sizeof(odds[0]); i++)
		read_one(&odds[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_objects_are_refused_with_the_reason),
	};

	if (argc != 2)
		return 1;
	directory = argv[1];
	libbpf_log_install();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("odd objects", tests, NULL, NULL);
}
