/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/hosts_fake_struct.h"

static void push(struct host *host, enum control_type answer)
{
	if (host->owner->mute)
		return;
	assert(host->n_answers < FAKE_ANSWERS_MAX);
	host->answers[host->n_answers++] = answer;
}

static int duplicate(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}

static void fake_destroy(struct host *host)
{
	struct host **at;

	for (at = &host->owner->first; *at != host; at = &(*at)->next)
		;
	*at = host->next;
	if (host->owner->last == host) {
		host->owner->last = host->owner->first;
		while (host->owner->last && host->owner->last->next)
			host->owner->last = host->owner->last->next;
	}
	hosts_fake_close_all(host);
	if (host->pidfd >= 0)
		close(host->pidfd);
	free(host->name);
	free(host);
}

static void fake_host_free(struct host *host)
{
	if (host && !host->exited && !host->forgotten)
		host->orphaned = true; /* the process lives on */
	else if (host)
		fake_destroy(host);
}

/* 0 or -errno; what was duplicated so far is in @host either way. */
static int fake_copy_setup(struct host *host, const struct host_setup *setup)
{
	host->setup = *setup;
	host->setup.groups = NULL; /* borrowed: gone after the call */
	host->setup.opcodes = NULL;
	host->setup.region_fd = host->setup.lease_fd = -1;
	host->setup.parcel = NULL; /* borrowed, too */
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		host->setup.files[i] = -1;
	host->name = strdup(setup->name);
	if (!host->name)
		return -ENOMEM;
	host->setup.name = host->name;
	host->pidfd = eventfd(0, EFD_CLOEXEC);
	if (host->pidfd < 0)
		return -errno;
	host->setup.region_fd = duplicate(setup->region_fd);
	if (host->setup.region_fd < 0)
		return host->setup.region_fd;
	if (setup->lease_fd >= 0) {
		host->setup.lease_fd = duplicate(setup->lease_fd);
		if (host->setup.lease_fd < 0)
			return host->setup.lease_fd;
	}
	for (size_t i = 0; i < setup->n_slots; i++) {
		if (setup->files[i] < 0 || setup->parcel)
			continue;
		host->setup.files[i] = duplicate(setup->files[i]);
		if (host->setup.files[i] < 0)
			return host->setup.files[i];
	}
	return 0;
}

static struct host *fake_new(struct hosts_fake *fake, const struct host_callbacks *callbacks,
			     void *arg)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->owner = fake;
	host->pidfd = -1;
	host->waits = (struct host_waits){.opcode = -1, .slot = -1};
	host->callbacks = *callbacks;
	host->arg = arg;
	host->pid = ++fake->last_pid;
	if (fake->last)
		fake->last->next = host;
	else
		fake->first = host;
	fake->last = host;
	return host;
}

static int fake_start(struct hosts *hosts, const struct host_setup *setup,
		      const struct host_callbacks *callbacks, void *arg, struct host **ret)
{
	struct hosts_fake *fake = (struct hosts_fake *)hosts;
	struct host *host;
	int r;

	r = fail_next(fake->plan, "host start");
	if (r < 0)
		return r;
	host = fake_new(fake, callbacks, arg);
	if (!host)
		return -ENOMEM;
	r = fake_copy_setup(host, setup);
	if (r < 0) {
		fake_destroy(host);
		return r;
	}
	host->state = CONTROL_READY;
	push(host, CONTROL_READY);
	*ret = host;
	return 0;
}

static int fake_adopt(struct hosts *hosts, const char *name, const struct host_callbacks *callbacks,
		      void *arg, int *ret_lease_fd, struct host **ret)
{
	struct hosts_fake *fake = (struct hosts_fake *)hosts;
	struct host_setup setup = {.name = name, .region_fd = -1, .lease_fd = -1};
	struct host *host;
	int lease[2], r = fail_next(fake->plan, "host adopt");

	if (r < 0)
		return r;
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		setup.files[i] = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lease) < 0)
		return -errno;
	host = fake_new(fake, callbacks, arg);
	assert(host);
	host->setup = setup;
	host->name = strdup(name);
	host->setup.name = host->name;
	host->setup.lease_fd = lease[0];
	host->pidfd = eventfd(0, EFD_CLOEXEC);
	host->adopted = true;
	*ret_lease_fd = lease[1];
	*ret = host;
	return 0;
}

static int fake_set_runner(struct host *host, uid_t uid, pid_t pid)
{
	int r = fail_next(host->owner->plan, "host application");

	if (r < 0)
		return r;
	host->setup.uid = uid;
	host->pid = pid;
	return 0;
}

