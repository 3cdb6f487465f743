/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../fds.h"
#include "unit/api/service.h"
#include "common/cleanup.h"
#include "wire/socket.h"

static void on_event(void *arg, const struct manager_event *event)
{
	struct service *service = arg;

	api_event(service->api, event);
}

static void install(struct service *service, const struct fake_object *more)
{
	struct fake_object object;

	strcpy(service->directory, "/tmp/api-test-XXXXXX");
	assert_non_null(mkdtemp(service->directory));
	fake_object_copy("copy", &object);
	fake_object_install(&object, service->directory, "copy");
	fake_object_copy("paced", &object);
	fake_object_install(&object, service->directory, "paced");
	fake_object_nop("nop", &object);
	fake_object_install(&object, service->directory, "nop");
	if (more)
		fake_object_install(more, service->directory, more->descriptor.name);
}

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	rmdir(path);
}

void service_start_with(struct service *service, const struct fake_object *more)
{
	struct manager_setup manager = {.probation_ms = 1000, .observer.event = on_event};
	struct policy_defaults defaults;
	struct api_setup api = {.limits = {.message_fds = MANAGER_FDS_MAX}};

	memset(service, 0, sizeof(*service));
	install(service, more);
	policies_fake_defaults(&defaults);
	defaults.values[POLICY_RINGS] = 8;
	policies_fake_set(&service->policies, &defaults, NULL);
	manager.policies = &service->policies;
	api.policies = &service->policies;
	manager.caps = (struct quota_caps){{.total = 1 << 20}, {.total = 1ull << 40}};
	executor_fake_init(&service->executor);
	clock_fake_init(&service->clock);
	last_use_fake_init(&service->last_use);
	parcels_fake_init(&service->parcels);
	assert_int_equal(kern_fake_new(&service->plan, &service->kern), 0);
	assert_int_equal(hosts_fake_new(&service->plan, &service->hosts), 0);
	assert_int_equal(loop_new(&service->loop), 0);
	manager.kern = service->kern;
	manager.hosts = service->hosts;
	manager.executor = &service->executor.executor;
	manager.clock = &service->clock.clock;
	manager.last_use = &service->last_use.port;
	manager.program_directory = service->directory;
	manager.observer.arg = service;
	assert_int_equal(manager_new(&manager, &service->manager), 0);
	assert_int_equal(declared_new(&(struct declared_setup){.manager = service->manager},
				      &service->declared),
			 0);
	api.manager = service->manager;
	api.declared = service->declared;
	api.kern = service->kern;
	assert_int_equal(api_new(&api, &service->api), 0);
	assert_int_equal(conns_init(&service->conns, service->loop, &service->parcels.port,
				    &service->policies, &api_handler, service->api),
			 0);
	service_settle(service);
	service->fds = count_fds();
}

void service_start(struct service *service)
{
	service_start_with(service, NULL);
}

bool service_step(struct service *service)
{
	loop_run_once(service->loop);
	return parcels_fake_step(&service->parcels) || executor_fake_run_one(&service->executor) ||
	       hosts_fake_step(service->hosts);
}

void service_settle(struct service *service)
{
	/* messages are taken up a few at a time: look more often than once */
	for (unsigned int quiet = 0; quiet < 24; quiet++)
		if (service_step(service))
			quiet = 0;
}

static void note_stopped(void *arg)
{
	*(bool *)arg = true;
}

void assert_nothing_left(struct service *service, size_t n_clients)
{
	const struct peer root = {0};
	struct kern_fake_tally tally;

	kern_fake_tally(service->kern, &tally);
	assert_int_equal(manager_ring_count(service->manager, &root), 0);
	assert_int_equal(tally.dispatchers, 0);
	assert_int_equal(tally.pins, 0);
	assert_int_equal(hosts_fake_count(service->hosts), 0);
	assert_int_equal(count_fds(), service->fds + 2 * n_clients);
}

static void ignore_end(void *arg, int r, const struct note *note, const struct ring_view *view)
{
}

static void destroy_all(struct service *service)
{
	const struct peer root = {0};
	struct ring_view view;
	struct note note = {};

	for (size_t i = 0; i < manager_ring_count(service->manager, &root); i++) {
		manager_ring_at(service->manager, &root, i, &view);
		if (manager_ring_destroy(service->manager, &root, view.title.full, ignore_end, NULL,
					 &note) != 0)
			note_done(&note); /* it is under way */
	}
	service_settle(service);
}

