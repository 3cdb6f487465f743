/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake/parcels_fake.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "common/fd-passing.h"
#include "wire/fault.h"

struct fake_parcel {
	struct parcel parcel;
	struct parcels_fake *fake;
	int fds[PASSED_FDS_MAX];
	struct file_facts facts[PASSED_FDS_MAX];
};

struct waiting { /* either */
	struct list_link link;
	struct arrival *arrival;
	int socket;
	size_t n;
	struct parcel_copy *copy;
	struct fake_parcel *parcel;
	int r;
};

static struct parcels_fake *fake_of(struct parcels *port)
{
	return container_of(port, struct parcels_fake, port);
}

static struct fake_parcel *own(struct parcel *parcel)
{
	return container_of(parcel, struct fake_parcel, parcel);
}

static void waiting_free(struct waiting *waiting)
{
	list_unlink(&waiting->link);
	safe_close(waiting->socket);
	free(waiting);
}

static struct waiting *await(struct parcels_fake *fake)
{
	struct waiting *made = calloc(1, sizeof(*made));

	assert(made);
	made->socket = -1;
	list_append(&fake->waiting, &made->link);
	return made;
}

static void fake_free(struct parcel *port)
{
	struct fake_parcel *parcel = own(port);
	struct waiting *waiting;

	list_for_each(waiting, &parcel->fake->waiting, link)
		if (waiting->parcel == parcel)
			waiting_free(waiting);
	for (size_t i = 0; i < parcel->parcel.n; i++)
		close(parcel->fds[i]);
	parcel->fake->n_parcels--;
	free(parcel);
}

static int fake_send(struct parcel *port, const uint32_t *numbers, size_t n, int socket_fd)
{
	struct fake_parcel *parcel = own(port);
	int fds[PASSED_FDS_MAX];
	ssize_t sent;

	for (size_t i = 0; i < n; i++) {
		assert(numbers[i] < parcel->parcel.n);
		fds[i] = parcel->fds[numbers[i]];
	}
	sent = send_with_fds(socket_fd, "", 1, fds, n, MSG_DONTWAIT);
	return sent < 0 ? (int)sent : 0;
}

static int fake_copy(struct parcel *port, uint32_t number, size_t size, int memfd,
		     struct parcel_copy *copy)
{
	struct fake_parcel *parcel = own(port);
	struct waiting *waiting = await(parcel->fake);
	off_t at = 0;
	ssize_t n;

	assert(number < parcel->parcel.n);
	do
		n = sendfile(memfd, parcel->fds[number], &at, size - (size_t)at);
	while (n > 0);
	waiting->copy = copy;
	waiting->parcel = parcel;
	waiting->r = n < 0 ? -errno : 0;
	return 0;
}

static const struct parcel_ops ops = {.free = fake_free, .send = fake_send, .copy = fake_copy};

static int fake_receive(struct parcels *port, const struct user *user, int socket_fd, size_t n,
			struct arrival *arrival, struct note *note)
{
	struct parcels_fake *fake = fake_of(port);
	struct waiting *waiting;

	if (fake->stuck)
		return fault_message_refused(note, "descriptors are stuck");
	waiting = await(fake);
	waiting->arrival = arrival;
	waiting->n = n < ARRIVAL_BYTES_MAX ? n : ARRIVAL_BYTES_MAX;
	waiting->socket = fcntl(socket_fd, F_DUPFD_CLOEXEC, 3);
	assert(waiting->socket >= 0);
	return 0;
}

static void fake_cancel(struct parcels *port, struct arrival *arrival)
{
	struct waiting *waiting;

	list_for_each(waiting, &fake_of(port)->waiting, link)
		if (waiting->arrival == arrival)
			waiting_free(waiting);
}

static void fake_close_take_fd(struct parcels *port, const struct user *user, int socket_fd)
{
	shutdown(socket_fd, SHUT_RDWR);
	close(socket_fd);
}

static struct file_facts inspect(int fd)
{
	struct file_facts facts;

	assert(file_facts_read(fd, &facts) == 0);
	return facts;
}

static void arrive(struct parcels_fake *fake, const struct waiting *waiting,
		   struct arrival *arrival)
{
	struct fake_parcel *parcel = calloc(1, sizeof(*parcel));
	struct note note = {};
	char bytes[ARRIVAL_BYTES_MAX];
	struct arrived arrived = {.note = &note, .bytes = bytes};
	size_t n_fds = 0;
	ssize_t n;

	assert(parcel);
	n = receive_with_fds(waiting->socket, bytes, waiting->n, parcel->fds, PASSED_FDS_MAX,
			     &n_fds);
	if (n > 0 && n_fds > 0) {
		parcel->parcel = (struct parcel){.ops = &ops, .n = n_fds, .facts = parcel->facts};
		parcel->fake = fake;
		for (size_t i = 0; i < n_fds; i++)
			parcel->facts[i] = inspect(parcel->fds[i]);
		fake->n_parcels++;
		arrived.parcel = &parcel->parcel;
	} else {
		free(parcel);
	}
	arrived.n = n > 0 ? (size_t)n : 0;
	arrived.r = n > 0 ? 0 : n == 0 ? -ECONNRESET : (int)n;
	arrival->came(arrival, &arrived);
	note_done(&note);
}

bool parcels_fake_step(struct parcels_fake *fake)
{
	struct list_link *link = list_first(&fake->waiting);
	struct waiting *waiting;

	if (!link || fake->held)
		return false;
	waiting = container_of(link, struct waiting, link);
	list_unlink(link);
	if (waiting->arrival)
		arrive(fake, waiting, waiting->arrival);
	else
		waiting->copy->copied(waiting->copy, waiting->r);
	waiting_free(waiting);
	return true;
}

void parcels_fake_lose(struct parcels_fake *fake)
{
	struct list_link *link;

	while ((link = list_first(&fake->waiting))) {
		struct waiting *waiting = container_of(link, struct waiting, link);
		struct note note = {};
		struct arrived arrived = {.note = &note};

		list_unlink(link);
		if (waiting->arrival) {
			arrived.r = fault_message_refused(&note, "its descriptors are lost");
			waiting->arrival->came(waiting->arrival, &arrived);
		} else {
			waiting->copy->copied(waiting->copy, -ECONNRESET);
		}
		note_done(&note);
		waiting_free(waiting);
	}
}

void parcels_fake_init(struct parcels_fake *fake)
{
	*fake = (struct parcels_fake){
		.port =
			{
				.receive = fake_receive,
				.cancel = fake_cancel,
				.close_take_fd = fake_close_take_fd,
			},
	};
	list_init(&fake->waiting);
}

void parcels_fake_done(struct parcels_fake *fake)
{
	assert(fake->n_parcels == 0);
	assert(list_is_empty(&fake->waiting));
}
