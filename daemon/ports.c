/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ports.h"

#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "common/cleanup.h"
#include "host/host.h"
#include "kern/kern.h"
#include "net/last-use.h"
#include "net/loop.h"
#include "net/pool.h"
#include "os/config.h"
#include "os/lock.h"
#include "os/place.h"
#include "util/log.h"

static int failed(const char *what, const char *path, int r)
{
	log_error("%s %s: %s", what, path, strerror(-r));
	return r;
}

static int take_lock(struct ports *ports, const struct config *config)
{
	_cleanup_free_ char *problem = NULL;
	int r = lock_take(config->runtime_directory, config->socket, &ports->lock_fd, &problem);

	if (r < 0)
		log_error("%s", problem ?: strerror(-r));
	return r;
}

static int make_loop(struct ports *ports, const struct config *config)
{
	int r = loop_new(&ports->loop);

	if (r < 0)
		return failed("cannot make", "an event loop", r);
	loop_clock_init(&ports->clock, ports->loop);
	r = pool_new(ports->loop, &ports->pool);
	if (r < 0)
		return failed("cannot make", "the pool of threads", r);
	r = brokers_new(loop_ev(ports->loop), config->broker_program, &ports->parcels);
	if (r < 0)
		return failed("cannot use", config->broker_program, r);
	r = last_use_port_new(ports->loop, &ports->last_use);
	return r < 0 ? failed("cannot make", "an inotify instance", r) : 0;
}

static int make_kern(struct ports *ports, const struct config *config)
{
	_cleanup_free_ char *records = NULL, *problem = NULL;
	int r;

	if (asprintf(&records, "%s/inspected", config->runtime_directory) < 0) {
		records = NULL;
		return -ENOMEM;
	}
	r = kern_linux_new(config->dispatcher, config->loader_program, records,
			   config->pin_directory, &ports->kern);
	if (r < 0)
		return failed("cannot use the dispatcher", config->dispatcher, r);
	/* a daemon with another runtime directory would take over our pins as a dead daemon's */
	r = lock_take_directory(config->pin_directory, &ports->pins_lock_fd, &problem);
	if (r < 0)
		log_error("%s", problem ?: strerror(-r));
	return r;
}

static int make_hosts(struct ports *ports, const struct config *config)
{
	_cleanup_free_ char *directory = NULL;
	int r;

	if (asprintf(&directory, "%s/hosts", config->runtime_directory) < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	r = hosts_linux_new(loop_ev(ports->loop), config->host_program, directory, &ports->hosts);
	if (r < 0)
		return failed("cannot use the directory of hosts", directory, r);
	if (place_available())
		hosts_linux_set_systemd(ports->hosts, pool_executor(ports->pool), place_by_systemd);
	return 0;
}

int ports_init(struct ports *ports, const struct config *config)
{
	int r = take_lock(ports, config);

	r = r ?: make_loop(ports, config);
	r = r ?: make_kern(ports, config);
	return r ?: make_hosts(ports, config);
}

void ports_done(struct ports *ports)
{
	if (ports->hosts)
		ports->hosts->ops->free(ports->hosts);
	safe_close(ports->pins_lock_fd);
	if (ports->kern)
		ports->kern->ops->free(ports->kern);
	last_use_port_free(ports->last_use);
	brokers_free(ports->parcels);
	pool_free(ports->pool);
	loop_free(ports->loop);
	safe_close(ports->lock_fd);
}
