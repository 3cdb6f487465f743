/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"

int daemon_start(void **state)
{
	return system("systemctl start iouringd.socket") == 0 ? 0 : -1;
}

struct iouctl *daemon_connect(void)
{
	struct iouctl *c = NULL;
	int r = iouctl_connect(NULL, &c);

	if (r < 0)
		fail_msg("cannot connect: %s", strerror(-r));
	return c;
}

void check_call(struct iouctl *c, int expected, int r, const char *what, const char *file, int line)
{
	if (r == expected)
		return;
	print_error("%s: %d, not %d: %s\n", what, r, expected, iouctl_error_message(c));
	_fail(file, line);
}

static struct iouctl_ring_options options_of(const char *program, const char *parameters,
					     const struct iouctl_file *files, size_t n_files)
{
	return (struct iouctl_ring_options){
		.size = sizeof(struct iouctl_ring_options),
		.program = program,
		.files = files,
		.n_files = n_files,
		.parameters = parameters,
	};
}

struct iouctl_ring *make_ring(struct iouctl *c, const char *program, const char *parameters,
			      const struct iouctl_file *files, size_t n_files)
{
	const struct iouctl_ring_options options = options_of(program, parameters, files, n_files);
	struct iouctl_ring *ring = NULL;

	assert_call(c, 0, iouctl_ring_create(c, &options, &ring));
	return ring;
}

struct iouctl_ring *adopt_ring(struct iouctl *c, const char *program, const char *parameters,
			       const struct iouctl_file *files, size_t n_files)
{
	const struct iouctl_ring_options options = options_of(program, parameters, files, n_files);
	struct iouctl_ring *ring = NULL;

	assert_call(c, 0, iouctl_ring_adopt(c, &options, &ring));
	return ring;
}

uint64_t ring_number(struct iouctl *c, const char *ring, const char *member)
{
	char request[128];
	char needle[64];
	char *reply = NULL;
	char *found;
	uint64_t number;

	snprintf(request, sizeof(request), "{\"ring\":\"%s\"}", ring);
	assert_call(c, 0, iouctl_call(c, "DescribeRing", request, NULL, 0, &reply, NULL, NULL));
	snprintf(needle, sizeof(needle), "\"%s\":", member);
	found = strstr(reply, needle);
	if (!found)
		fail_msg("%s is not in %s", member, reply);
	number = strtoull(found + strlen(needle), NULL, 10);
	free(reply);
	return number;
}

bool ring_says(struct iouctl *c, const char *ring, const char *part)
{
	char request[128];
	char *reply = NULL;
	bool found;

	snprintf(request, sizeof(request), "{\"ring\":\"%s\"}", ring);
	if (iouctl_call(c, "DescribeRing", request, NULL, 0, &reply, NULL, NULL) < 0)
		return false;
	found = strstr(reply, part) != NULL;
	free(reply);
	return found;
}

void await_word(struct iouctl *c, const char *ring, const char *part)
{
	for (int i = 0; i < PATIENCE_MS / 10 && !ring_says(c, ring, part); i++)
		poll(NULL, 0, 10);
	if (!ring_says(c, ring, part))
		fail_msg("%s does not say %s", ring, part);
}

void await_steps(struct iouctl *c, const char *ring)
{
	uint64_t before = ring_number(c, ring, "steps");

	for (int i = 0; i < PATIENCE_MS / 10 && ring_number(c, ring, "steps") <= before; i++)
		poll(NULL, 0, 10);
	assert_true(ring_number(c, ring, "steps") > before);
}

int make_file(size_t size)
{
	int fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	uint64_t words[512];
	size_t done, i, n;

	assert_true(fd >= 0);
	for (done = 0; done < size; done += n) {
		for (i = 0; i < 512; i++)
			words[i] = (done + i) * UINT64_C(0x9e3779b97f4a7c15);
		n = size - done < sizeof(words) ? size - done : sizeof(words);
		assert_int_equal(pwrite(fd, words, n, done), n);
	}
	return fd;
}

void assert_same_content(int a, int b, size_t size)
{
	static char left[65536], right[65536];
	size_t done, n;

	assert_int_equal(lseek(b, 0, SEEK_END), size);
	for (done = 0; done < size; done += n) {
		n = size - done < sizeof(left) ? size - done : sizeof(left);
		assert_int_equal(pread(a, left, n, done), n);
		assert_int_equal(pread(b, right, n, done), n);
		if (memcmp(left, right, n) != 0)
			fail_msg("the files differ after byte %zu", done);
	}
}