static int fake_command(struct host *host, enum control_type type)
{
	int r = fail_next(host->owner->plan, "host command");

	if (r == -EPIPE) /* it is going away: that is to be seen, then */
		push(host, CONTROL_END);
	if (r < 0)
		return r;
	if (host->exited)
		return -EPIPE;
	if (host->unreachable && !host->adopted)
		return -EAGAIN;
	if (host->owner->command_error < 0 && type != CONTROL_END)
		return host->owner->command_error;
	assert(!host->adopted || type != CONTROL_END);
	host->last_command = type;
	switch (type) {
	case CONTROL_START:
	case CONTROL_RESUME:
		push(host, CONTROL_RUNNING);
		break;
	case CONTROL_PAUSE:
		push(host, CONTROL_PAUSED);
		break;
	case CONTROL_END:
		push(host, CONTROL_END);
		break;
	default:
		return -EINVAL;
	}
	return 0;
}

static int fake_pidfd(const struct host *host)
{
	return host->pidfd;
}

static pid_t fake_pid(const struct host *host)
{
	return host->pid;
}

static uint64_t fake_process_inode(const struct host *host)
{
	return (uint64_t)host->pid + 1000000;
}

static bool fake_process_lives(struct hosts *hosts, pid_t pid, uint64_t inode)
{
	for (struct host *host = ((struct hosts_fake *)hosts)->first; host; host = host->next)
		if (host->pid == pid && fake_process_inode(host) == inode)
			return !host->exited;
	return false;
}

static bool fake_reachable(const struct host *host)
{
	return !host->unreachable;
}

static void fake_kick(struct host *host)
{
	host->kicks++;
}

static bool fake_suspended(const struct host *host)
{
	return host->suspended;
}

static int fake_waits(const struct host *host, int ring_fd, struct host_waits *ret)
{
	((struct host *)host)->looks++;
	if (host->adopted)
		return -EOPNOTSUPP;
	*ret = host->waits;
	return 0;
}

static void fake_kill(struct host *host)
{
	host->killed = true;
}

static int fake_find(struct hosts *hosts, struct host_found **ret, size_t *ret_n)
{
	struct hosts_fake *fake = (struct hosts_fake *)hosts;
	struct host_found *found;
	size_t n = 0;
	int r = fail_next(fake->plan, "hosts find");

	if (r < 0)
		return r;
	for (struct host *host = fake->first; host; host = host->next)
		n += host->orphaned;
	found = calloc(n + 1, sizeof(*found));
	if (!found)
		return -ENOMEM;
	n = 0;
	for (struct host *host = fake->first; host; host = host->next) {
		if (!host->orphaned)
			continue;
		strcpy(found[n].name, host->name);
		found[n].adopted = host->adopted;
		found[n].alive = !host->exited;
		found[n].uid = host->unresponsive ? (uid_t)-1 : host->setup.uid;
		found[n++].pid = host->pid;
	}
	*ret = found;
	*ret_n = n;
	return 0;
}

static int fake_take_over(struct hosts *hosts, const struct host_takeover *takeover,
			  const struct host_callbacks *callbacks, void *arg, int *ret_region_fd,
			  struct host **ret)
{
	struct hosts_fake *fake = (struct hosts_fake *)hosts;
	struct host *host = hosts_fake_find(hosts, takeover->name);
	bool named;
	struct stat st;
	int fd, region_fd, r = fail_next(fake->plan, "host take_over");

	if (r < 0)
		return r;
	if (!host || !host->orphaned)
		return -ENOENT;
	if (host->exited || host->stuck)
		return -ECONNREFUSED;
	named = takeover->process_inode == fake_process_inode(host);
	if (host->setup.uid != takeover->uid && !named)
		return -EPERM;
	if (host->adopted != takeover->adopted)
		return -EPERM;
	if (host->unresponsive && !host->adopted && !named)
		return -EAGAIN;
	/* the test is the application */
	region_fd = host->adopted ? takeover->region_fd : host->setup.region_fd;
	fd = -1;
	if (fstat(region_fd, &st) == 0 && st.st_dev == takeover->region_device &&
	    st.st_ino == takeover->region_inode)
		fd = duplicate(region_fd);
	host->orphaned = false;
	host->callbacks = *callbacks;
	host->arg = arg;
	host->unreachable = host->unresponsive || host->setup.uid != takeover->uid;
	host->asked = !host->adopted && !host->unreachable;
	*ret_region_fd = fd;
	*ret = host;
	return 0;
}

