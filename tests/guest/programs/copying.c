// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "copying.h"

struct rig_program copy_program, paced_program;

/* A stream that repeats at no power of two, so that a misplaced block is seen. */
static void fill(int fd, uint64_t from, uint64_t size)
{
	static uint64_t noise[8191];
	uint64_t at = from, n, skip;

	if (!noise[0])
		for (size_t i = 0; i < sizeof(noise); i += 256)
			assert_true(getrandom((char *)noise + i,
					      sizeof(noise) - i < 256 ? sizeof(noise) - i : 256,
					      0) > 0);
	while (at < from + size) {
		skip = at % sizeof(noise);
		n = sizeof(noise) - skip;
		if (n > from + size - at)
			n = from + size - at;
		noise[0] = at;
		assert_int_equal(pwrite(fd, (char *)noise + skip, n, at), n);
		at += n;
	}
}

int copying_file(const char *name, uint64_t size)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", rig_directory(), name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	fill(fd, 0, size);
	return fd;
}

int copying_small_target(void)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/full", rig_directory());
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(mount("full", path, "tmpfs", 0, "size=1m"), 0);
	fd = copying_file("full/target", 0);
	/* it goes when the ring has let go of the target */
	assert_int_equal(umount2(path, MNT_DETACH), 0);
	assert_int_equal(rmdir(path), 0);
	return fd;
}

uint64_t file_size(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

void assert_same(int a, int b, uint64_t size)
{
	static char from_a[1 << 20], from_b[1 << 20];
	ssize_t n, m;

	if (size == UINT64_MAX)
		assert_int_equal(file_size(a), file_size(b));
	for (uint64_t at = 0; at < size; at += n) {
		n = pread(a, from_a, sizeof(from_a), at);
		m = pread(b, from_b, sizeof(from_b), at);
		assert_true(n >= 0 && m >= 0);
		if ((uint64_t)n > size - at)
			n = size - at;
		if (n == 0)
			break;
		assert_true(m >= n);
		if (memcmp(from_a, from_b, n))
			fail_msg("the files differ between %llu and %llu", (unsigned long long)at,
				 (unsigned long long)(at + n));
	}
}

static void init(struct copying *copying, const struct rig_program *program, int source, int target,
		 uint32_t depth, uint32_t block_size, struct rig_options options)
{
	const int files[] = {source, target};

	options.files = files;
	options.n_files = 2;
	options.data_size = (uint64_t)depth * block_size;
	copying->source = source;
	copying->target = target;
	rig_init(&copying->rig, program, &options);
	copying->progress = &copying->rig.head->progress;
	copying->params = copying->rig.params;
	copying->params->depth = depth;
	copying->params->block_size = block_size;
}

void copying_init(struct copying *copying, const struct rig_program *program, int source,
		  int target, uint32_t depth, uint32_t block_size, bool swappable)
{
	init(copying, program, source, target, depth, block_size,
	     (struct rig_options){.swappable = swappable});
}

void copying_init_forbidden(struct copying *copying, const struct rig_program *program,
			    uint64_t forbid)
{
	init(copying, program, copying_file("source", 1 << 20), copying_file("target", 2 << 20), 64,
	     4096, (struct rig_options){.forbid = forbid});
}

void copying_run(struct copying *copying, uint32_t state)
{
	if (!copying->rig.running)
		rig_start(&copying->rig);
	assert_true(rig_await(&copying->rig));
	assert_int_equal(rig_join(&copying->rig), 0);
	if (copying->progress->state != state)
		fail_msg("state %u, error %d at %llu, op %u, slot %u", copying->progress->state,
			 copying->progress->error,
			 (unsigned long long)copying->progress->error_offset,
			 copying->progress->error_op, copying->progress->error_slot);
	assert_int_equal(copying->progress->flight, 0);
}

void copying_set_rate(struct copying *copying, uint64_t bytes_per_second)
{
	__atomic_store_n(&copying->params->bytes_per_second, bytes_per_second, __ATOMIC_RELAXED);
}

void copying_await(struct copying *copying, uint64_t done)
{
	while (__atomic_load_n(&copying->progress->done, __ATOMIC_RELAXED) < done &&
	       __atomic_load_n(&copying->progress->state, __ATOMIC_RELAXED) <= IOURD_WORK_RUNNING)
		usleep(1000);
}

void copying_done(struct copying *copying)
{
	rig_done(&copying->rig);
	close(copying->source);
	close(copying->target);
}

int copying_load(void **state)
{
	rig_program_init(&copy_program, "copy");
	rig_program_init(&paced_program, "copy-paced");
	return 0;
}

int copying_unload(void **state)
{
	rig_program_done(&copy_program);
	rig_program_done(&paced_program);
	return rig_check_kernel_log(state);
}
