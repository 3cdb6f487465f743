/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a memfd's last descriptor and mapping. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/last-use.h"
#include "net/loop.h"
#include "util/last-use.h"

#define SIZE 4096

struct watched {
	struct last_use use;
	unsigned int calls;
};

static void count(struct last_use *use)
{
	container_of(use, struct watched, use)->calls++;
}

/* Waits for a new memfd, which is returned. */
static int await_memfd(struct last_use_port *port, struct watched *watched)
{
	int fd = memfd_create("region", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	*watched = (struct watched){.use.gone = count};
	assert_int_equal(port->await(port, fd, &watched->use), 0);
	return fd;
}

static void test_descriptors_and_mapping(void **state)
{
	struct last_use_port *port;
	struct watched watched;
	struct loop *loop;
	int fd, copy;
	void *map;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(last_use_port_new(loop, &port), 0);
	fd = await_memfd(port, &watched);
	copy = dup(fd);
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(copy >= 0 && map != MAP_FAILED);
	close(fd);
	port->collect(port);
	close(copy);
	loop_run_once(loop);
	assert_int_equal(watched.calls, 0);
	munmap(map, SIZE);
	assert_int_equal(watched.calls, 0); /* not from within */
	loop_run_once(loop);
	assert_int_equal(watched.calls, 1);
	port->collect(port);
	assert_int_equal(watched.calls, 1);
	last_use_port_free(port);
	loop_free(loop);
}

static void test_collect(void **state)
{
	struct watched watched[3];
	struct last_use_port *port;
	struct loop *loop;
	int fds[3];

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(last_use_port_new(loop, &port), 0);
	for (int i = 0; i < 3; i++)
		fds[i] = await_memfd(port, &watched[i]);
	close(fds[1]);
	port->collect(port);
	assert_int_equal(watched[0].calls, 0);
	assert_int_equal(watched[1].calls, 1);
	assert_int_equal(watched[2].calls, 0);
	port->cancel(port, &watched[0].use);
	port->cancel(port, &watched[0].use);
	close(fds[0]);
	close(fds[2]);
	port->collect(port);
	assert_int_equal(watched[0].calls, 0);
	assert_int_equal(watched[2].calls, 1);
	last_use_port_free(port);
	loop_free(loop);
}

static void test_bad_descriptor(void **state)
{
	struct watched watched = {.use.gone = count};
	struct last_use_port *port;
	struct loop *loop;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(last_use_port_new(loop, &port), 0);
	assert_int_equal(port->await(port, -1, &watched.use), -ENOENT);
	port->cancel(port, &watched.use);
	last_use_port_free(port);
	last_use_port_free(NULL);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors_and_mapping),
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_bad_descriptor),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