static int fake_orphans_end(struct hosts *hosts, const char *const *names, size_t n)
{
	int r = fail_next(((struct hosts_fake *)hosts)->plan, "orphans_end");

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct host *host = hosts_fake_find(hosts, names[i]);

		if (!host) /* it had exited before it could be taken over */
			continue;
		assert(host->orphaned && !host->adopted);
		if (host->stuck) {
			r = -ETIMEDOUT;
		} else if (!host->exited) {
			host->exited = true;
			hosts_fake_close_all(host);
		}
	}
	return r;
}

static int fake_rename(struct hosts *hosts, const char *from, const char *to)
{
	struct hosts_fake *fake = (struct hosts_fake *)hosts;
	struct host *host = hosts_fake_find(hosts, from);
	int r = fail_next(fake->plan, "host rename");
	char *name;

	if (r < 0)
		return r;
	if (!host || hosts_fake_find(hosts, to))
		return host ? -EEXIST : -ENOENT;
	name = strdup(to);
	assert(name);
	free(host->name);
	host->setup.name = host->name = name;
	return 0;
}

static void fake_remove_socket(struct hosts *hosts, const char *name)
{
	struct host *host = hosts_fake_find(hosts, name);

	if (host && host->adopted && !host->orphaned)
		host->forgotten = true; /* it goes with its owner */
	else if (host && host->orphaned && (host->exited || host->adopted))
		fake_destroy(host);
}

static void fake_free(struct hosts *hosts)
{
	struct hosts_fake *fake = (struct hosts_fake *)hosts;

	assert(!fake->first);
	free(fake);
}

static const struct hosts_ops hosts_fake_ops = {
	.free = fake_free,
	.start = fake_start,
	.adopt = fake_adopt,
	.set_runner = fake_set_runner,
	.command = fake_command,
	.pidfd = fake_pidfd,
	.pid = fake_pid,
	.process_inode = fake_process_inode,
	.process_lives = fake_process_lives,
	.reachable = fake_reachable,
	.kick = fake_kick,
	.suspended = fake_suspended,
	.waits = fake_waits,
	.kill = fake_kill,
	.host_free = fake_host_free,
	.find = fake_find,
	.take_over = fake_take_over,
	.orphans_end = fake_orphans_end,
	.rename = fake_rename,
	.remove_socket = fake_remove_socket,
};

int hosts_fake_new(struct fail_plan *plan, struct hosts **ret)
{
	struct hosts_fake *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return -ENOMEM;
	fake->hosts.ops = &hosts_fake_ops;
	fake->plan = plan;
	fake->last_pid = 1000;
	*ret = &fake->hosts;
	return 0;
}

size_t hosts_fake_count(struct hosts *hosts)
{
	size_t n = 0;

	for (struct host *host = ((struct hosts_fake *)hosts)->first; host; host = host->next)
		n++;
	return n;
}

size_t hosts_fake_alive(struct hosts *hosts)
{
	size_t n = 0;

	for (struct host *host = ((struct hosts_fake *)hosts)->first; host; host = host->next)
		n += !host->exited;
	return n;
}

void hosts_fake_orphan(struct hosts *hosts)
{
	struct hosts_fake *fake = (struct hosts_fake *)hosts;

	for (struct host *host = fake->first; host; host = host->next) {
		host->orphaned = true;
		host->asked = false;
	}
}

void hosts_fake_die(struct host *host)
{
	assert(host->orphaned && !host->exited);
	host->exited = true;
	host->n_answers = 0;
	hosts_fake_close_all(host);
}

void hosts_fake_set_state(struct host *host, enum control_type state, int result)
{
	host->state = state;
	host->result = result;
}

void hosts_fake_set_suspended(struct host *host, bool suspended)
{
	host->suspended = suspended;
}

unsigned int hosts_fake_kicks(const struct host *host)
{
	return host->kicks;
}

void hosts_fake_set_waits(struct host *host, const struct host_waits *waits)
{
	host->waits = *waits;
}

unsigned int hosts_fake_looks(const struct host *host)
{
	return host->looks;
}

void hosts_fake_set_unresponsive(struct host *host)
{
	host->unresponsive = true;
}

void hosts_fake_client_gone(struct host *host)
{
	host->callbacks.client_gone(host->arg);
}

struct host *hosts_fake_find(struct hosts *hosts, const char *name)
{
	for (struct host *host = ((struct hosts_fake *)hosts)->first; host; host = host->next)
		if (strcmp(host->name, name) == 0)
			return host;
	return NULL;
}

const struct host_setup *hosts_fake_setup(const struct host *host)
{
	return &host->setup;
}

enum control_type hosts_fake_last_command(const struct host *host)
{
	return host->last_command;
}
