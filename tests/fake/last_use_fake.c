/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake/last_use_fake.h"

#include <assert.h>

static struct last_use_fake *fake_of(struct last_use_port *port)
{
	return container_of(port, struct last_use_fake, port);
}

static int last_use_fake_await(struct last_use_port *port, int fd, struct last_use *use)
{
	struct last_use_fake *fake = fake_of(port);

	assert(fd >= 0 && !use->link.next);
	if (fake->error < 0)
		return fake->error;
	list_append(&fake->uses, &use->link);
	return 0;
}

static void last_use_fake_cancel(struct last_use_port *port, struct last_use *use)
{
	list_unlink(&use->link);
}

static void last_use_fake_collect(struct last_use_port *port)
{
	struct last_use_fake *fake = fake_of(port);
	struct list_link *link;

	while (!fake->held && (link = list_first(&fake->uses))) {
		list_unlink(link);
		container_of(link, struct last_use, link)
			->gone(container_of(link, struct last_use, link));
	}
}

void last_use_fake_init(struct last_use_fake *fake)
{
	*fake = (struct last_use_fake){
		.port =
			{
				.await = last_use_fake_await,
				.cancel = last_use_fake_cancel,
				.collect = last_use_fake_collect,
			},
	};
	list_init(&fake->uses);
}

void last_use_fake_done(struct last_use_fake *fake)
{
	assert(list_is_empty(&fake->uses));
}

size_t last_use_fake_count(const struct last_use_fake *fake)
{
	const struct last_use *use;
	size_t n = 0;

	list_for_each(use, &fake->uses, link)
		n++;
	return n;
}
