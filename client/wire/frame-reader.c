/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * frame-reader.c - finds the messages in a stream and assigns descriptors to them
 *
 * The kernel returns descriptors with the bytes of the send that carried them, but may join bytes
 * of earlier sends before these. After the read, the start of that send is unknown. Each read is
 * therefore preceded by a peek. While descriptors are pending, the first byte of a message is read
 * on its own.
 */
#include "wire/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/manager.h"
#include "wire/socket.h"

#define READ_MIN 4096u
#define READ_MAX (64u << 10)

/* Only the first message in the buffer can exceed one read. */
_Static_assert(READ_MAX <= MANAGER_CALL_MAX, "a message within one read is not too large");

void frame_reader_done(struct frame_reader *reader)
{
	schema_fds_done(&reader->fds);
	free(reader->buffer);
	*reader = (struct frame_reader){.limit = reader->limit, .sender = reader->sender};
}

bool frame_reader_partial(const struct frame_reader *reader)
{
	return reader->end > reader->start;
}

/* Whether the buffer has a NUL. Each byte is scanned once, however it arrives. */
static bool whole(struct frame_reader *reader)
{
	const char *nul = NULL;

	if (reader->end > reader->scanned)
		nul = memchr(reader->buffer + reader->scanned, '\0', reader->end - reader->scanned);
	reader->scanned = nul ? (size_t)(nul - reader->buffer) : reader->end;
	return nul != NULL;
}

/* Makes room for a read. The buffer doubles, so that moving costs no more than reading. */
static int make_room(struct frame_reader *reader)
{
	size_t length = reader->end - reader->start;
	size_t allocated = reader->allocated ?: READ_MIN;
	char *grown;

	if (reader->start > 0) {
		memmove(reader->buffer, reader->buffer + reader->start, length);
		reader->scanned -= reader->start;
		reader->start = 0;
		reader->end = length;
	}
	while (allocated - length < READ_MIN / 2)
		allocated *= 2;
	if (allocated == reader->allocated)
		return 0;
	grown = realloc(reader->buffer, allocated);
	if (!grown)
		return -ENOMEM;
	reader->buffer = grown;
	reader->allocated = allocated;
	return 0;
}

/*
 * The number of available bytes that one read may take: all, if no descriptors are pending;
 * otherwise first the first byte of a message, then the rest of that message.
 */
static ssize_t measure(const struct frame_reader *reader, int fd, char *buffer, size_t room,
		       bool *ret_fds, uid_t *ret_sender)
{
	ssize_t n = socket_peek(fd, buffer, room, ret_fds, reader->sender ? ret_sender : NULL);
	const char *nul;

	if (n <= 0 || !*ret_fds)
		return n;
	if (!frame_reader_partial(reader))
		return 1;
	nul = memchr(buffer, '\0', (size_t)n);
	return nul ? nul + 1 - buffer : n;
}

static int refuse_size(size_t limit, struct note *note)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "it exceeds %zu bytes", limit);
	return fault_message_refused(note, reason);
}

int frame_refuse_fds(struct note *note)
{
	char reason[96];

	snprintf(reason, sizeof(reason),
		 "it has more than %u file descriptors, or more than the receiver can open",
		 MANAGER_FDS_MAX);
	return fault_message_refused(note, reason);
}

/* @n bytes have come to the end of the buffer. */
static int added(struct frame_reader *reader, size_t n, bool with_fds, struct note *note)
{
	const size_t limit = reader->limit ?: MANAGER_MESSAGE_MAX;

	if (with_fds && frame_reader_partial(reader))
		return fault_message_refused(
			note, "it has file descriptors that were not sent with its first byte");
	reader->end += n;
	whole(reader);
	return reader->scanned - reader->start > limit ? refuse_size(limit, note) : 0;
}

static int refuse_sender(uid_t sender, uid_t expected, struct note *note)
{
	char reason[128];

	snprintf(reason, sizeof(reason),
		 "user %u has sent it, but user %u has made the connection; make another one",
		 sender, expected);
	return fault_message_refused(note, reason);
}

/*
 * As measure(), in the buffer, where *ret_at is the place for what will be read. *ret_fault: set
 * if the sender is another one.
 */
static ssize_t look(struct frame_reader *reader, int fd, char **ret_at, bool *ret_fds,
		    int *ret_fault, struct note *note)
{
	int r = make_room(reader);
	uid_t sender;
	size_t room;
	ssize_t n;

	if (r < 0)
		return r;
	*ret_at = reader->buffer + reader->end;
	room = reader->allocated - reader->end;
	n = measure(reader, fd, *ret_at, room < READ_MAX ? room : READ_MAX, ret_fds, &sender);
	if (n > 0 && reader->sender && sender != *reader->sender)
		*ret_fault = refuse_sender(sender, *reader->sender, note);
	return n;
}

int frame_reader_fill(struct frame_reader *reader, int fd, struct note *note)
{
	size_t n_fds = reader->fds.n;
	bool fds = false;
	int fault = 0;
	ssize_t n;
	char *at;

	if (whole(reader))
		return 0;
	n = look(reader, fd, &at, &fds, &fault, note);
	if (fault)
		return fault;
	if (n > 0)
		n = socket_receive(fd, at, (size_t)n, &reader->fds);
	if (n == -EMFILE)
		return frame_refuse_fds(note);
	if (n < 0)
		return (int)n;
	if (n == 0)
		return -ECONNRESET;
	return added(reader, (size_t)n, reader->fds.n > n_fds, note);
}

int frame_reader_fill_bytes(struct frame_reader *reader, int fd, struct note *note,
			    size_t *ret_elsewhere)
{
	bool fds = false;
	int fault = 0;
	ssize_t n;
	char *at;

	*ret_elsewhere = 0;
	if (whole(reader))
		return 0;
	n = look(reader, fd, &at, &fds, &fault, note);
	if (fault)
		return fault;
	if (n > 0 && fds) {
		*ret_elsewhere = (size_t)n;
		return 0;
	}
	if (n > 0) {
		n = recv(fd, at, (size_t)n, 0);
		n = n < 0 ? -errno : n;
	}
	if (n < 0)
		return (int)n;
	return n == 0 ? -ECONNRESET : added(reader, (size_t)n, false, note);
}

int frame_reader_add(struct frame_reader *reader, const char *bytes, size_t n, bool with_fds,
		     struct note *note)
{
	while (n > 0) {
		size_t room, part;
		int r = make_room(reader);

		if (r < 0)
			return r;
		room = reader->allocated - reader->end;
		part = n < room ? n : room;
		memcpy(reader->buffer + reader->end, bytes, part);
		r = added(reader, part, with_fds, note);
		if (r != 0)
			return r;
		bytes += part;
		n -= part;
		with_fds = false;
	}
	return 0;
}

bool frame_reader_next(struct frame_reader *reader, struct frame *ret)
{
	if (!whole(reader)) {
		/* idle connections do not keep a buffer */
		if (!frame_reader_partial(reader)) {
			free(reader->buffer);
			reader->buffer = NULL;
			reader->allocated = reader->start = reader->end = reader->scanned = 0;
		}
		return false;
	}
	*ret = (struct frame){
		.text = reader->buffer + reader->start,
		.length = reader->scanned - reader->start,
		.fds = reader->fds,
	};
	reader->fds = (struct schema_fds){};
	reader->start = reader->scanned = reader->scanned + 1;
	return true;
}
