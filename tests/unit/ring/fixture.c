/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../fds.h"
#include "ring/title.h"
#include "unit/ring/fixture.h"
#include "wire/json.h"

#define STORE_FDS 2 /* that a manager holds */

static void see_event(void *arg, const struct manager_event *event)
{
	struct fixture *fixture = arg;
	struct seen_event *seen = &fixture->events[fixture->n_events % EVENTS_MAX];

	seen->kind = event->kind;
	seen->number = event->number;
	seen->uid = event->uid;
	seen->generation = event->generation;
	snprintf(seen->ring, sizeof(seen->ring), "%s", event->ring.name);
	snprintf(seen->program, sizeof(seen->program), "%s", event->program);
	snprintf(seen->reason, sizeof(seen->reason), "%s", event->reason ? event->reason : "");
	fixture->n_events++;
	assert_true(fixture->journal_damaged || event->number == fixture->n_events);
	assert_true(event->time_us > 0);
}

const struct seen_event *last_event(const struct fixture *fixture)
{
	assert_true(fixture->n_events > 0);
	return &fixture->events[(fixture->n_events - 1) % EVENTS_MAX];
}

size_t count_events(const struct fixture *fixture, enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < fixture->n_events && i < EVENTS_MAX; i++)
		n += fixture->events[i].kind == kind;
	return n;
}

void fixture_init(struct fixture *fixture)
{
	struct fake_object object;

	*fixture = (struct fixture){
		.limits = {.rings = 8, .region_bytes = 64u << 20, .entries = 1024},
		.policy = {.probation_ms = 1000, .adopted = WHO_ALL},
		.caps = {{.total = 1 << 20}, {.total = 1ull << 40}},
		.directory = "/tmp/ring-test-XXXXXX",
		.store = "/tmp/ring-store-XXXXXX",
	};
	assert_non_null(mkdtemp(fixture->directory));
	assert_non_null(mkdtemp(fixture->store));
	fake_object_copy("copy", &object);
	fake_object_install(&object, fixture->directory, "copy");
	fake_object_copy("paced", &object);
	fake_object_install(&object, fixture->directory, "paced");
	fake_object_nop("nop", &object);
	fake_object_install(&object, fixture->directory, "nop");
	executor_fake_init(&fixture->executor);
	clock_fake_init(&fixture->clock);
	last_use_fake_init(&fixture->last_use);
	users_fake_init(&fixture->users);
	assert_int_equal(kern_fake_new(&fixture->plan, &fixture->kern), 0);
	assert_int_equal(hosts_fake_new(&fixture->plan, &fixture->hosts), 0);
}

static void taken_over(void *arg)
{
	struct fixture *fixture = arg;

	fixture->ready = true;
	if (fixture->on_ready)
		fixture->on_ready(fixture->on_ready_arg);
	fixture->on_ready = NULL;
}

void fixture_await_ready(struct fixture *fixture, void (*ready)(void *arg), void *arg)
{
	if (fixture->ready) {
		ready(arg);
		return;
	}
	fixture->on_ready = ready;
	fixture->on_ready_arg = arg;
}

void fixture_set_rules(struct fixture *fixture, const char *rules)
{
	struct policy_defaults defaults;

	policies_fake_defaults(&defaults);
	defaults.values[POLICY_RINGS] = (int64_t)fixture->limits.rings;
	defaults.values[POLICY_REGION_BYTES] = (int64_t)fixture->limits.region_bytes;
	defaults.values[POLICY_ENTRIES] = (int64_t)fixture->limits.entries;
	defaults.values[POLICY_PERSISTENT_RINGS] = fixture->policy.persistent;
	defaults.values[POLICY_ADOPTED_RINGS] = fixture->policy.adopted;
	policies_fake_set(&fixture->policies, &defaults, rules);
}

int fixture_manage(struct fixture *fixture)
{
	const struct manager_setup setup = {
		.kern = fixture->kern,
		.hosts = fixture->hosts,
		.executor = &fixture->executor.executor,
		.clock = &fixture->clock.clock,
		.last_use = &fixture->last_use.port,
		.program_directory = fixture->directory,
		.store_directory = fixture->store,
		.policies = &fixture->policies,
		.probation_ms = fixture->policy.probation_ms,
		.caps = fixture->caps,
		.observer = {.event = see_event, .arg = fixture},
	};
	int r;

	if (fixture->fds == 0)
		fixture->fds = count_fds();
	fixture_set_rules(fixture, fixture->rules);
	r = domain_init(&fixture->domain, &setup, &fixture->users.users);
	fixture->manager = fixture->domain.manager;
	fixture->declared = fixture->domain.declared;
	if (r < 0)
		return r;
	fixture->ready = false;
	fixture->on_ready = NULL;
	domain_begin(&fixture->domain, taken_over, fixture);
	return 0;
}

