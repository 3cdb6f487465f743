/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "audit.h"
#include "domain.h"
#include "host/host.h"
#include "kern/kern.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/pool.h"
#include "os/activation.h"
#include "os/config.h"
#include "os/file-limit.h"
#include "os/notify.h"
#include "os/users.h"
#include "policies.h"
#include "ports.h"
#include "reload.h"
#include "manager/manager.h"
#include "status-line.h"
#include "util/log.h"
#include "util/log-record.h"
#include "common/cleanup.h"
#include "common/container-of.h"

#define STATUS_PAUSE_MS	 250   /* between two status lines */
#define RECORDS_PAUSE_MS 500   /* until the journal is tried again */
#define STOP_LIMIT_MS	 20000 /* for the end of rings that were being made */

struct daemon {			     /* in daemon_run(); members in the order of their making */
	const struct config *config; /* borrowed */
	struct ports ports;
	struct signal_source *terminate;
	struct signal_source *interrupt;
	struct signal_source *hangup;
	struct policy_defaults policy_defaults;
	struct policy_d policy_source;
	struct policies policies;
	struct domain domain;
	struct reload reload;
	struct api *api;
	struct listen_socket listening;
	struct listener *listener;
	struct timer status_timer;
	struct timer stop_timer;
	struct timer records_timer;
	bool stopping;
	bool stopped; /* the domain has stopped */
	bool failed;  /* it stops because it cannot serve */
	bool invalid; /* a restart does not help: the policy is */
};

static void on_status_timer(struct timer *timer)
{
	struct daemon *daemon = container_of(timer, struct daemon, status_timer);
	char status[256];

	if (daemon->stopping)
		return;
	status_line(&daemon->domain, daemon->ports.kern, status, sizeof(status));
	notify_status(status);
}

/* ---- records that the journal has not taken ---- */

static void await_journal(void *arg)
{
	struct daemon *daemon = arg;

	if (!daemon->records_timer.armed)
		daemon->ports.clock.port.start(&daemon->ports.clock.port, &daemon->records_timer,
					       RECORDS_PAUSE_MS);
}

static void on_records_timer(struct timer *timer)
{
	struct daemon *daemon = container_of(timer, struct daemon, records_timer);

	if (!log_records_flush())
		await_journal(daemon);
}

static void on_event(void *arg, const struct manager_event *event)
{
	struct daemon *daemon = arg;

	audit_event(event);
	if (daemon->api)
		api_event(daemon->api, event);
	if (!daemon->status_timer.armed)
		daemon->ports.clock.port.start(&daemon->ports.clock.port, &daemon->status_timer,
					       STATUS_PAUSE_MS);
}

/* ---- the end ---- */

static void on_stopped(void *arg)
{
	struct daemon *daemon = arg;

	daemon->stopped = true;
	loop_break(daemon->ports.loop);
}

static void on_stop_timer(struct timer *timer)
{
	struct daemon *daemon = container_of(timer, struct daemon, stop_timer);
	const struct peer everybody = {0};

	log_error("%zu rings did not end within %d s; the next iouringd ends them",
		  manager_ring_count(daemon->domain.manager, &everybody), STOP_LIMIT_MS / 1000);
	loop_break(daemon->ports.loop);
}

static void stop(struct daemon *daemon)
{
	daemon->stopping = true;
	notify_stopping("Stopping; rings keep running");
	if (daemon->listener)
		listener_stop(daemon->listener);
	daemon->ports.clock.port.start(&daemon->ports.clock.port, &daemon->stop_timer,
				       STOP_LIMIT_MS);
	domain_stop(&daemon->domain, on_stopped, daemon);
}

static void on_signal(void *arg, int number)
{
	struct daemon *daemon = arg;

	if (!daemon->stopping)
		stop(daemon);
}

/* ---- policy and declared rings ---- */

static void on_policy_changed(void *arg)
{
	const struct daemon *daemon = arg;

	if (!daemon->stopping)
		manager_policy_changed(daemon->domain.manager);
}

