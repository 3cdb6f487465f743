/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program nop as a process with the privilege would run it by itself: object opened, loaded and
 * attached by libbpf, ring and region made here. What the daemon's dispatcher costs is the
 * difference.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iourd/prog/nop.h"
#include "loops.h"
#include "measure.h"
#include "common/loop-ring.h"

#define REGION_SIZE 4096u

/* The object's own idea of the kernel's struct: as declared in iourd/kern.bpf.h. */
struct ops_image {
	const struct bpf_program *loop_step;
	uint32_t ring_fd;
	void *priv;
};

struct region {
	struct iourd_head head;
	struct nop_params params;
};

static struct region *register_region(int ring_fd)
{
	struct region *region =
		mmap(NULL, REGION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	measure_check(region == MAP_FAILED ? -errno : 0, "mmap");
	measure_check(loop_ring_add_region(ring_fd, region, REGION_SIZE), "the param region");
	region->head.identity = (struct iourd_identity){
		.magic = IOURD_REGION_MAGIC,
		.abi_major = IOURD_ABI_MAJOR,
		.abi_minor = IOURD_ABI_MINOR,
		.region_size = REGION_SIZE,
		.params_offset = sizeof(struct iourd_head),
		.params_size = sizeof(struct nop_params),
		.data_offset = REGION_SIZE,
		.address = (uintptr_t)region,
	};
	return region;
}

/* What iouring-host registers for nop: two opcodes, fixed files only. */
static void restrict_ring(int ring_fd)
{
	struct io_uring_restriction restrictions[] = {
		{.opcode = IORING_RESTRICTION_REGISTER_OP,
		 .register_op = IORING_REGISTER_ENABLE_RINGS},
		{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_NOP},
		{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_FUTEX_WAKE},
		{.opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED, .sqe_flags = IOSQE_FIXED_FILE},
	};

	measure_check(loop_ring_register(ring_fd, IORING_REGISTER_RESTRICTIONS, restrictions,
					 sizeof(restrictions) / sizeof(restrictions[0])),
		      "IORING_REGISTER_RESTRICTIONS");
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return 0;
}

static struct bpf_map *find_struct_ops(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			return map;
	measure_check(-ENOENT, "no struct_ops map in the object");
	return NULL;
}

uint64_t loop_direct_nop(const char *path, bool restricted, unsigned int depth, uint64_t operations)
{
	int ring_fd = loop_ring_make(NOP_DEPTH_MAX, 2 * NOP_DEPTH_MAX, NULL);
	struct region *region;
	struct bpf_object *object;
	struct ops_image *image;
	struct bpf_link *link;
	struct bpf_map *map;
	uint64_t begin, end;
	size_t size;

	measure_check(ring_fd, "io_uring_setup");
	region = register_region(ring_fd);
	libbpf_set_print(say_nothing);
	object = bpf_object__open_file(path, NULL);
	measure_check(object ? 0 : -errno, path);
	map = find_struct_ops(object);
	image = bpf_map__initial_value(map, &size);
	measure_check(image && size >= sizeof(*image) ? 0 : -EINVAL, "struct_ops image");
	image->ring_fd = (uint32_t)ring_fd;
	measure_check(bpf_object__load(object), "bpf_object__load");
	link = bpf_map__attach_struct_ops(map);
	measure_check(link ? 0 : -errno, "bpf_map__attach_struct_ops");

	if (restricted)
		restrict_ring(ring_fd);
	region->params.depth = depth;
	region->params.operations = operations;
	measure_check(loop_ring_enable(ring_fd), "IORING_REGISTER_ENABLE_RINGS");
	begin = measure_now();
	measure_check(loop_ring_enter(ring_fd), "io_uring_enter");
	end = measure_now();
	measure_check(region->head.progress.done == operations ? 0 : -EIO,
		      "the program did not do what was asked");
	bpf_link__destroy(link);
	bpf_object__close(object);
	close(ring_fd);
	munmap(region, REGION_SIZE);
	return end - begin;
}
