/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring/rename.h"

#include <errno.h>

#include "host/host.h"
#include "kern/kern.h"
#include "ring/title.h"
#include "util/log.h"

#define NAMES_MAX 1000 /* that are tried */

static int rename_to(struct hosts *hosts, struct kern *kern, struct kern_dispatcher *dispatcher,
		     const char *from, const char *to)
{
	int r = hosts->ops->rename(hosts, from, to);

	if (r < 0 || !dispatcher)
		return r;
	r = kern->ops->dispatcher_rename(dispatcher, to);
	if (r < 0 && hosts->ops->rename(hosts, to, from) < 0)
		log_warning("ring %s has the control socket of ring %s", from, to);
	return r;
}

int ring_rename(struct hosts *hosts, struct kern *kern, struct kern_dispatcher *dispatcher,
		const char *key, char ret[RING_KEY_MAX])
{
	int r = -EEXIST;

	for (unsigned int i = 1; r == -EEXIST && i <= NAMES_MAX; i++) {
		if (!title_ending_key(key, i, ret))
			return -EALREADY;
		r = rename_to(hosts, kern, dispatcher, key, ret);
	}
	return r;
}
