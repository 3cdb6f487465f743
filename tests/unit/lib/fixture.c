/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"

static uint64_t round_up(uint64_t bytes)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

struct iourd_identity good_identity(uint32_t params_size, uint64_t data_size)
{
	uint64_t data_offset = round_up(sizeof(struct iourd_head) + params_size);

	return (struct iourd_identity){
		.magic = IOURD_REGION_MAGIC,
		.abi_major = IOURD_ABI_MAJOR,
		.abi_minor = IOURD_ABI_MINOR,
		.region_size = data_offset + round_up(data_size),
		.params_offset = sizeof(struct iourd_head),
		.params_size = params_size,
		.data_offset = data_offset,
		.data_size = data_size,
		.address = 0x100000000000,
		.slot_count = 2,
	};
}

int make_region(const struct iourd_identity *identity, size_t size, int seals)
{
	int fd = memfd_create("region", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(
		pwrite(fd, identity, sizeof(*identity) < size ? sizeof(*identity) : size, 0),
		sizeof(*identity) < size ? sizeof(*identity) : size);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

int make_good_region(uint32_t params_size, uint64_t data_size)
{
	struct iourd_identity identity = good_identity(params_size, data_size);

	return make_region(&identity, identity.region_size,
			   F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

struct iouctl *connect_to(struct server *server)
{
	struct iouctl *c = NULL;

	assert_int_equal(iouctl_connect(server_path(server), &c), 0);
	assert_non_null(c);
	return c;
}

int call(struct iouctl *c, const char *method, char **ret_reply)
{
	return iouctl_call(c, method, NULL, NULL, 0, ret_reply, NULL, NULL);
}

static void *call_from_thread(void *arg)
{
	struct caller *caller = arg;
	char *reply = NULL;

	__atomic_store_n(&caller->tid, gettid(), __ATOMIC_SEQ_CST);
	caller->result = iouctl_call(caller->c, caller->method, caller->parameters, NULL, 0, &reply,
				     NULL, NULL);
	free(reply);
	return NULL;
}

void caller_start(struct caller *caller)
{
	assert_int_equal(pthread_create(&caller->thread, NULL, call_from_thread, caller), 0);
	while (__atomic_load_n(&caller->tid, __ATOMIC_SEQ_CST) == 0)
		sched_yield();
}

void wait_until_asleep(pid_t tid)
{
	char path[64];
	char state;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	do {
		FILE *file = fopen(path, "re");

		assert_non_null(file);
		assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
		fclose(file);
		sched_yield();
	} while (state != 'S');
}

static void prepare(struct fixture *fixture, int region)
{
	*fixture = (struct fixture){.lease = -1};
	fixture->size = lseek(region, 0, SEEK_END);
	fixture->head = mmap(NULL, fixture->size, PROT_READ | PROT_WRITE, MAP_SHARED, region, 0);
	assert_ptr_not_equal(fixture->head, MAP_FAILED);
}

void fixture_init(struct fixture *fixture, uint32_t params_size)
{
	const struct iouctl_ring_options options = {.size = sizeof(options), .program = "copy"};
	int region = make_good_region(params_size, 4096);
	struct step steps[] = {{.expect = "CreateRing", .reply = CREATED_JSON, .n_fds = 2}};
	struct server *server;
	int lease[2];

	prepare(fixture, region);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lease), 0);
	fixture->lease = lease[0];
	steps[0].fds[0] = region;
	steps[0].fds[1] = lease[1];
	server = SERVER_START(steps);
	assert_int_equal(iouctl_connect(server_path(server), &fixture->c), 0);
	assert_int_equal(iouctl_ring_create(fixture->c, &options, &fixture->ring), 0);
	server_stop(server);
	close(lease[1]);
	close(region);
}

void fixture_init_opened(struct fixture *fixture, uint32_t params_size)
{
	int region = make_good_region(params_size, 4096);
	struct step steps[] = {{.expect = "OpenRing", .reply = OPENED_JSON, .n_fds = 1}};
	struct server *server;

	prepare(fixture, region);
	steps[0].fds[0] = region;
	server = SERVER_START(steps);
	assert_int_equal(iouctl_connect(server_path(server), &fixture->c), 0);
	assert_int_equal(iouctl_ring_open(fixture->c, "r1", &fixture->ring), 0);
	server_stop(server);
	close(region);
}

void fixture_done(struct fixture *fixture)
{
	assert_null(iouctl_ring_free(fixture->ring));
	assert_null(iouctl_free(fixture->c));
	if (fixture->lease >= 0)
		close(fixture->lease);
	munmap(fixture->head, fixture->size);
}
