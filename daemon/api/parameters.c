/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parameters.c - ReadParameters and WriteParameters */
#include "api/context.h"
#include "api/handlers.h"
#include "wire/json.h"

int handle_read_parameters(struct call *call, const void *input)
{
	const struct in_read_parameters *in = input;
	_cleanup_json_ struct json_object *parameters = NULL;
	struct out_read_parameters out;
	uint64_t generation;
	int r;

	r = manager_parameters_read(call->api->manager, &call->peer, in->ring, in->fields.items,
				    in->fields.n, &call->note, &parameters, &generation);
	if (r != 0)
		return r;
	out.parameters = parameters;
	out.generation = (int64_t)generation;
	call_reply(call, &out);
	return 0;
}

int handle_write_parameters(struct call *call, const void *input)
{
	const struct in_write_parameters *in = input;
	int r;

	r = manager_parameters_write(call->api->manager, &call->peer, in->ring, in->parameters,
				     &call->note);
	if (r == 0)
		call_reply_empty(call);
	return r;
}
