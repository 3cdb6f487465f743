/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* program.c - a loop program: the content of its file, and a descriptor once loaded */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "kern/answer.h"
#include "kern/identify.h"
#include "kern/image.h"
#include "kern/linux.h"
#include "kern/loader.h"
#include "kern/reject.h"
#include "util/log.h"

struct kern_program {
	const struct kern_linux *kern;
	struct kern_program_info info;
	void *image; /* NULL once loaded */
	size_t size;
	int fd;	     /* -1: not loaded */
	uint32_t id; /* of the loaded one */
};

/*
 * Has the loader do @task, and reads its answer; *ret_result: the answer as it was sent, and the
 * descriptor that came with it.
 */
static int run_loader(const struct kern_program *program, enum loader_task task,
		      enum answer_kind expected, struct note *note, struct kern_program_info *ret,
		      struct loader_result *ret_result)
{
	const char *path = program->kern->loader_path;
	const char *name = program->info.descriptor.name;
	struct loader_result result;
	int r;

	r = loader_run(path, task, *name ? name : NULL, program->image, program->size,
		       task == LOADER_LOAD ? LOADER_LOAD_DEADLINE_MS : LOADER_INSPECT_DEADLINE_MS,
		       note, &result);
	if (r != 0)
		return r;
	r = answer_read(result.bytes, result.size, expected, note, ret);
	if (r == -EPROTONOSUPPORT)
		log_error("%s is of another version: restart iouringd", path);
	if (r != 0) {
		loader_result_done(&result);
		return r;
	}
	*ret_result = result;
	return 0;
}

/* What an earlier inspection has found; -errno: there was none, or its record is damaged. */
static int recall(const struct kern_program *program, struct kern_program_info *ret)
{
	const struct records *records = &program->kern->records;
	const uint8_t *digest = program->info.digest;
	_cleanup_free_ void *answer = NULL;
	struct note note = {};
	size_t size = 0;
	int r;

	r = records_find(records, digest, &answer, &size);
	if (r < 0)
		return r;
	r = answer_read(answer, size, ANSWER_INSPECTED, &note, ret);
	note_done(&note);
	if (r == 0)
		return 0;
	records_forget(records, digest);
	return -EBADMSG;
}

/* The loader's memory is limited, and nothing else needs much of it. */
static int inspect(const struct kern_program *program, struct note *note,
		   struct kern_program_info *ret)
{
	struct loader_result result;
	int r = run_loader(program, LOADER_INSPECT, ANSWER_INSPECTED, note, ret, &result);

	if (r == -ENOMEM || r == -EMFILE)
		return reject(note, NULL,
			      "its object file needs more memory or descriptors than a parser may "
			      "have: it is damaged; compile or copy it again");
	if (r != 0)
		return r;
	records_keep(&program->kern->records, program->info.digest, result.bytes, result.size);
	loader_result_done(&result);
	return 0;
}

/* Digest and id are the daemon's own, whatever an answer says. */
static int describe(struct kern_program *program, struct note *note)
{
	_cleanup_free_ struct kern_program_info *found = calloc(1, sizeof(*found));
	int r;

	if (!found)
		return -ENOMEM;
	program_identify(program->image, program->size, &program->info);
	r = recall(program, found);
	if (r < 0)
		r = inspect(program, note, found);
	if (r != 0)
		return r;
	program->info.descriptor = found->descriptor;
	program->info.layout = found->layout;
	return 0;
}

int linux_program_open(struct kern *kern, int object_fd, struct note *note,
		       struct kern_program **ret)
{
	struct kern_program *program = calloc(1, sizeof(*program));
	int r;

	if (!program)
		return -ENOMEM;
	program->kern = kern_linux(kern);
	program->fd = -1;
	r = image_read(object_fd, note, &program->image, &program->size);
	if (r == 0)
		r = describe(program, note);
	if (r != 0) {
		linux_program_free(program);
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

/*
 * Whether @fd is a program at all: the kernel answers for a map, too, and the first number is the
 * type of either.
 */
static bool is_program(int fd)
{
	char path[32], target[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return strcmp(target, "anon_inode:bpf-prog") == 0;
}

/* Checks what the loader has passed as the loaded program. Takes *@fd over, unless it fails. */
static int adopt(struct kern_program *program, int *fd, struct note *note)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);
	int r;

	if (*fd < 0 || !is_program(*fd))
		return reject(note, program->info.descriptor.name,
			      "the process that loaded it passed no BPF program");
	r = bpf_prog_get_info_by_fd(*fd, &info, &size);
	if (r < 0)
		return r;
	if (info.type != BPF_PROG_TYPE_STRUCT_OPS ||
	    info.attach_btf_id != program->kern->btf.ops_id)
		return reject(note, program->info.descriptor.name,
			      "the process that loaded it passed a program of type %u for type %u, "
			      "expected %u (struct_ops) for %u (io_uring_bpf_ops)",
			      info.type, info.attach_btf_id, BPF_PROG_TYPE_STRUCT_OPS,
			      program->kern->btf.ops_id);
	program->fd = take_fd(fd);
	program->id = info.id;
	return 0;
}

int linux_program_load(struct kern_program *program, struct note *note)
{
	size_t missing = __atomic_load_n(&program->kern->missing, __ATOMIC_RELAXED);
	struct loader_result result;
	int r;

	if (program->fd >= 0)
		return 0;
	if (missing != CAPABILITIES_COMPLETE)
		return fault_kernel_lacks(note, capability_name(missing), capability_since(missing),
					  NULL);
	r = run_loader(program, LOADER_LOAD, ANSWER_LOADED, note, NULL, &result);
	if (r != 0)
		return r;
	r = adopt(program, &result.fd, note);
	loader_result_done(&result);
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