void fixture_start_limited(struct fixture *fixture, struct manager_limits limits)
{
	fixture_init(fixture);
	fixture->limits = limits;
	assert_int_equal(fixture_manage(fixture), 0);
	fixture_run(fixture);
}

void fixture_start(struct fixture *fixture)
{
	fixture_init(fixture);
	assert_int_equal(fixture_manage(fixture), 0);
	fixture_run(fixture);
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

static void ignore_end(void *arg, int r, const struct note *note, const struct ring_view *view)
{
}

static void note_stopped(void *arg)
{
	bool *stopped = arg;

	assert_false(*stopped);
	*stopped = true;
}

/* Whatever state they are in. */
static void destroy_all(struct fixture *fixture)
{
	const struct peer root = peer_of(0);
	struct ring_view view;
	struct note note = {};

	for (size_t i = 0; i < manager_ring_count(fixture->manager, &root); i++) {
		manager_ring_at(fixture->manager, &root, i, &view);
		if (manager_ring_destroy(fixture->manager, &root, view.title.full, ignore_end, NULL,
					 &note) != 0)
			note_done(&note);
	}
	fixture_run(fixture);
	clock_fake_advance(&fixture->clock, 60000); /* for hosts that were muted */
	fixture_run(fixture);
}

static void free_domain(struct fixture *fixture)
{
	domain_done(&fixture->domain);
	fixture->manager = NULL;
	fixture->declared = NULL;
	fixture->stopped = false;
}

void fixture_stop(struct fixture *fixture)
{
	domain_stop(&fixture->domain, note_stopped, &fixture->stopped);
	fixture_run(fixture);
	clock_fake_advance(&fixture->clock, 60000); /* for hosts that were muted */
	fixture_run(fixture);
	assert_true(fixture->stopped);
	free_domain(fixture);
}

/* Of daemons that were killed: their memory is not to be taken for a leak. */
struct domain fixture_dead[256];

void fixture_kill(struct fixture *fixture)
{
	static size_t n_dead;

	assert_true(n_dead < sizeof(fixture_dead) / sizeof(fixture_dead[0]));
	fixture_dead[n_dead++] = fixture->domain;
	fixture->manager = NULL;
	fixture->declared = NULL;
	fixture->crashed = true;
	executor_fake_init(&fixture->executor);
	clock_fake_init(&fixture->clock);
	last_use_fake_init(&fixture->last_use);
	kern_fake_forget(fixture->kern);
	fixture->policies.usages = (struct usages){};
	hosts_fake_orphan(fixture->hosts);
}

static void manage_next(struct fixture *fixture)
{
	assert_int_equal(fixture_manage(fixture), 0);
	fixture_run(fixture);
}

void fixture_restart(struct fixture *fixture)
{
	fixture_stop(fixture);
	manage_next(fixture);
}

void fixture_crash(struct fixture *fixture)
{
	fixture_kill(fixture);
	manage_next(fixture);
}

void fixture_done(struct fixture *fixture)
{
	struct kern_fake_tally tally;
	char loaded[80];

	if (fixture->stopped) /* what it has left is the next one's */
		free_domain(fixture);
	if (!fixture->manager)
		manage_next(fixture);
	destroy_all(fixture);
	domain_stop(&fixture->domain, note_stopped, &fixture->stopped);
	fixture_run(fixture);
	assert_true(fixture->stopped);
	assert_nothing_left(fixture);
	free_domain(fixture);
	kern_fake_tally(fixture->kern, &tally);
	assert_int_equal(tally.programs, 0);
	executor_fake_done(&fixture->executor);
	clock_fake_done(&fixture->clock);
	last_use_fake_done(&fixture->last_use);
	fixture->hosts->ops->free(fixture->hosts);
	fixture->kern->ops->free(fixture->kern);
	snprintf(loaded, sizeof(loaded), "%s/loaded", fixture->store);
	remove_directory(loaded);
	remove_directory(fixture->store);
	remove_directory(fixture->directory);
	policies_fake_done(&fixture->policies);
}

bool fixture_step(struct fixture *fixture)
{
	return executor_fake_run_one(&fixture->executor) || hosts_fake_step(fixture->hosts);
}

bool fixture_step_hosts(struct fixture *fixture)
{
	return hosts_fake_step(fixture->hosts) || executor_fake_run_one(&fixture->executor);
}

bool fixture_step_youngest(struct fixture *fixture)
{
	return executor_fake_run_youngest(&fixture->executor) || hosts_fake_step(fixture->hosts);
}

void fixture_run(struct fixture *fixture)
{
	while (fixture_step(fixture))
		;
}

void assert_nothing_left(struct fixture *fixture)
{
	const struct peer root = peer_of(0);
	struct kern_fake_tally tally;

	if (fixture->manager)
		assert_int_equal(manager_ring_count(fixture->manager, &root), 0);
	kern_fake_tally(fixture->kern, &tally);
	assert_int_equal(tally.dispatchers, 0);
	assert_int_equal(tally.pins, 0);
	assert_int_equal(hosts_fake_count(fixture->hosts), 0);
	if (!fixture->crashed)
		assert_int_equal(count_fds(), fixture->fds + (fixture->manager ? STORE_FDS : 0));
}

static void copy_note(const struct note *from, struct note *to)
{
	note_done(to);
	to->fault = from->fault;
	for (size_t i = 0; i < NOTE_FIELDS_MAX; i++) {
		to->texts[i] = from->texts[i] ? strdup(from->texts[i]) : NULL;
		to->numbers[i] = from->numbers[i];
	}
}

static void take_result(struct answer *answer, int r, const struct note *note)
{
	answer->calls++;
	answer->r = r;
	if (r > 0) {
		assert_non_null(note);
		assert_int_equal(note->fault, r);
		copy_note(note, &answer->note);
	}
}

void answer_ring(void *arg, int r, const struct note *note, const struct ring_view *view)
{
	struct answer *answer = arg;

	take_result(answer, r, note);
	assert_true(r == 0 || !view);
	if (view) {
		snprintf(answer->name, sizeof(answer->name), "%s", view->title.name);
		answer->state = view->state;
		answer->generation = view->generation;
		if (answer->keep) {
			answer->lease = fcntl(view->lease_fd, F_DUPFD_CLOEXEC, 3);
			answer->region = fcntl(view->region_fd, F_DUPFD_CLOEXEC, 3);
			assert_true(answer->lease >= 0 && answer->region >= 0);
		}
	}
	if (answer->then)
		answer->then(answer);
}

void answer_program(void *arg, int r, const struct note *note, const struct program_view *view)
{
	struct answer *answer = arg;

	take_result(answer, r, note);
	assert_true((r == 0) == !!view);
	if (view) {
		snprintf(answer->name, sizeof(answer->name), "%s", view->name);
		answer->program_state = view->state;
		assert_non_null(view->info);
	}
}

void answer_done(struct answer *answer)
{
	note_done(&answer->note);
	if (answer->lease >= 0)
		close(answer->lease);
	if (answer->region >= 0)
		close(answer->region);
	*answer = ANSWER_NONE;
}

struct peer peer_of(uid_t uid)
{
	static gid_t groups[] = {100, 200};

	return (struct peer){
		.user = {.uid = uid, .gid = uid, .groups = groups, .n_groups = 2},
		.pid = 1,
		.pidfd = -1,
	};
}

void sample_init(struct sample *sample, const char *name)
{
	*sample = (struct sample){
		.files = {{.slot = "source", .fd = memfd_create("source", MFD_CLOEXEC)},
			  {.slot = "target", .fd = memfd_create("target", MFD_CLOEXEC)}},
		.request = {.program = "copy", .name = name, .n_files = 2},
	};
	assert_true(sample->files[0].fd >= 0 && sample->files[1].fd >= 0);
	sample->request.files = sample->files;
}

void sample_parameters(struct sample *sample, const char *json)
{
	json_put(sample->parameters);
	sample->parameters = NULL;
	assert_int_equal(json_parse(json, strlen(json), NULL, &sample->parameters), 0);
	sample->request.parameters = sample->parameters;
}

void sample_done(struct sample *sample)
{
	for (size_t i = 0; i < 2; i++)
		if (sample->files[i].fd >= 0)
			close(sample->files[i].fd);
	json_put(sample->parameters);
}

int create_sample(struct fixture *fixture, uid_t uid, const struct sample *sample,
		  struct answer *answer, struct note *note)
{
	const struct peer peer = peer_of(uid);

	return manager_ring_create(fixture->manager, &peer, &sample->request, answer_ring, answer,
				   note);
}

void make_ring(struct fixture *fixture, const char *name, struct answer *answer)
{
	struct sample sample;

	*answer = ANSWER_NONE;
	answer->keep = true;
	sample_init(&sample, name);
	assert_int_equal(create_sample(fixture, ALICE, &sample, answer, NULL), 0);
	assert_int_equal(answer->calls, 0);
	sample_done(&sample);
	fixture_run(fixture);
	assert_int_equal(answer->calls, 1);
	assert_int_equal(answer->r, 0);
	assert_int_equal(answer->state, RING_CREATED);
}

void start_ring(struct fixture *fixture, const char *name)
{
	const struct peer peer = peer_of(ALICE);
	struct answer answer = ANSWER_NONE;

	assert_int_equal(
		manager_ring_start(fixture->manager, &peer, name, answer_ring, &answer, NULL), 0);
	fixture_run(fixture);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.r, 0);
	assert_int_equal(answer.state, RING_RUNNING);
	set_last(fixture, name, IOURD_STEP_PROGRAM);
}