static void on_declared(void *arg)
{
	struct daemon *daemon = arg;
	char status[256];

	if (daemon->stopping)
		return;
	if (daemon->reload.policy_refused) {
		notify_ready(
			"The policy is the one before the reload: iouringd --check-config says "
			"what is wrong");
		return;
	}
	status_line(&daemon->domain, daemon->ports.kern, status, sizeof(status));
	notify_ready(status);
}

static void on_hangup(void *arg, int number)
{
	struct daemon *daemon = arg;

	/* at the start on_ready reads them, when it has begun to listen */
	if (daemon->stopping || !daemon->listener)
		return;
	notify_reloading("Reading the policy and the declarations of rings");
	reload_begin(&daemon->reload, true);
}

/* ---- the start ---- */

static void init_timers(struct daemon *daemon)
{
	daemon->status_timer.fire = on_status_timer;
	daemon->stop_timer.fire = on_stop_timer;
	daemon->records_timer.fire = on_records_timer;
	log_records_set_wake(await_journal, daemon);
}

static int failed(const char *what, const char *path, int r)
{
	log_error("%s %s: %s", what, path, strerror(-r));
	return r;
}

static int start_policy(struct daemon *daemon)
{
	int r;

	policies_defaults(daemon->config, &daemon->policy_defaults);
	daemon->policy_source = policies_source(daemon->config, &daemon->policy_defaults);
	r = policies_read(&daemon->policy_source, "iouringd does not start without one",
			  &daemon->policies.current);
	daemon->invalid = r == -EINVAL;
	return r;
}

static int start_domain(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	_cleanup_free_ char *store = NULL;
	struct manager_setup setup = {
		.kern = daemon->ports.kern,
		.hosts = daemon->ports.hosts,
		.executor = pool_executor(daemon->ports.pool),
		.clock = &daemon->ports.clock.port,
		.last_use = daemon->ports.last_use,
		.program_directory = config->program_directory,
		.policies = &daemon->policies,
		.probation_ms = (unsigned int)config->probation_ms,
		.caps =
			{
				.rings =
					{
						.total = (uint64_t)config->rings,
						.guaranteed = (uint64_t)config->guaranteed_rings,
					},
				.region_bytes =
					{
						.total = (uint64_t)config->region_bytes,
						.guaranteed =
							(uint64_t)config->guaranteed_region_bytes,
					},
			},
		.observer = {.event = on_event, .arg = daemon},
	};
	int r;

	if (asprintf(&store, "%s/programs", config->runtime_directory) < 0) {
		store = NULL;
		return -ENOMEM;
	}
	setup.store_directory = store;
	r = domain_init(&daemon->domain, &setup, users_linux());
	if (r < 0)
		return failed("cannot read the programs in", config->program_directory, r);
	daemon->reload = (struct reload){
		.declared = daemon->domain.declared,
		.executor = pool_executor(daemon->ports.pool),
		.directory = config->ring_directory,
		.policy_source = &daemon->policy_source,
		.policies = &daemon->policies,
		.policy_changed = on_policy_changed,
		.done = on_declared,
		.arg = daemon,
	};
	return 0;
}

static int start_api(struct daemon *daemon)
{
	const struct api_setup setup = {
		.manager = daemon->domain.manager,
		.declared = daemon->domain.declared,
		.kern = daemon->ports.kern,
		.policies = &daemon->policies,
		.limits =
			{
				.message_bytes = MANAGER_CALL_MAX,
				.message_depth = MANAGER_DEPTH_MAX,
				.message_fds = MANAGER_FDS_MAX,
			},
	};
	int r;

	r = api_new(&setup, &daemon->api);
	return r < 0 ? failed("cannot make", "the interface", r) : 0;
}

