/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/control.h"
#include "ring/region.h"
#include "common/cleanup.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* Not F_SEAL_WRITE or F_SEAL_FUTURE_WRITE: they would forbid the daemon to empty the region. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

uint64_t region_round(uint64_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

uint64_t region_size(uint32_t params_size, uint64_t data_size)
{
	return region_round(sizeof(struct iourd_head) + params_size) + data_size;
}

static int make_memfd(const char *ring)
{
	char name[80];
	int fd;

	snprintf(name, sizeof(name), "iouringd:%s", ring);
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* Linux before 6.3 knows no MFD_NOEXEC_SEAL */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int region_new(const struct region_setup *setup, struct region *ret)
{
	_cleanup_close_ int fd = -1;
	struct iourd_head *head;
	struct stat st;
	struct region region = {
		.size = region_size(setup->params_size, setup->data_size),
		.data_size = setup->data_size,
	};

	region.data_offset = region.size - region.data_size;
	region.mapped = region.data_offset;
	fd = make_memfd(setup->name);
	if (fd < 0)
		return fd;
	if (ftruncate(fd, (off_t)region.size) < 0)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0 || fstat(fd, &st) < 0)
		return -errno;
	head = mmap(NULL, region.mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (head == MAP_FAILED)
		return -errno;
	head->identity = (struct iourd_identity){
		.magic = IOURD_REGION_MAGIC,
		.abi_major = IOURD_ABI_MAJOR,
		.abi_minor = IOURD_ABI_MINOR,
		.region_size = region.size,
		.params_offset = sizeof(*head),
		.params_size = setup->params_size,
		.data_offset = region.data_offset,
		.data_size = region.data_size,
		.address = CONTROL_REGION_ADDRESS,
		.slot_count = setup->n_slots,
	};
	for (uint32_t i = 0; i < setup->n_slots && i < IOURD_SLOTS_MAX; i++)
		head->slots[i] = setup->slots[i];
	memcpy(head + 1, setup->params, setup->params_size);
	region.head = head;
	region.device = st.st_dev;
	region.inode = st.st_ino;
	region.fd = take_fd(&fd);
	*ret = region;
	return 0;
}

int region_open(const struct region_found *found, struct region *ret)
{
	struct region region = {
		.fd = found->fd,
		.size = found->size,
		.data_size = found->data_size,
	};
	struct stat st;
	void *head;
	int seals;

	if (found->data_size > found->size ||
	    region_size(found->params_size, found->data_size) != found->size)
		return -EPROTO;
	seals = fcntl(found->fd, F_GET_SEALS);
	if (seals < 0 || fstat(found->fd, &st) < 0)
		return -errno;
	if ((seals & SEALS) != SEALS || (uint64_t)st.st_size != found->size)
		return -EPROTO;
	region.data_offset = region.mapped = found->size - found->data_size;
	region.device = st.st_dev;
	region.inode = st.st_ino;
	head = mmap(NULL, region.mapped, PROT_READ | PROT_WRITE, MAP_SHARED, found->fd, 0);
	if (head == MAP_FAILED)
		return -errno;
	region.head = head;
	region.event = region.head->life.event; /* continues its count, whatever the value */
	*ret = region;
	return 0;
}

int region_empty(const struct region *region)
{
	if (region->fd < 0 || region->data_size == 0)
		return 0;
	if (fallocate(region->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)region->data_offset, (off_t)region->data_size) < 0)
		return -errno;
	return 0;
}

uint64_t region_memory(const struct region *region)
{
	struct stat st;

	if (fstat(region->fd, &st) < 0)
		return region->size;
	return (uint64_t)st.st_blocks * 512; /* the unit of st_blocks */
}

void region_done(struct region *region)
{
	if (region->head)
		munmap(region->head, region->mapped);
	if (region->fd >= 0)
		close(region->fd);
	*region = REGION_NONE;
}

void *region_params(const struct region *region)
{
	return region->head + 1;
}

void region_publish(struct region *region, uint32_t state, int error, uint64_t generation,
		    uint64_t program_id)
{
	struct iourd_life *life = &region->head->life;

	__atomic_store_n(&life->generation, generation, __ATOMIC_RELAXED);
	__atomic_store_n(&life->program_id, program_id, __ATOMIC_RELAXED);
	__atomic_store_n(&life->error, error, __ATOMIC_RELAXED);
	__atomic_store_n(&life->state, state, __ATOMIC_RELEASE);
	__atomic_store_n(&life->event, ++region->event, __ATOMIC_RELEASE);
	syscall(SYS_futex, &life->event, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void region_wake_doorbell(const struct region *region)
{
	if (region->head)
		syscall(SYS_futex, &region->head->control.doorbell, FUTEX_WAKE, INT_MAX, NULL, NULL,
			0);
}
