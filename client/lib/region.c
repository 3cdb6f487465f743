/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/region.h"

/* An upper bound: larger than any region that a daemon of this ABI makes. */
#define REGION_SIZE_MAX (2 * IOURD_DATA_MAX)

static int refuse(const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return -EPROTO;
}

/* The mapping must stay readable, so nobody may be able to truncate the file under it. */
static int check_file(int fd, size_t *ret_size, const char **ret_reason)
{
	struct stat st;
	int seals;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return refuse("it is not a regular file", ret_reason);
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return refuse("its file does not support seals", ret_reason);
	if (!(seals & F_SEAL_SHRINK))
		return refuse("it is not sealed against shrinking", ret_reason);
	if (st.st_size < (off_t)sizeof(struct iourd_head))
		return refuse("it is smaller than a region's head", ret_reason);
	if ((uint64_t)st.st_size > REGION_SIZE_MAX)
		return refuse("it is larger than a region can be", ret_reason);
	*ret_size = st.st_size;
	return 0;
}

static int check_identity(const struct iourd_identity *identity, size_t size,
			  const char **ret_reason)
{
	uint64_t params_end = (uint64_t)identity->params_offset + identity->params_size;
	uint64_t page = sysconf(_SC_PAGESIZE);

	if (identity->magic != IOURD_REGION_MAGIC)
		return refuse("its magic number is wrong", ret_reason);
	if (identity->abi_major != IOURD_ABI_MAJOR) {
		*ret_reason = "its ABI version is not supported by this library";
		return -EPROTONOSUPPORT;
	}
	if (identity->region_size != size)
		return refuse("the size in its head differs from the file's size", ret_reason);
	if (identity->params_offset < sizeof(struct iourd_head) ||
	    identity->params_offset % IOURD_LINE != 0)
		return refuse("its parameters overlap its head, or are not aligned", ret_reason);
	if (identity->params_size > IOURD_PARAMS_MAX || params_end > size)
		return refuse("its parameters extend beyond its end", ret_reason);
	if (identity->slot_count > IOURD_SLOTS_MAX)
		return refuse("it has more file slots than the ABI allows", ret_reason);
	if (identity->data_size == 0)
		return 0;
	if (identity->data_offset < params_end || identity->data_offset % page != 0)
		return refuse("its data area overlaps its parameters, or is not aligned",
			      ret_reason);
	if (identity->data_offset > size || identity->data_size > size - identity->data_offset)
		return refuse("its data area extends beyond its end", ret_reason);
	return 0;
}

int region_map(int fd, struct region *ret, const char **ret_reason)
{
	struct region region = {};
	void *base;
	int r;

	r = check_file(fd, &region.size, ret_reason);
	if (r < 0)
		return r;
	base = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	region.head = base;
	memcpy(&region.identity, &region.head->identity, sizeof(region.identity));
	/* Only the copy is used from here on: the compiler may not reread memory that others write.
	 */
	atomic_signal_fence(memory_order_seq_cst);
	r = check_identity(&region.identity, region.size, ret_reason);
	if (r < 0) {
		region_unmap(&region);
		return r;
	}
	*ret = region;
	return 0;
}

void region_unmap(struct region *region)
{
	if (region->head)
		munmap(region->head, region->size);
	*region = (struct region){};
}

void *region_params(const struct region *region)
{
	return (char *)region->head + region->identity.params_offset;
}

void *region_data(const struct region *region)
{
	if (region->identity.data_size == 0)
		return NULL;
	return (char *)region->head + region->identity.data_offset;
}
