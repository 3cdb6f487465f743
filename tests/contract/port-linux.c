/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "port-linux.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#include "contract.h"
#include "ring-process.h"

static void linux_kern_new(struct kern **ret)
{
	assert_int_equal(
		kern_linux_new(TEST_DISPATCHER, TEST_LOADER, NULL, TEST_PIN_DIRECTORY, ret), 0);
}

static int linux_object(enum contract_object which)
{
	static const char *const paths[] = {
		[CONTRACT_A] = TEST_OBJECTS "/tally-a.bpf.o",
		[CONTRACT_B] = TEST_OBJECTS "/tally-b.bpf.o",
		[CONTRACT_OTHER] = TEST_PROGRAMS "/nop.bpf.o",
	};

	return open(paths[which], O_RDONLY | O_CLOEXEC);
}

static void linux_ring_start(struct contract_ring *ret)
{
	struct ring_process *process = malloc(sizeof(*process));

	assert_non_null(process);
	ring_process_start(64, 128, process);
	*ret = (struct contract_ring){
		.pidfd = process->pidfd, .ring_fd = process->ring_fd, .process = process};
}

static void linux_ring_end(struct contract_ring *ring)
{
	ring_process_end(ring->process);
	free(ring->process);
}

const struct contract_port contract_port = {
	.kern_new = linux_kern_new,
	.object = linux_object,
	.ring_start = linux_ring_start,
	.ring_end = linux_ring_end,
};

void *read_object(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes;

	if (fd < 0 || fstat(fd, &status) < 0)
		fail_msg("%s cannot be read", path);
	bytes = malloc((size_t)status.st_size);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
	close(fd);
	*ret_size = (size_t)status.st_size;
	return bytes;
}

int make_object(const void *bytes, size_t size)
{
	int fd = memfd_create("object", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	return fd;
}
