/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/container-of.h"
#include "declared/declared.h"
#include "os/rings-d.h"
#include "util/log.h"

static void read_work(struct job *job)
{
	struct reload *reload = container_of(job, struct reload, job);

	reload->result = rings_d_read(reload->directory, &reload->declarations);
}

static void read_done(struct job *job)
{
	struct reload *reload = container_of(job, struct reload, job);
	int r = reload->result;

	reload->reading = false;
	if (reload->again) {
		reload->again = false;
		declarations_done(&reload->declarations);
		reload_begin(reload);
		return;
	}
	if (r == 0)
		r = declared_apply(reload->declared, &reload->declarations, reload->done,
				   reload->arg);
	declarations_done(&reload->declarations);
	if (r == -ESHUTDOWN || r == 0)
		return;
	log_error("%s cannot be applied: %s; the declared rings stay as they are",
		  reload->directory, strerror(-r));
	reload->done(reload->arg);
}

void reload_begin(struct reload *reload)
{
	if (reload->reading) {
		reload->again = true;
		return;
	}
	reload->reading = true;
	reload->job = (struct job){.work = read_work, .done = read_done};
	reload->executor->submit(reload->executor, &reload->job);
}

void reload_done(struct reload *reload)
{
	declarations_done(&reload->declarations);
}
