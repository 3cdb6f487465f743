/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * frame-reader.c - where messages start and end, and which descriptors are whose
 *
 * The kernel gives descriptors with the bytes of the send that carried them, but joins earlier
 * sends in front of these: after the read nobody can tell any more where that send began. So each
 * read looks first; while descriptors are waiting, it takes the first byte of a message by itself.
 */
#include "wire/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/manager.h"
#include "wire/socket.h"

#define READ_MIN 4096u
#define READ_MAX (64u << 10)

/* Only the first message in the buffer can be larger than one read. */
_Static_assert(READ_MAX <= MANAGER_MESSAGE_MAX, "one read holds no message that is too large");

void frame_reader_done(struct frame_reader *reader)
{
	schema_fds_done(&reader->fds);
	free(reader->buffer);
	*reader = (struct frame_reader){};
}

bool frame_reader_partial(const struct frame_reader *reader)
{
	return reader->end > reader->start;
}

/* Is there a NUL? Each byte is looked at once, however it arrives. */
static bool whole(struct frame_reader *reader)
{
	const char *nul = NULL;

	if (reader->end > reader->scanned)
		nul = memchr(reader->buffer + reader->scanned, '\0', reader->end - reader->scanned);
	reader->scanned = nul ? (size_t)(nul - reader->buffer) : reader->end;
	return nul != NULL;
}

/* Room for a read. The buffer doubles, so that moving costs no more than reading. */
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
 * How many of the bytes that are there may be read at once: all, if no descriptors are waiting.
 * Else a message's first byte by itself, then the rest of the message.
 */
static ssize_t measure(const struct frame_reader *reader, int fd, char *buffer, size_t room)
{
	bool fds = false;
	ssize_t n = socket_peek(fd, buffer, room, &fds);
	const char *nul;

	if (n <= 0 || !fds)
		return n;
	if (!frame_reader_partial(reader))
		return 1;
	nul = memchr(buffer, '\0', (size_t)n);
	return nul ? nul + 1 - buffer : n;
}

static int refuse_size(struct note *note)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "larger than %u bytes", MANAGER_MESSAGE_MAX);
	return fault_message_refused(note, reason);
}

static int refuse_fds(struct note *note)
{
	char reason[96];

	snprintf(reason, sizeof(reason),
		 "more than %u file descriptors, or more than the receiver can hold",
		 MANAGER_FDS_MAX);
	return fault_message_refused(note, reason);
}

int frame_reader_fill(struct frame_reader *reader, int fd, struct note *note)
{
	size_t room, n_fds = reader->fds.n;
	ssize_t n;
	char *at;
	int r;

	if (whole(reader))
		return 0;
	r = make_room(reader);
	if (r < 0)
		return r;
	at = reader->buffer + reader->end;
	room = reader->allocated - reader->end;
	n = measure(reader, fd, at, room < READ_MAX ? room : READ_MAX);
	if (n > 0)
		n = socket_receive(fd, at, (size_t)n, &reader->fds);
	if (n == -EMFILE)
		return refuse_fds(note);
	if (n < 0)
		return (int)n;
	if (n == 0)
		return -ECONNRESET;
	if (reader->fds.n > n_fds && frame_reader_partial(reader))
		return fault_message_refused(
			note, "file descriptors that do not come with its first byte");
	reader->end += (size_t)n;
	whole(reader);
	if (reader->scanned - reader->start > MANAGER_MESSAGE_MAX)
		return refuse_size(note);
	return 0;
}

bool frame_reader_next(struct frame_reader *reader, struct frame *ret)
{
	if (!whole(reader)) {
		/* an idle connection costs no buffer */
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
