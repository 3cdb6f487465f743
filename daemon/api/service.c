/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service.c - org.varlink.service: describes this service */
#include <string.h>

#include "api/handlers.h"
#include "common/cleanup.h"
#include "wire/manager.h"

#define INTERFACES_MAX 8

int handle_get_info(struct call *call, const void *input)
{
	const char *names[INTERFACES_MAX];
	struct out_get_info out = {
		.vendor = "The iouringd project",
		.product = "iouringd",
		.version = IOURINGD_VERSION,
		.url = "man:iouringd(8)",
		.interfaces = {.items = names},
	};

	for (size_t i = 0; i < INTERFACES_MAX && api_interfaces[i]; i++)
		names[out.interfaces.n++] = api_interfaces[i]->name;
	call_reply(call, &out);
	return 0;
}

int handle_get_interface_description(struct call *call, const void *input)
{
	const struct in_get_interface_description *in = input;
	struct out_get_interface_description out;
	_cleanup_free_ char *description = NULL;
	int r;

	for (size_t i = 0; api_interfaces[i]; i++) {
		if (strcmp(api_interfaces[i]->name, in->interface) != 0)
			continue;
		r = schema_print_idl(api_interfaces[i], &description);
		if (r < 0)
			return r;
		out.description = description;
		call_reply(call, &out);
		return 0;
	}
	return fault_interface_not_found(&call->note, in->interface);
}
