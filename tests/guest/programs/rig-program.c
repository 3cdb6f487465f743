// SPDX-License-Identifier: LGPL-2.1-or-later
/* rig-program.c - loading objects, and attaching a program to many rings */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "rig.h"

/* The kernel's value type of an io_uring_bpf_ops map. */
struct ops_type {
	uint32_t id;
	uint32_t size;
	uint32_t loop_step; /* offsets in a value */
	uint32_t ring_fd;
};

static char messages[1 << 20];

static int keep_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	size_t n = strlen(messages);

	if (level == LIBBPF_DEBUG)
		return 0;
	return vsnprintf(messages + n, sizeof(messages) - n, format, arguments);
}

static uint32_t member_offset(const struct btf *btf, uint32_t type, const char *name,
			      uint32_t *ret_type)
{
	const struct btf_type *t = btf__type_by_id(btf, type);
	const struct btf_member *member = btf_members(t);

	for (unsigned int i = 0; i < btf_vlen(t); i++) {
		if (strcmp(btf__name_by_offset(btf, member[i].name_off), name))
			continue;
		if (ret_type)
			*ret_type = member[i].type;
		return btf_member_bit_offset(t, i) / 8;
	}
	fail_msg("the kernel's io_uring_bpf_ops has no member %s", name);
	return 0;
}

/* Reading the kernel's BTF takes long: once for all rings of a test. */
static const struct ops_type *ops_type(void)
{
	static struct ops_type ops;
	struct btf *btf;
	uint32_t data, type;
	int id;

	if (ops.id)
		return &ops;
	btf = btf__load_vmlinux_btf();
	assert_non_null(btf);
	id = btf__find_by_name_kind(btf, "bpf_struct_ops_io_uring_bpf_ops", BTF_KIND_STRUCT);
	if (id < 0)
		fail_msg("this kernel has no io_uring_bpf_ops");
	data = member_offset(btf, id, "data", &type);
	ops = (struct ops_type){
		.id = id,
		.size = btf__type_by_id(btf, id)->size,
		.loop_step = data + member_offset(btf, type, "loop_step", NULL),
		.ring_fd = data + member_offset(btf, type, "ring_fd", NULL),
	};
	btf__free(btf);
	return &ops;
}

/* The section .iourd as it stands in the file; libbpf does not show it. */
static void read_descriptor(struct rig_program *program, const char *path)
{
	const struct btf *btf = bpf_object__btf(program->object);
	static char bytes[1 << 20];
	uint32_t magic = IOURD_DESCRIPTOR_MAGIC;
	size_t n;
	FILE *f;

	assert_non_null(btf);
	f = fopen(path, "re");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	for (size_t i = 0; i + sizeof(program->descriptor) <= n; i += 4) {
		memcpy(&program->descriptor, bytes + i, sizeof(program->descriptor));
		if (program->descriptor.magic == magic &&
		    program->descriptor.size == sizeof(program->descriptor))
			return;
	}
	memset(&program->descriptor, 0, sizeof(program->descriptor));
}

/* What the verifier says of its work: the lines with "verification time" and "processed". */
static void print_statistics(const char *name, char *log)
{
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
		if (strstr(line, "verification time") || strstr(line, "processed"))
			print_message("# %s: %s\n", name, line);
}

void rig_program_init(struct rig_program *program, const char *name)
{
	static char log[1 << 16];
	/* 4: statistics only; libbpf tries again with all there is to say after a failure */
	LIBBPF_OPTS(bpf_object_open_opts, options, .kernel_log_buf = log,
		    .kernel_log_size = sizeof(log), .kernel_log_level = 4);
	struct bpf_program *loop;
	struct bpf_map *map;
	char path[512];
	size_t size;

	messages[0] = 0;
	libbpf_set_print(keep_message);
	snprintf(path, sizeof(path), "%s/%s.bpf.o", PROGRAM_DIRECTORY, name);
	if (access(path, R_OK) < 0)
		snprintf(path, sizeof(path), "%s/%s.bpf.o", TEST_DIRECTORY, name);
	*program = (struct rig_program){.array_fd = -1};
	program->object = bpf_object__open_file(path, &options);
	if (!program->object)
		fail_msg("cannot open %s: %s", path, messages);
	read_descriptor(program, path);
	if (bpf_object__load(program->object) < 0)
		fail_msg("cannot load %s: %s\n%s", path, messages, log);
	print_statistics(name, log);
	loop = bpf_object__next_program(program->object, NULL);
	program->fd = bpf_program__fd(loop);
	map = bpf_object__find_map_by_name(program->object, "programs");
	if (!map)
		return;
	program->array_fd = bpf_map__fd(map);
	map = bpf_object__find_map_by_name(program->object, ".bss");
	assert_non_null(map);
	program->swap = bpf_map__initial_value(map, &size); /* mapped, now that it is loaded */
}

void rig_program_done(struct rig_program *program)
{
	bpf_object__close(program->object);
	program->object = NULL;
}

void rig_attach(const struct rig_program *program, int ring_fd, int *ret_map_fd, int *ret_link_fd)
{
	const struct ops_type *ops = ops_type();
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_LINK,
		    .btf_fd = bpf_object__btf_fd(program->object),
		    .btf_vmlinux_value_type_id = ops->id);
	uint64_t program_fd = program->fd;
	uint32_t zero = 0;
	char *value;
	int r;

	*ret_map_fd = bpf_map_create(BPF_MAP_TYPE_STRUCT_OPS, "rig", sizeof(zero), ops->size, 1,
				     &options);
	if (*ret_map_fd < 0)
		fail_msg("cannot make a struct_ops map: %s", strerror(errno));
	value = calloc(1, ops->size);
	assert_non_null(value);
	memcpy(value + ops->loop_step, &program_fd, sizeof(program_fd));
	memcpy(value + ops->ring_fd, &ring_fd, sizeof(ring_fd));
	r = bpf_map_update_elem(*ret_map_fd, &zero, value, 0);
	free(value);
	assert_int_equal(r, 0);
	*ret_link_fd = bpf_link_create(*ret_map_fd, 0, BPF_STRUCT_OPS, NULL);
	if (*ret_link_fd < 0)
		fail_msg("cannot attach: %s", strerror(errno));
}
