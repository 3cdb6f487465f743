/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/container-of.h"
#include "declared/declared.h"
#include "os/rings-d.h"
#include "policies.h"
#include "common/cleanup.h"
#include "util/log.h"

static void read_work(struct job *job)
{
	struct reload *reload = container_of(job, struct reload, job);

	if (reload->with_policy)
		reload->policy_result = policies_read(
			reload->policy_source, "the one before stays in force", &reload->policy);
	reload->result = rings_d_read(reload->directory, &reload->declarations);
}

static void exchange_policy(struct reload *reload)
{
	reload->policy_refused = reload->policy_result < 0;
	if (reload->policy_refused)
		return;
	policy_free(reload->policies->current);
	reload->policies->current = take_ptr(reload->policy);
	reload->policy_changed(reload->arg);
}

static void read_done(struct job *job)
{
	struct reload *reload = container_of(job, struct reload, job);
	int r = reload->result;

	reload->reading = false;
	if (reload->again) {
		reload->again = false;
		declarations_done(&reload->declarations);
		policy_free(take_ptr(reload->policy));
		reload_begin(reload, reload->with_policy || reload->again_policy);
		return;
	}
	/* first: new rings of declarations are subject to it */
	if (reload->with_policy)
		exchange_policy(reload);
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

void reload_begin(struct reload *reload, bool with_policy)
{
	if (reload->reading) {
		reload->again = true;
		reload->again_policy |= with_policy;
		return;
	}
	reload->reading = true;
	reload->with_policy = with_policy;
	reload->again_policy = false;
	reload->job = (struct job){.work = read_work, .done = read_done};
	reload->executor->submit(reload->executor, &reload->job);
}

void reload_done(struct reload *reload)
{
	declarations_done(&reload->declarations);
	policy_free(reload->policy);
}
