/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* program.c - a loop program: the content of its file, and a descriptor once loaded */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kern/libbpf-log.h"
#include "kern/linux.h"
#include "kern/program-file.h"
#include "kern/reject.h"
#include "common/cleanup.h"

#define VERIFIER_LOG_SIZE (64u << 10) /* bytes; the kernel keeps the end of a longer log */

struct kern_program {
	const struct kern_linux *kern;
	struct kern_program_info info;
	void *image; /* NULL once loaded */
	size_t size;
	int fd;	     /* -1: not loaded */
	uint32_t id; /* of the loaded one */
};

int linux_program_open(struct kern *kern, int object_fd, struct note *note,
		       struct kern_program **ret)
{
	struct kern_program *program = calloc(1, sizeof(*program));
	int r;

	if (!program)
		return -ENOMEM;
	program->kern = kern_linux(kern);
	program->fd = -1;
	r = program_file_read(object_fd, note, &program->info, &program->image, &program->size);
	if (r != 0) {
		free(program);
		return r;
	}
	*ret = program;
	return 0;
}

const struct kern_program_info *linux_program_info(const struct kern_program *program)
{
	return &program->info;
}

const void *linux_program_image(const struct kern_program *program, size_t *ret_size)
{
	*ret_size = program->image ? program->size : 0;
	return program->image;
}

uint32_t linux_program_kernel_id(const struct kern_program *program)
{
	return program->id;
}

int linux_program_fd(const struct kern_program *program)
{
	return program->fd;
}

/* Whether the machine failed, not the program. */
static bool is_environment(int r)
{
	return r == -ENOMEM || r == -EPERM || r == -EMFILE || r == -ENFILE || r == -EINTR ||
	       r == -EAGAIN;
}

static int ask_id(struct kern_program *program)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);
	int r = bpf_prog_get_info_by_fd(program->fd, &info, &size);

	if (r == 0)
		program->id = info.id;
	return r;
}

static int load(struct kern_program *program, char *verifier_log, struct note *note)
{
	const char *name = program->info.descriptor.name;
	struct bpf_object *object;
	struct bpf_program *step;
	struct libbpf_log log;
	int r;

	r = program_file_parse(program->image, program->size, name, note, &object, &step);
	if (r != 0)
		return r;
	r = bpf_program__set_log_buf(step, verifier_log, VERIFIER_LOG_SIZE);
	if (r == 0) {
		libbpf_log_to(&log);
		r = bpf_object__load(object);
		libbpf_log_to(NULL);
	}
	if (r == 0) {
		program->fd = fcntl(bpf_program__fd(step), F_DUPFD_CLOEXEC, 3);
		r = program->fd < 0 ? -errno : ask_id(program);
	} else if (*verifier_log) {
		r = reject_with_log(note, name, "the kernel's verifier refused it", verifier_log);
	} else if (!is_environment(r)) {
		r = reject_with_log(note, name, "libbpf cannot load it", log.text);
	}
	bpf_object__close(object);
	return r;
}

int linux_program_load(struct kern_program *program, struct note *note)
{
	const struct kern_capability *missing = capabilities_missing(&program->kern->capabilities);
	_cleanup_free_ char *verifier_log = NULL;
	int r;

	if (program->fd >= 0)
		return 0;
	if (missing)
		return fault_kernel_lacks(note, missing->name, missing->since);
	verifier_log = calloc(1, VERIFIER_LOG_SIZE);
	if (!verifier_log)
		return -ENOMEM;
	r = load(program, verifier_log, note);
	if (r != 0)
		return r;
	free(program->image);
	program->image = NULL;
	return 0;
}

void linux_program_free(struct kern_program *program)
{
	if (!program)
		return;
	if (program->fd >= 0)
		close(program->fd);
	layout_done(&program->info.layout);
	free(program->image);
	free(program);
}
