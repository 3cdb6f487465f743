/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-loader/tasks.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "kern/answer.h"
#include "kern/kern.h"
#include "kern/libbpf-log.h"
#include "kern/program-file.h"
#include "kern/reject.h"

#define VERIFIER_LOG_SIZE (64u << 10) /* bytes; the kernel keeps the end of a longer log */

int task_inspect(int object, FILE *to, struct note *note)
{
	struct kern_program_info info = {};
	_cleanup_free_ void *image = NULL;
	size_t size;
	int r = program_file_read(object, note, &info, &image, &size);

	if (r != 0)
		return r;
	answer_write_inspected(to, &info);
	layout_done(&info.layout);
	return 0;
}

/* Whether the machine failed, not the program. */
static bool is_environment(int r)
{
	return r == -ENOMEM || r == -EPERM || r == -EMFILE || r == -ENFILE || r == -EINTR ||
	       r == -EAGAIN;
}

static int load(struct bpf_object *object, struct bpf_program *step, const char *name,
		struct note *note, int *ret)
{
	_cleanup_free_ char *verifier_log = calloc(1, VERIFIER_LOG_SIZE);
	struct libbpf_log log;
	int r;

	if (!verifier_log)
		return -ENOMEM;
	r = bpf_program__set_log_buf(step, verifier_log, VERIFIER_LOG_SIZE);
	if (r < 0)
		return r;
	libbpf_log_to(&log);
	r = bpf_object__load(object);
	libbpf_log_to(NULL);
	if (r == 0) {
		*ret = fcntl(bpf_program__fd(step), F_DUPFD_CLOEXEC, 3);
		return *ret < 0 ? -errno : 0;
	}
	if (*verifier_log)
		return reject_with_log(note, name, "the kernel's verifier refused it",
				       verifier_log);
	return is_environment(r) ? r
				 : reject_with_log(note, name, "libbpf cannot load it", log.text);
}

int task_load(int object, FILE *to, struct note *note, int *ret_program)
{
	struct kern_program_info info = {};
	_cleanup_free_ void *image = NULL;
	struct bpf_object *opened;
	struct bpf_program *step;
	size_t size;
	int r;

	/* again: the process that has inspected it is not to be trusted */
	r = program_file_read(object, note, &info, &image, &size);
	if (r != 0)
		return r;
	layout_done(&info.layout);
	r = program_file_parse(image, size, info.descriptor.name, note, &opened, &step);
	if (r != 0)
		return r;
	r = load(opened, step, info.descriptor.name, note, ret_program);
	bpf_object__close(opened);
	if (r == 0)
		answer_write_loaded(to);
	return r;
}
