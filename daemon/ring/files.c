/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ring/files.h"
#include "util/parcel.h"

static const struct {
	mode_t mode;
	uint32_t type;
	const char *text;
} file_types[] = {
	{S_IFREG, IOURD_TYPE_REGULAR, "a regular file"},
	{S_IFBLK, IOURD_TYPE_BLOCK, "a block device"},
	{S_IFSOCK, IOURD_TYPE_SOCKET, "a socket"},
	{S_IFIFO, IOURD_TYPE_PIPE, "a pipe"},
	{S_IFCHR, IOURD_TYPE_CHAR, "a character device"},
	{S_IFDIR, 0, "a directory"},
	{S_IFLNK, 0, "a symbolic link"},
};

#define FILE_TYPES (sizeof(file_types) / sizeof(file_types[0]))

/* "a regular file or a block device" */
static void types_text(uint32_t types, size_t size, char *ret)
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < FILE_TYPES && used < size; i++)
		if (types & file_types[i].type)
			used += (size_t)snprintf(ret + used, size - used, "%s%s",
						 used ? " or " : "", file_types[i].text);
}

/* The slot's index; or the number of slots, if none has that name. */
static uint32_t find_slot(const struct iourd_descriptor *descriptor, const char *name)
{
	uint32_t i;

	for (i = 0; i < descriptor->slot_count; i++)
		if (strcmp(descriptor->slots[i].name, name) == 0)
			break;
	return i;
}

static int check_type(const struct iourd_slot_descriptor *slot, const struct file_facts *facts,
		      struct note *note)
{
	const char *is = "a descriptor without a file"; /* epoll, io_uring, eventfd, ... */
	char takes[160];
	char reason[256];

	for (size_t i = 0; i < FILE_TYPES; i++) {
		if ((facts->mode & S_IFMT) != file_types[i].mode)
			continue;
		if (slot->types & file_types[i].type)
			return 0;
		is = file_types[i].text;
	}
	types_text(slot->types, sizeof(takes), takes);
	snprintf(reason, sizeof(reason), "it is %s; the slot takes %s", is, takes);
	return fault_file_refused(note, slot->name, reason);
}

static int check_access(const struct iourd_slot_descriptor *slot, int flags, struct note *note)
{
	int mode;

	if (flags & O_PATH)
		return fault_file_refused(
			note, slot->name,
			"it was opened with O_PATH, which permits no input or output");
	mode = flags & O_ACCMODE;
	if ((slot->flags & IOURD_SLOT_READ) && mode != O_RDONLY && mode != O_RDWR)
		return fault_file_refused(note, slot->name, "it is not open for reading");
	if (!(slot->flags & IOURD_SLOT_WRITE))
		return 0;
	if (mode != O_WRONLY && mode != O_RDWR)
		return fault_file_refused(note, slot->name, "it is not open for writing");
	if (flags & O_APPEND)
		return fault_file_refused(note, slot->name,
					  "it was opened with O_APPEND: writes at an offset would "
					  "go to its end");
	return 0;
}

static bool same_file(const struct file_facts *a, const struct file_facts *b)
{
	if (S_ISBLK(a->mode) && S_ISBLK(b->mode)) /* two nodes of one device */
		return a->special == b->special;
	return a->device == b->device && a->inode == b->inode;
}

static int check_distinct(const struct iourd_descriptor *descriptor, const struct files *files,
			  const struct file_facts *facts, struct note *note)
{
	char reason[80];

	for (uint32_t i = 0; i < descriptor->slot_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			if (!(descriptor->slots[i].flags & IOURD_SLOT_DISTINCT) ||
			    !(descriptor->slots[j].flags & IOURD_SLOT_DISTINCT) ||
			    files->fds[i] < 0 || files->fds[j] < 0 ||
			    !same_file(&facts[i], &facts[j]))
				continue;
			snprintf(reason, sizeof(reason), "it is the same file as the slot \"%s\"",
				 descriptor->slots[j].name);
			return fault_file_refused(note, descriptor->slots[i].name, reason);
		}
	return 0;
}

static struct iourd_slot describe(const struct file_facts *facts)
{
	struct iourd_slot slot = {.type = facts->mode & S_IFMT};

	if (!S_ISREG(facts->mode))
		return slot;
	slot.size = (uint64_t)facts->size;
	if ((uint64_t)facts->blocks * 512u < slot.size)
		slot.flags |= IOURD_SLOT_FILE_SPARSE;
	return slot;
}

static int get_facts(const struct parcel *parcel, const struct ring_file *file, struct note *note,
		     struct file_facts *ret)
{
	char reason[80];

	if (!parcel) /* the daemon's own descriptor */
		return file_facts_read(file->fd, ret);
	if (file->fd < 0 || (size_t)file->fd >= parcel->n)
		return -EBADF;
	*ret = parcel->facts[file->fd];
	if (ret->error == 0)
		return 0;
	snprintf(reason, sizeof(reason), "its attributes cannot be read: %s", strerror(ret->error));
	return fault_file_refused(note, file->slot, reason);
}

static int fill_one(const struct iourd_descriptor *descriptor, const struct parcel *parcel,
		    const struct ring_file *file, struct note *note, struct files *files,
		    struct file_facts *all)
{
	uint32_t i = find_slot(descriptor, file->slot);
	struct file_facts *facts = &all[i];
	char reason[80];
	int r;

	if (i == descriptor->slot_count) {
		snprintf(reason, sizeof(reason), "program \"%s\" has no slot of that name",
			 descriptor->name);
		return fault_file_refused(note, file->slot, reason);
	}
	if (files->fds[i] >= 0)
		return fault_file_refused(note, file->slot, "the slot was given twice");
	r = get_facts(parcel, file, note, facts);
	if (r == 0)
		r = check_type(&descriptor->slots[i], facts, note);
	if (r == 0)
		r = check_access(&descriptor->slots[i], (int)facts->flags, note);
	if (r != 0)
		return r;
	files->fds[i] = file->fd;
	files->slots[i] = describe(facts);
	files->devices[i] = facts->device;
	files->inodes[i] = facts->inode;
	return 0;
}

int files_fill(const struct iourd_descriptor *descriptor, const struct parcel *parcel,
	       const struct ring_file *files, size_t n_files, struct note *note, struct files *ret)
{
	struct files filled = {.n_slots = descriptor->slot_count};
	struct file_facts facts[IOURD_SLOTS_MAX + 1];
	int r;

	for (uint32_t i = 0; i < IOURD_SLOTS_MAX; i++)
		filled.fds[i] = -1;
	for (size_t i = 0; i < n_files; i++) {
		r = fill_one(descriptor, parcel, &files[i], note, &filled, facts);
		if (r != 0)
			return r;
	}
	for (uint32_t i = 0; i < descriptor->slot_count; i++)
		if (filled.fds[i] < 0 && !(descriptor->slots[i].flags & IOURD_SLOT_OPTIONAL))
			return fault_slot_missing(note, descriptor->slots[i].name);
	r = check_distinct(descriptor, &filled, facts, note);
	if (r != 0)
		return r;
	*ret = filled;
	return 0;
}