void destroy_ring(struct fixture *fixture, const char *name)
{
	const struct peer root = peer_of(0);
	struct answer answer = ANSWER_NONE;
	struct ring_view view;

	assert_int_equal(find_ring(fixture, name, NULL, &view), 0);
	assert_int_equal(manager_ring_destroy(fixture->manager, &root, view.title.full, answer_ring,
					      &answer, NULL),
			 0);
	assert_int_equal(answer.calls, 0);
	fixture_run(fixture);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.r, 0);
}

int find_ring(struct fixture *fixture, const char *name, struct note *note, struct ring_view *ret)
{
	const struct peer alice = peer_of(ALICE), root = peer_of(0);

	char full[RING_FULL_MAX];

	if (manager_ring_find(fixture->manager, &alice, name, NULL, ret) == 0)
		return 0;
	snprintf(full, sizeof(full), "%u/%s", ALICE, name);
	if (manager_ring_find(fixture->manager, &root, full, NULL, ret) == 0)
		return 0;
	return manager_ring_find(fixture->manager, &root, name, note, ret);
}

void make_and_destroy_ring(struct fixture *fixture, const char *name)
{
	struct answer answer;

	make_ring(fixture, name, &answer);
	destroy_ring(fixture, name);
	answer_done(&answer);
}

