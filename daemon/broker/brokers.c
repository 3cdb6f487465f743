/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "broker/broker.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "broker/process.h"
#include "common/cleanup.h"
#include "util/log.h"
#include "util/user.h"
#include "wire/fault.h"

struct brokers {
	struct parcels port;  /* first: callers have a pointer to it */
	struct ev_loop *loop; /* borrowed */
	char *program;
	struct list users;
};

struct broker_user { /* with at least one process */
	struct brokers *brokers;
	struct list_link link;
	uid_t uid;
	struct broker *current; /* or NULL */
	struct list former;	/* brokers that serve no more, and whose processes have not ended */
	size_t n_stuck;		/* of them */
};

static struct brokers *own(struct parcels *port)
{
	return container_of(port, struct brokers, port);
}

static struct broker_user *find(const struct brokers *brokers, uid_t uid)
{
	struct broker_user *user;

	list_for_each(user, &brokers->users, link)
		if (user->uid == uid)
			return user;
	return NULL;
}

static void free_if_unused(struct broker_user *user)
{
	if (user->current || !list_is_empty(&user->former))
		return;
	list_unlink(&user->link);
	free(user);
}

/* ---- the end of a broker ---- */

static void dismissed(void *arg, struct broker *broker, enum broker_end how)
{
	struct broker_user *user = arg;

	user->current = NULL;
	list_append(&user->former, &broker->link);
	if (how == BROKER_DIED)
		log_of_client(
			LOG_LEVEL_WARNING, user->uid,
			"process %d, which handled the file descriptors of user %u, has ended: "
			"messages that it had are lost",
			(int)broker->pid, (unsigned int)user->uid);
	if (how != BROKER_STUCK)
		return;
	user->n_stuck++;
	log_of_client(LOG_LEVEL_WARNING, user->uid,
		      "process %d, which handles the file descriptors of user %u, waits for one of "
		      "them: it is killed, and messages that it had are lost; see /proc/%d/wchan "
		      "for what it waits for",
		      (int)broker->pid, (unsigned int)user->uid, (int)broker->pid);
}

static void ended(void *arg, struct broker *broker)
{
	struct broker_user *user = arg;

	user->n_stuck -= broker->stuck;
	broker_free(broker);
	free_if_unused(user);
}

static const struct broker_owner owner = {.dismissed = dismissed, .ended = ended};

/* ---- the choice of a broker ---- */

static int get_user(struct brokers *brokers, uid_t uid, struct broker_user **ret)
{
	struct broker_user *made = find(brokers, uid);

	if (!made) {
		made = calloc(1, sizeof(*made));
		if (!made)
			return -ENOMEM;
		made->brokers = brokers;
		made->uid = uid;
		list_init(&made->former);
		list_append(&brokers->users, &made->link);
	}
	*ret = made;
	return 0;
}

/* The one that serves the user, which is started if necessary. */
static int get_broker(struct brokers *brokers, const struct user *user, struct broker **ret)
{
	struct broker_user *served;
	int r = get_user(brokers, user->uid, &served);

	if (r == 0 && !served->current)
		r = broker_start(brokers->loop, brokers->program, user->uid, user->gid, &owner,
				 served, &served->current);
	if (r < 0) {
		log_of_client(LOG_LEVEL_ERROR, user->uid, "cannot start %s: %s", brokers->program,
			      strerror(-r));
		if (r != -ENOMEM)
			free_if_unused(served);
		return r;
	}
	*ret = served->current;
	return 0;
}

static int fault_stuck(const struct broker_user *user, struct note *note)
{
	char pids[BROKER_STUCK_MAX * 12] = "", reason[sizeof(pids) + 160];
	const struct broker *broker;
	size_t used = 0;

	list_for_each(broker, &user->former, link)
		if (broker->stuck && used < sizeof(pids))
			used += (size_t)snprintf(pids + used, sizeof(pids) - used, "%s%d",
						 used ? ", " : "", (int)broker->pid);
	snprintf(reason, sizeof(reason),
		 "file descriptors of this user are not received, until one of the processes %s "
		 "has ended, which wait for earlier ones",
		 pids);
	return fault_message_refused(note, reason);
}

/* ---- the port ---- */

static int receive(struct parcels *port, const struct user *user, int socket_fd, size_t n,
		   struct arrival *arrival, struct note *note)
{
	struct brokers *brokers = own(port);
	const struct broker_user *served = find(brokers, user->uid);
	struct broker *broker;
	int r;

	if (served && served->n_stuck >= BROKER_STUCK_MAX)
		return fault_stuck(served, note);
	r = get_broker(brokers, user, &broker);
	if (r == 0)
		r = parcel_receive(broker, socket_fd, n, arrival);
	return r;
}

static void cancel(struct parcels *port, struct arrival *arrival)
{
	struct broker_user *user;

	list_for_each(user, &own(port)->users, link)
		if (user->current && parcel_receive_cancel(user->current, arrival))
			return;
}

static void close_take_fd(struct parcels *port, const struct user *user, int taken_fd)
{
	const struct broker_order order = {.type = BROKER_CLOSE};
	_cleanup_close_ int fd = taken_fd;
	struct broker *broker;
	int unread = 0, r = -EAGAIN;

	shutdown(fd, SHUT_RDWR); /* nothing more arrives */
	if (ioctl(fd, SIOCINQ, &unread) == 0 && unread == 0)
		return;
	/* descriptors may be among what is left, and the last close of a file can take long */
	for (unsigned int tries = 0; tries < 2 && r < 0; tries++) {
		if (get_broker(own(port), user, &broker) < 0)
			return;
		r = broker_order(broker, &order, fd, NULL);
		if (r < 0) /* it follows none of many orders, or is exiting */
			broker_dismiss(broker, BROKER_STUCK);
	}
}

int brokers_new(struct ev_loop *loop, const char *program, struct parcels **ret)
{
	struct brokers *made = calloc(1, sizeof(*made));

	if (made)
		made->program = strdup(program);
	if (!made || !made->program) {
		free(made);
		return -ENOMEM;
	}
	made->loop = loop;
	list_init(&made->users);
	made->port = (struct parcels){
		.receive = receive,
		.cancel = cancel,
		.close_take_fd = close_take_fd,
	};
	*ret = &made->port;
	return 0;
}

static void free_user(struct broker_user *user)
{
	struct list_link *link;

	if (user->current)
		broker_free(user->current);
	while ((link = list_first(&user->former)))
		broker_free(container_of(link, struct broker, link));
	list_unlink(&user->link);
	free(user);
}

void brokers_free(struct parcels *port)
{
	struct brokers *brokers;
	struct list_link *link;

	if (!port)
		return;
	brokers = own(port);
	while ((link = list_first(&brokers->users)))
		free_user(container_of(link, struct broker_user, link));
	free(brokers->program);
	free(brokers);
}
