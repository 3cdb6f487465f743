/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * frame.h - messages and their descriptors on a Unix stream socket
 *
 * A message is some bytes and a NUL. Its descriptors ride on the sendmsg() that carries its first
 * byte. Works on blocking and on non-blocking sockets.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/schema.h"

struct note;

/* ---- reading ---- */

/* Fit for use when zeroed. Owns its memory and the descriptors that were not handed on. */
struct frame_reader {
	char *buffer;
	size_t allocated;
	size_t start;	       /* of the message that comes next */
	size_t end;	       /* of what has been read */
	size_t scanned;	       /* up to here there is no NUL, from start on */
	struct schema_fds fds; /* of the message that comes next */
};

struct frame {
	const char *text; /* borrowed from the reader until it is filled again; a NUL follows */
	size_t length;	  /* without the NUL */
	struct schema_fds fds; /* moved to the caller: schema_fds_done() */
};

void frame_reader_done(struct frame_reader *reader);
/*
 * Reads once, unless a whole message is waiting to be taken. 0: take messages, then fill again;
 * -EAGAIN: nothing is there; -EINTR: call again; -ECONNRESET: the other end has closed, and no
 * whole message is left; FAULT_MESSAGE_REFUSED: too large, too many descriptors, or descriptors in
 * the middle of a message. After a fault or any other -errno the stream is of no use any more.
 */
int frame_reader_fill(struct frame_reader *reader, int fd, struct note *note);
/* Takes a whole message, if there is one. Call it until it says no. */
bool frame_reader_next(struct frame_reader *reader, struct frame *ret);
/* Has part of a message arrived? (The other end closed too early, or is slow.) */
bool frame_reader_partial(const struct frame_reader *reader);

/* ---- writing ---- */

struct frame_outgoing;

/* Fit for use when zeroed, but for the limit. Owns the queue and the descriptors in it. */
struct frame_writer {
	struct frame_outgoing *first;
	struct frame_outgoing **last; /* where the next one is linked in; NULL: at first */
	size_t queued;		      /* bytes of memory that the queue takes */
	size_t limit;		      /* of queued; 0: none. One message is always taken */
};

void frame_writer_done(struct frame_writer *writer);
/*
 * Queues @length bytes at @text and a NUL. @fds (NULL: none) are moved into the queue, and closed
 * once they were sent. -ENOBUFS: the queue is at its limit; -EMSGSIZE: no reader would take it;
 * then @fds are still the caller's.
 */
int frame_writer_push(struct frame_writer *writer, const char *text, size_t length,
		      struct schema_fds *fds);
/*
 * 0: all is sent; -EAGAIN: call again when the socket can be written; -EINTR: call again; otherwise
 * the socket is broken.
 */
int frame_writer_flush(struct frame_writer *writer, int fd);

static inline bool frame_writer_empty(const struct frame_writer *writer)
{
	return !writer->first;
}

#endif
