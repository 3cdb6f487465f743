/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/api.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "api/context.h"
#include "common/container-of.h"

int api_new(const struct api_setup *setup, struct api **ret)
{
	struct api *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->manager = setup->manager;
	made->declared = setup->declared;
	made->kern = setup->kern;
	made->policies = setup->policies;
	made->limits = setup->limits;
	list_init(&made->sessions);
	list_init(&made->calls);
	list_init(&made->watchers);
	*ret = made;
	return 0;
}

void api_free(struct api *api)
{
	struct list_link *link;

	if (!api)
		return;
	assert(list_is_empty(&api->sessions) && list_is_empty(&api->watchers));
	while ((link = list_first(&api->calls)))
		call_free(container_of(link, struct call, link));
	free(api);
}
