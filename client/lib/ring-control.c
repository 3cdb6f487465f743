/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring-control.c - calls to the daemon that control an existing ring */
#include <errno.h>

#include "lib/connection.h"
#include "lib/ring.h"
#include "wire/json.h"
#include "wire/manager.h"

static int command(struct iouctl_ring *ring, const char *method)
{
	const struct in_ring in = {.ring = ring->name};

	return connection_command(ring->connection, method, &in);
}

int iouctl_ring_start(struct iouctl_ring *ring)
{
	return command(ring, "StartRing");
}

int iouctl_ring_pause(struct iouctl_ring *ring)
{
	return command(ring, "PauseRing");
}

int iouctl_ring_resume(struct iouctl_ring *ring)
{
	return command(ring, "ResumeRing");
}

int iouctl_ring_destroy(struct iouctl_ring *ring)
{
	return command(ring, "DestroyRing");
}

int iouctl_ring_swap(struct iouctl_ring *ring, const char *program, uint64_t expected_generation,
		     uint64_t *ret_generation)
{
	_cleanup_(reply_done) struct reply reply = {};
	struct failure *failure = &ring->connection->failure;
	struct in_swap_program in = {.ring = ring->name, .program = program};
	struct swap_reply out;
	int r;

	if (!program)
		return failure_set(failure, -EINVAL, "no name of a program to swap to");
	if (expected_generation > INT64_MAX)
		return failure_set(failure, -EINVAL, "generation %llu is out of range",
				   (unsigned long long)expected_generation);
	in.expected_generation.set = expected_generation > 0;
	in.expected_generation.value = (int64_t)expected_generation;
	r = connection_request(ring->connection, "SwapProgram", &in, &reply_swap_type, &out,
			       &reply);
	if (r < 0)
		return r;
	if (ret_generation)
		*ret_generation = out.generation;
	return 0;
}

int iouctl_ring_set(struct iouctl_ring *ring, const char *parameters)
{
	_cleanup_json_ struct json_object *object = NULL;
	struct in_write_parameters in = {.ring = ring->name};
	int r;

	r = connection_parse(ring->connection, "parameters", parameters, &object);
	if (r < 0)
		return r;
	in.parameters = object;
	return connection_command(ring->connection, "WriteParameters", &in);
}

int iouctl_ring_get(struct iouctl_ring *ring, char **ret_parameters)
{
	_cleanup_(reply_done) struct reply reply = {};
	const struct in_read_parameters in = {.ring = ring->name};
	struct parameters_reply out;
	char *text;
	int r;

	r = connection_request(ring->connection, "ReadParameters", &in, &reply_parameters_type,
			       &out, &reply);
	if (r < 0)
		return r;
	r = json_print(out.parameters, false, &text);
	if (r < 0)
		return failure_set(&ring->connection->failure, r,
				   "not enough memory for the parameters of ring %s", ring->name);
	*ret_parameters = text;
	return 0;
}