static int listen_now(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	const struct listener_limits limits = {
		.connections = (size_t)config->connections,
		.guaranteed = (size_t)config->guaranteed_connections,
		.policies = &daemon->policies,
	};
	_cleanup_free_ char *problem = NULL;
	int r;

	r = listen_socket_init(&daemon->listening, config->socket, &problem);
	if (r < 0) {
		log_error("%s", problem ?: strerror(-r));
		return r;
	}
	r = listener_new(daemon->ports.loop, daemon->listening.fd, &limits, daemon->ports.parcels,
			 &api_handler, daemon->api, &daemon->listener);
	return r < 0 ? failed("cannot listen on", config->socket, r) : 0;
}

/*
 * The programs are open, and rings of an earlier daemon are taken over. Clients that have connected
 * meanwhile, by socket activation, are served from now on.
 */
static void on_ready(void *arg)
{
	struct daemon *daemon = arg;
	char status[256];

	if (daemon->stopping)
		return;
	if (listen_now(daemon) < 0) {
		daemon->failed = true;
		stop(daemon);
		return;
	}
	status_line(&daemon->domain, daemon->ports.kern, status, sizeof(status));
	notify_ready(status);
	log_info("ready: %s", status);
	reload_begin(&daemon->reload, false); /* the policy has been read */
}

static int start_signals(struct daemon *daemon)
{
	int r;

	signal(SIGPIPE, SIG_IGN);
	r = signal_source_new(daemon->ports.loop, SIGTERM, on_signal, daemon, &daemon->terminate);
	if (r == 0)
		r = signal_source_new(daemon->ports.loop, SIGINT, on_signal, daemon,
				      &daemon->interrupt);
	if (r == 0)
		r = signal_source_new(daemon->ports.loop, SIGHUP, on_hangup, daemon,
				      &daemon->hangup);
	return r < 0 ? failed("cannot watch", "signals", r) : 0;
}

static int start(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	int r;

	file_limit_raise();
	r = start_policy(daemon);
	r = r ?: ports_init(&daemon->ports, config);
	if (r < 0)
		return r;
	init_timers(daemon);
	r = start_domain(daemon);
	r = r ?: start_api(daemon);
	r = r ?: start_signals(daemon);
	if (r < 0)
		return r;
	domain_begin(&daemon->domain, on_ready, daemon);
	return 0;
}

/* Frees what has been made, in reverse order. */
static void done(struct daemon *daemon)
{
	if (daemon->ports.loop) {
		log_records_set_wake(NULL, NULL);
		daemon->ports.clock.port.cancel(&daemon->ports.clock.port, &daemon->records_timer);
		daemon->ports.clock.port.cancel(&daemon->ports.clock.port, &daemon->stop_timer);
		daemon->ports.clock.port.cancel(&daemon->ports.clock.port, &daemon->status_timer);
	}
	signal_source_free(daemon->hangup);
	signal_source_free(daemon->interrupt);
	signal_source_free(daemon->terminate);
	listener_free(daemon->listener);
	listen_socket_done(&daemon->listening);
	api_free(daemon->api);
	pool_free(take_ptr(daemon->ports.pool)); /* its threads use the domain */
	reload_done(&daemon->reload);
	domain_done(&daemon->domain);
	ports_done(&daemon->ports);
	policy_free(daemon->policies.current);
}

int daemon_run(const struct config *config)
{
	struct daemon daemon = {
		.config = config,
		.ports = PORTS_NONE,
		.listening = {.fd = -1},
	};
	int r;

	r = start(&daemon);
	if (r < 0 && daemon.domain.manager) {
		/* its jobs may be under way */
		daemon.stopping = true;
		domain_stop(&daemon.domain, on_stopped, &daemon);
	}
	if (daemon.domain.manager && !daemon.stopped)
		loop_run(daemon.ports.loop);
	if (daemon.domain.manager && !daemon.stopped)
		return EXIT_FAILURE; /* jobs or rings are left, which use all of it */
	done(&daemon);
	if (daemon.invalid)
		return CONFIG_EXIT_STATUS;
	return r < 0 || daemon.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