enum ring_state state_of(struct fixture *fixture, const char *name)
{
	struct ring_view view;

	assert_int_equal(find_ring(fixture, name, NULL, &view), 0);
	return view.state;
}

struct host *host_search(struct fixture *fixture, const char *name)
{
	char key[RING_KEY_MAX];

	title_key(ALICE, name, key);
	return hosts_fake_find(fixture->hosts, key) ?: hosts_fake_find(fixture->hosts, name);
}

struct host *host_of(struct fixture *fixture, const char *name)
{
	struct host *host = host_search(fixture, name);

	assert_non_null(host);
	return host;
}

struct kern_dispatcher *dispatcher_of(struct fixture *fixture, const char *name)
{
	struct kern_dispatcher *dispatch;
	char key[RING_KEY_MAX];

	title_key(ALICE, name, key);
	dispatch = kern_fake_dispatcher(fixture->kern, key);
	return dispatch ?: kern_fake_dispatcher(fixture->kern, name);
}

struct kern_fake_pinned *pinned_of(struct fixture *fixture, const char *name)
{
	struct kern_fake_pinned *pinned;
	char key[RING_KEY_MAX];

	title_key(ALICE, name, key);
	pinned = kern_fake_pinned(fixture->kern, key);
	return pinned ?: kern_fake_pinned(fixture->kern, name);
}

void set_last(struct fixture *fixture, const char *name, uint32_t last)
{
	struct kern_dispatcher *dispatch = dispatcher_of(fixture, name);

	assert_non_null(dispatch);
	fixture->kern->ops->dispatcher_state(dispatch)->last = last;
}
