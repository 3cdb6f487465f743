/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake/object_fake.h"
#include "kern/program-file.h"
#include "common/cleanup.h"

static void set_opcode(struct iourd_descriptor *descriptor, unsigned int opcode)
{
	descriptor->opcodes[opcode / 64] |= 1ull << (opcode % 64);
}

static void start_object(const char *name, const char *summary, struct fake_object *ret)
{
	struct iourd_descriptor *descriptor = &ret->descriptor;

	*ret = (struct fake_object){};
	memcpy(ret->magic, FAKE_OBJECT_MAGIC, sizeof(ret->magic));
	descriptor->magic = IOURD_DESCRIPTOR_MAGIC;
	descriptor->abi_major = IOURD_ABI_MAJOR;
	descriptor->abi_minor = IOURD_ABI_MINOR;
	descriptor->size = sizeof(*descriptor);
	descriptor->version = 1;
	snprintf(descriptor->name, sizeof(descriptor->name), "%s", name);
	snprintf(descriptor->summary, sizeof(descriptor->summary), "%s", summary);
	snprintf(descriptor->params_type, sizeof(descriptor->params_type), "fake_params");
}

static void add_member(struct fake_object *object, const char *name, enum layout_kind kind,
		       uint32_t size)
{
	struct fake_member *member = &object->members[object->n_members++];
	uint32_t offset = (object->descriptor.params_size + size - 1) / size * size;

	snprintf(member->name, sizeof(member->name), "%s", name);
	member->kind = kind;
	member->offset = offset;
	member->size = size;
	object->descriptor.params_size = offset + size;
}

static void add_field(struct fake_object *object, const char *name, uint32_t flags, int64_t minimum,
		      int64_t maximum, int64_t initial)
{
	struct iourd_field_descriptor *field =
		&object->descriptor.fields[object->descriptor.field_count++];

	snprintf(field->name, sizeof(field->name), "%s", name);
	snprintf(field->help, sizeof(field->help), "the fake field %s", name);
	field->flags = flags;
	field->minimum = minimum;
	field->maximum = maximum;
	field->initial = initial;
}

static void add_slot(struct fake_object *object, const char *name, uint32_t flags)
{
	struct iourd_slot_descriptor *slot =
		&object->descriptor.slots[object->descriptor.slot_count++];

	snprintf(slot->name, sizeof(slot->name), "%s", name);
	slot->flags = flags;
	slot->types = IOURD_TYPE_REGULAR;
}

void fake_object_copy(const char *name, struct fake_object *ret)
{
	start_object(name, "copies, or would if it were real", ret);
	ret->descriptor.sq_entries = 64;
	ret->descriptor.cq_entries = 128;
	ret->descriptor.progress_unit = IOURD_UNIT_BYTES;
	ret->descriptor.data_maximum = 16u << 20;
	strcpy(ret->descriptor.data_fields[0], "depth");
	strcpy(ret->descriptor.data_fields[1], "block_size");
	set_opcode(&ret->descriptor, IORING_OP_READ_FIXED);
	set_opcode(&ret->descriptor, IORING_OP_WRITE_FIXED);
	set_opcode(&ret->descriptor, IORING_OP_FSYNC);
	add_slot(ret, "source", IOURD_SLOT_READ | IOURD_SLOT_DISTINCT);
	add_slot(ret, "target", IOURD_SLOT_WRITE | IOURD_SLOT_DISTINCT);
	add_member(ret, "depth", LAYOUT_UNSIGNED, 4);
	add_member(ret, "block_size", LAYOUT_UNSIGNED, 4);
	add_member(ret, "sync", LAYOUT_BOOL, 1);
	add_member(ret, "short_reads", LAYOUT_UNSIGNED, 8);
	add_member(ret, "secret", LAYOUT_UNSIGNED, 8);
	add_field(ret, "depth", 0, 1, 64, 16);
	add_field(ret, "block_size", 0, 512, 256 << 10, 4096);
	add_field(ret, "sync", IOURD_FIELD_FIXED, 0, 0, 0);
	add_field(ret, "short_reads", IOURD_FIELD_PROGRESS, 0, 0, 0);
}

void fake_object_nop(const char *name, struct fake_object *ret)
{
	start_object(name, "does nothing, really", ret);
	ret->descriptor.sq_entries = 64;
	ret->descriptor.cq_entries = 128;
	ret->descriptor.progress_unit = IOURD_UNIT_OPERATIONS;
	set_opcode(&ret->descriptor, IORING_OP_NOP);
	add_member(ret, "depth", LAYOUT_UNSIGNED, 4);
	add_member(ret, "operations", LAYOUT_UNSIGNED, 8);
	add_field(ret, "depth", 0, 1, 64, 1);
	add_field(ret, "operations", 0, 0, 0, 0);
}

