/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* steer.c - what is asked of the daemon for a ring that is there */
#include <errno.h>

#include "lib/connection.h"
#include "lib/ring.h"
#include "wire/json.h"
#include "wire/manager.h"

static int tell(struct iouctl_ring *ring, const char *method)
{
	const struct in_ring in = {.ring = ring->name};

	return connection_tell(ring->connection, method, &in);
}

int iouctl_ring_start(struct iouctl_ring *ring)
{
	return tell(ring, "StartRing");
}

int iouctl_ring_pause(struct iouctl_ring *ring)
{
	return tell(ring, "PauseRing");
}

int iouctl_ring_resume(struct iouctl_ring *ring)
{
	return tell(ring, "ResumeRing");
}

int iouctl_ring_destroy(struct iouctl_ring *ring)
{
	return tell(ring, "DestroyRing");
}

int iouctl_ring_swap(struct iouctl_ring *ring, const char *program, uint64_t expected_generation,
		     uint64_t *ret_generation)
{
	_cleanup_(answer_done) struct answer answer = {};
	struct failure *failure = &ring->connection->failure;
	struct in_swap_program in = {.ring = ring->name, .program = program};
	struct answer_swap out;
	int r;

	if (!program)
		return failure_set(failure, -EINVAL, "no program to swap to");
	if (expected_generation > INT64_MAX)
		return failure_set(failure, -EINVAL, "there is no generation %llu",
				   (unsigned long long)expected_generation);
	in.expected_generation.set = expected_generation > 0;
	in.expected_generation.value = expected_generation;
	r = connection_ask(ring->connection, "SwapProgram", &in, &answer_swap_type, &out, &answer);
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
	return connection_tell(ring->connection, "WriteParameters", &in);
}

int iouctl_ring_get(struct iouctl_ring *ring, char **ret_parameters)
{
	_cleanup_(answer_done) struct answer answer = {};
	const struct in_read_parameters in = {.ring = ring->name};
	struct answer_parameters out;
	char *text;
	int r;

	r = connection_ask(ring->connection, "ReadParameters", &in, &answer_parameters_type, &out,
			   &answer);
	if (r < 0)
		return r;
	r = json_print(out.parameters, false, &text);
	if (r < 0)
		return failure_set(&ring->connection->failure, r,
				   "no memory for the parameters of ring %s", ring->name);
	*ret_parameters = text;
	return 0;
}
