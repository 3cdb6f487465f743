/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/process.h"
#include "wire/fault.h"

/* In the list of its broker; in none: lost. */
struct broker_parcel {
	struct parcel parcel; /* first: callers have a pointer to it */
	struct list_link link;
	struct broker *broker; /* unless it is lost */
	uint64_t ticket;
	struct file_facts facts[];
};

static struct broker_parcel *own(struct parcel *parcel)
{
	return container_of(parcel, struct broker_parcel, parcel);
}

static bool is_lost(const struct broker_parcel *parcel)
{
	return !list_is_linked(&parcel->link);
}

static void drop_ticket(struct broker *broker, uint64_t ticket)
{
	const struct broker_order order = {.type = BROKER_DROP, .ticket = ticket};

	if (broker_order(broker, &order, -1, NULL) < 0)
		broker_dismiss(broker, BROKER_STUCK);
}

static void cancel_copies(struct broker *broker, uint64_t ticket)
{
	struct order *order;

	list_for_each(order, &broker->orders, link)
		if (order->type == BROKER_COPY && order->ticket == ticket)
			order->answered = NULL;
}

static void drop(struct parcel *port)
{
	struct broker_parcel *parcel = own(port);
	struct broker *broker = is_lost(parcel) ? NULL : parcel->broker;
	uint64_t ticket = parcel->ticket;

	if (broker)
		cancel_copies(broker, ticket);
	list_unlink(&parcel->link);
	free(parcel);
	if (broker)
		drop_ticket(broker, ticket);
}

static int send_files(struct parcel *port, const uint32_t *numbers, size_t n, int socket_fd)
{
	struct broker_parcel *parcel = own(port);
	struct broker_order order = {
		.type = BROKER_SEND,
		.ticket = parcel->ticket,
		.n = (uint32_t)n,
	};

	if (is_lost(parcel))
		return -ECONNRESET;
	if (n > PASSED_FDS_MAX)
		return -EINVAL;
	memcpy(order.numbers, numbers, n * sizeof(*numbers));
	return broker_order(parcel->broker, &order, socket_fd, NULL);
}

static void copied(struct order *order, const struct broker_answer *answer)
{
	struct parcel_copy *copy = order->arg;

	copy->copied(copy, answer ? answer->result : -ECONNRESET);
}

static int copy_file(struct parcel *port, uint32_t number, size_t size, int memfd,
		     struct parcel_copy *copy)
{
	struct broker_parcel *parcel = own(port);
	const struct broker_order order = {
		.type = BROKER_COPY,
		.ticket = parcel->ticket,
		.n = (uint32_t)size,
		.numbers = {number},
	};
	struct order *sent;
	int r;

	if (is_lost(parcel))
		return -ECONNRESET;
	r = broker_order(parcel->broker, &order, memfd, &sent);
	if (r < 0)
		return r;
	sent->answered = copied;
	sent->arg = copy;
	return 0;
}

static const struct parcel_ops ops = {
	.free = drop,
	.send = send_files,
	.copy = copy_file,
};

static struct parcel *parcel_new(struct broker *broker, uint64_t ticket,
				 const struct broker_answer *answer)
{
	size_t size = answer->n_fds * sizeof(answer->facts[0]);
	struct broker_parcel *parcel = calloc(1, sizeof(*parcel) + size);

	if (!parcel)
		return NULL;
	memcpy(parcel->facts, answer->facts, size);
	parcel->parcel = (struct parcel){.ops = &ops, .n = answer->n_fds, .facts = parcel->facts};
	parcel->broker = broker;
	parcel->ticket = ticket;
	list_append(&broker->parcels, &parcel->link);
	return &parcel->parcel;
}

/* ---- messages ---- */

struct receipt { /* owned by its order */
	struct broker *broker;
	struct arrival *arrival; /* NULL: cancelled */
};

static int fault_lost(const struct broker *broker, struct note *note)
{
	char reason[160];

	snprintf(reason, sizeof(reason),
		 broker->stuck ? "its file descriptors cannot be received: process %d, which "
				 "handles those of this user, waits for one of an earlier message"
			       : "its file descriptors are lost: process %d, which handles those "
				 "of this user, has ended",
		 (int)broker->pid);
	return fault_message_refused(note, reason);
}

static void take(struct broker *broker, uint64_t ticket, const struct broker_answer *answer,
		 struct arrived *arrived)
{
	if (answer->n_fds > 0) {
		arrived->parcel = parcel_new(broker, ticket, answer);
		if (!arrived->parcel) {
			drop_ticket(broker, ticket);
			arrived->r = -ENOMEM;
			return;
		}
	}
	arrived->bytes = answer->bytes;
	arrived->n = (size_t)answer->result;
	arrived->r = answer->result > 0 ? 0 : -ECONNRESET;
}

static void received(struct order *order, const struct broker_answer *answer)
{
	struct receipt *receipt = order->arg;
	struct broker *broker = receipt->broker;
	struct arrival *arrival = receipt->arrival;
	struct note note = {};
	struct arrived arrived = {.note = &note};

	free(receipt);
	if (!arrival) { /* cancelled */
		if (answer && answer->n_fds > 0)
			drop_ticket(broker, order->ticket);
		return;
	}
	if (!answer)
		arrived.r = fault_lost(broker, &note);
	else if (answer->result < 0)
		arrived.r = answer->result;
	else
		take(broker, order->ticket, answer, &arrived);
	arrival->came(arrival, &arrived);
	note_done(&note);
}

int parcel_receive(struct broker *broker, int socket_fd, size_t n, struct arrival *arrival)
{
	const struct broker_order order = {
		.type = BROKER_RECEIVE,
		.n = (uint32_t)(n < ARRIVAL_BYTES_MAX ? n : ARRIVAL_BYTES_MAX),
		.ticket = ++broker->last_ticket,
	};
	struct receipt *receipt = calloc(1, sizeof(*receipt));
	struct order *sent;
	int r;

	if (!receipt)
		return -ENOMEM;
	r = broker_order(broker, &order, socket_fd, &sent);
	if (r < 0) {
		free(receipt);
		return r;
	}
	*receipt = (struct receipt){.broker = broker, .arrival = arrival};
	sent->answered = received;
	sent->arg = receipt;
	return 0;
}

bool parcel_receive_cancel(struct broker *broker, struct arrival *arrival)
{
	struct order *order;

	list_for_each(order, &broker->orders, link) {
		struct receipt *receipt = order->arg;

		if (order->answered == received && receipt->arrival == arrival) {
			receipt->arrival = NULL;
			return true;
		}
	}
	return false;
}