static void write_object(int fd, const struct fake_object *object)
{
	ssize_t n = write(fd, object, sizeof(*object));

	assert(n == (ssize_t)sizeof(*object));
}

int fake_object_memfd(const struct fake_object *object)
{
	int fd = memfd_create("fake-object", MFD_CLOEXEC);

	assert(fd >= 0);
	write_object(fd, object);
	return fd;
}

void fake_object_install(const struct fake_object *object, const char *directory, const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.bpf.o", directory, name);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	assert(fd >= 0);
	write_object(fd, object);
	close(fd);
}

static const struct iourd_field_descriptor *find_field(const struct iourd_descriptor *descriptor,
						       const char *name)
{
	for (uint32_t i = 0; i < descriptor->field_count; i++)
		if (strcmp(descriptor->fields[i].name, name) == 0)
			return &descriptor->fields[i];
	return NULL;
}

static enum layout_access access_of(const struct iourd_field_descriptor *field)
{
	if (!field)
		return LAYOUT_PRIVATE;
	if (field->flags & IOURD_FIELD_PROGRESS)
		return LAYOUT_PROGRESS;
	return field->flags & IOURD_FIELD_FIXED ? LAYOUT_FIXED : LAYOUT_SETTING;
}

static int build_layout(const struct fake_object *object, struct layout *ret)
{
	struct layout layout = {.size = object->descriptor.params_size};

	layout.fields = calloc(object->n_members + 1, sizeof(*layout.fields));
	if (!layout.fields)
		return -ENOMEM;
	for (uint32_t i = 0; i < object->n_members; i++) {
		const struct fake_member *member = &object->members[i];
		const struct iourd_field_descriptor *field =
			find_field(&object->descriptor, member->name);
		struct layout_field *to = &layout.fields[layout.n_fields++];

		to->name = strdup(member->name);
		to->help = field ? strdup(field->help) : NULL;
		if (!to->name || (field && !to->help)) {
			layout_done(&layout);
			return -ENOMEM;
		}
		to->kind = member->kind;
		to->access = access_of(field);
		to->offset = member->offset;
		to->size = member->size;
		to->count = member->count;
		if (!field)
			continue;
		to->unit = field->unit;
		to->minimum = field->minimum;
		to->maximum = field->maximum;
		to->bounded = field->minimum || field->maximum;
		to->initial = field->initial;
	}
	*ret = layout;
	return 0;
}

/* Not SHA-256: only equal for equal objects, which is all that a fake needs. */
static void digest(const void *bytes, size_t n, struct kern_program_info *info)
{
	for (size_t lane = 0; lane < 4; lane++) {
		uint64_t hash = 0xcbf29ce484222325u + lane;

		for (size_t i = 0; i < n; i++)
			hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
		memcpy(info->digest + lane * sizeof(hash), &hash, sizeof(hash));
	}
	memcpy(&info->id, info->digest, sizeof(info->id));
}

/* A real one, and all that is said of what is none. */
static int read_elf(int fd, struct note *note, struct kern_program_info *ret_info,
		    struct fake_object *ret_object)
{
	_cleanup_free_ void *image = NULL;
	size_t size;
	int r;

	r = program_file_read(fd, note, ret_info, &image, &size);
	if (r == 0)
		*ret_object = (struct fake_object){.descriptor = ret_info->descriptor};
	return r;
}

int fake_object_read(int fd, struct note *note, struct kern_program_info *ret_info,
		     struct fake_object *ret_object)
{
	struct kern_program_info info = {};
	struct fake_object object;
	ssize_t n;
	int r;

	n = pread(fd, &object, sizeof(object), 0);
	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(object) ||
	    memcmp(object.magic, FAKE_OBJECT_MAGIC, sizeof(object.magic)) != 0)
		return read_elf(fd, note, ret_info, ret_object);
	if (object.refuse_open[0])
		return fault_program_rejected(note, object.descriptor.name, object.refuse_open, "");
	assert(object.n_members <= FAKE_MEMBERS_MAX);
	r = build_layout(&object, &info.layout);
	if (r < 0)
		return r;
	info.descriptor = object.descriptor;
	digest(&object, sizeof(object), &info);
	*ret_info = info;
	*ret_object = object;
	return 0;
}