void service_end(struct service *service)
{
	bool stopped = false;

	conns_done(&service->conns);
	service->fds--; /* its epoll instance */
	service_settle(service);
	destroy_all(service);
	manager_stop(service->manager, note_stopped, &stopped);
	service_settle(service);
	assert_true(stopped);
	assert_nothing_left(service, 0);
	api_free(service->api);
	declared_free(service->declared);
	manager_free(service->manager);
	policies_fake_done(&service->policies);
	executor_fake_done(&service->executor);
	clock_fake_done(&service->clock);
	last_use_fake_done(&service->last_use);
	parcels_fake_done(&service->parcels);
	service->hosts->ops->free(service->hosts);
	service->kern->ops->free(service->kern);
	loop_free(service->loop);
	remove_directory(service->directory);
}

void client_connect(struct service *service, uid_t uid, struct client *client)
{
	struct peer peer = {
		.user = {.uid = uid, .gid = uid}, .pid = getpid(), .pidfd = -1, .payer = uid};
	struct conn *conn;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			 0);
	assert_int_equal(conn_new_take_fd(&service->conns, pair[1], &peer, &conn), 0);
	*client = (struct client){.service = service, .fd = pair[0]};
}

void client_close(struct client *client)
{
	schema_fds_done(&client->frame.fds);
	frame_reader_done(&client->reader);
	client->fd = safe_close(client->fd);
}

void say_bytes(struct client *client, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = socket_send(client->fd, bytes, n, NULL, 0);

		if (sent == -EAGAIN) {
			service_step(client->service);
			continue;
		}
		assert_true(sent > 0);
		bytes += sent;
		n -= (size_t)sent;
	}
}

void say(struct client *client, const char *text)
{
	say_bytes(client, text, strlen(text) + 1);
}

void say_with_fds(struct client *client, const char *text, const int *fds, size_t n_fds)
{
	ssize_t n = (ssize_t)strlen(text) + 1;

	assert_int_equal(socket_send(client->fd, text, (size_t)n, fds, n_fds), n);
}

const char *hear(struct client *client)
{
	int r = 0;

	schema_fds_done(&client->frame.fds);
	while (!frame_reader_next(&client->reader, &client->frame)) {
		r = frame_reader_fill(&client->reader, client->fd, NULL);
		if (r != 0)
			return NULL;
	}
	return client->frame.text;
}

bool is_hung_up(struct client *client)
{
	char byte;

	service_settle(client->service);
	return recv(client->fd, &byte, 1, MSG_DONTWAIT) == 0;
}

const char *ask_with_fds(struct client *client, const char *name, const char *parameters,
			 const int *fds, size_t n_fds)
{
	_cleanup_free_ char *text = NULL;
	const char *answer;

	assert_true(asprintf(&text, "{\"method\":\"" METHOD("%s") "\",\"parameters\":%s}", name,
			     parameters) > 0);
	say_with_fds(client, text, fds, n_fds);
	service_settle(client->service);
	answer = hear(client);
	if (!answer)
		fail_msg("%s was not answered", name);
	return answer;
}

const char *ask(struct client *client, const char *name, const char *parameters)
{
	return ask_with_fds(client, name, parameters, NULL, 0);
}

void assert_says(const char *message, const char *part)
{
	if (!message || !strstr(message, part))
		fail_msg("%s\n# does not say %s", message ? message : "nothing", part);
}

void assert_not_says(const char *message, const char *part)
{
	assert_non_null(message);
	if (strstr(message, part))
		fail_msg("%s\n# says %s", message, part);
}

void assert_answer(struct client *client, const char *name, const char *parameters,
		   const char *part)
{
	assert_says(ask(client, name, parameters), part);
}

int make_file(void)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	fd = dup(fileno(file));
	fclose(file);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	return fd;
}

void make_ring(struct client *client, const char *name, int *ret_lease, int *ret_region)
{
	_cleanup_free_ char *parameters = NULL;
	int files[2] = {make_file(), make_file()};
	const char *answer;

	assert_true(asprintf(&parameters,
			     "{\"program\":\"copy\",\"name\":\"%s\",\"files\":["
			     "{\"slot\":\"source\",\"fileDescriptor\":0},"
			     "{\"slot\":\"target\",\"fileDescriptor\":1}]}",
			     name) > 0);
	answer = ask_with_fds(client, "CreateRing", parameters, files, 2);
	close(files[0]);
	close(files[1]);
	assert_says(answer, "\"state\":\"created\"");
	assert_says(answer, "\"regionFileDescriptor\":0");
	assert_says(answer, "\"leaseFileDescriptor\":1");
	assert_int_equal(client->frame.fds.n, 2);
	if (ret_region)
		*ret_region = dup(client->frame.fds.fds[0]);
	if (ret_lease)
		*ret_lease = dup(client->frame.fds.fds[1]);
}
