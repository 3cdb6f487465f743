/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "wire/manager.h"
#include "wire/socket.h"

/* A message in the queue; owned by its writer. */
struct frame_outgoing {
	struct frame_outgoing *next;
	struct schema_fds fds;
	size_t size; /* with the NUL */
	size_t sent;
	char bytes[];
};

static size_t cost(const struct frame_outgoing *outgoing)
{
	return sizeof(*outgoing) + outgoing->size;
}

static void drop_first(struct frame_writer *writer)
{
	struct frame_outgoing *outgoing = writer->first;

	writer->first = outgoing->next;
	if (!writer->first)
		writer->last = NULL;
	writer->queued -= cost(outgoing);
	schema_fds_done(&outgoing->fds);
	free(outgoing);
}

void frame_writer_done(struct frame_writer *writer)
{
	while (writer->first)
		drop_first(writer);
}

int frame_writer_push(struct frame_writer *writer, const char *text, size_t length,
		      struct schema_fds *fds)
{
	struct frame_outgoing *outgoing;
	size_t size = length + 1;

	if (length > MANAGER_MESSAGE_MAX || (fds && fds->n > MANAGER_FDS_MAX))
		return -EMSGSIZE;
	if (writer->limit && writer->first &&
	    writer->queued + sizeof(*outgoing) + size > writer->limit)
		return -ENOBUFS;
	outgoing = malloc(sizeof(*outgoing) + size);
	if (!outgoing)
		return -ENOMEM;
	*outgoing = (struct frame_outgoing){.size = size};
	memcpy(outgoing->bytes, text, length);
	outgoing->bytes[length] = '\0';
	if (fds) {
		outgoing->fds = *fds;
		*fds = (struct schema_fds){};
	}
	if (writer->last)
		*writer->last = outgoing;
	else
		writer->first = outgoing;
	writer->last = &outgoing->next;
	writer->queued += cost(outgoing);
	return 0;
}

/* Each message has its own send, so that descriptors never join the preceding message. */
int frame_writer_flush(struct frame_writer *writer, int fd)
{
	while (writer->first) {
		struct frame_outgoing *first = writer->first;
		ssize_t n = socket_send(fd, first->bytes + first->sent, first->size - first->sent,
					first->fds.fds, first->fds.n);

		if (n < 0)
			return (int)n;
		/* they were sent with the first byte */
		if (n > 0)
			schema_fds_done(&first->fds);
		first->sent += (size_t)n;
		if (first->sent == first->size)
			drop_first(writer);
	}
	return 0;
}
