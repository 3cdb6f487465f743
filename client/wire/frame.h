/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * frame.h - messages and their descriptors on a Unix stream socket
 *
 * A message consists of bytes other than NUL and a final NUL. Its descriptors belong to the
 * sendmsg() that carries its first byte. The socket may be blocking or non-blocking.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/schema.h"

struct note;

/* ---- reading ---- */

/*
 * Zero-initialise, and set the limit and the sender. Owns its memory, and descriptors until
 * frame_reader_next() moves them out.
 */
struct frame_reader {
	size_t limit;	     /* bytes of a message, 64 KiB or more; 0: MANAGER_MESSAGE_MAX */
	const uid_t *sender; /* borrowed; not NULL: the socket has SO_PASSCRED, for this user */
	char *buffer;
	size_t allocated;
	size_t start;	       /* of the next message */
	size_t end;	       /* of the bytes that have been read */
	size_t scanned;	       /* no NUL lies between start and here */
	struct schema_fds fds; /* of the next message */
};

struct frame {
	const char *text; /* borrowed from the reader until the next fill or next; NUL-terminated */
	size_t length;	  /* without the NUL */
	struct schema_fds fds; /* moved to the caller: schema_fds_done() */
};

void frame_reader_done(struct frame_reader *reader);
/*
 * Reads once, unless a complete message is pending. 0: call frame_reader_next() until it returns
 * false, then fill again; -EAGAIN: nothing to read; -EINTR: call again; -ECONNRESET: the peer has
 * closed the connection and no complete message is pending; FAULT_MESSAGE_REFUSED: a message is too
 * large, has too many descriptors, has descriptors after its first byte, or is another user's.
 * After a fault or any other -errno the stream is unusable.
 */
int frame_reader_fill(struct frame_reader *reader, int fd, struct note *note);
/*
 * The same for a receiver whose descriptors are received elsewhere: *ret_elsewhere > 0: nothing was
 * read. So many bytes are to be received there, for frame_reader_add().
 */
int frame_reader_fill_bytes(struct frame_reader *reader, int fd, struct note *note,
			    size_t *ret_elsewhere);
/* Adds what was received elsewhere. Results are those of frame_reader_fill(). */
int frame_reader_add(struct frame_reader *reader, const char *bytes, size_t n, bool with_fds,
		     struct note *note);
/* FAULT_MESSAGE_REFUSED: too many descriptors came, or more than the receiver can open. */
int frame_refuse_fds(struct note *note);
/* Takes a complete message; false if none is pending. */
bool frame_reader_next(struct frame_reader *reader, struct frame *ret);
/* Whether bytes after the last complete message have been read. */
bool frame_reader_partial(const struct frame_reader *reader);

/* ---- writing ---- */

struct frame_outgoing;

/* Zero-initialise and set the limit. Owns the queue and the descriptors in it. */
struct frame_writer {
	struct frame_outgoing *first;
	struct frame_outgoing **last; /* where the next message is linked; NULL: at first */
	size_t queued;		      /* bytes of memory that the queue uses */
	size_t limit;		      /* of queued; 0: none. An empty queue accepts any message */
};

void frame_writer_done(struct frame_writer *writer);
/*
 * Queues @length bytes at @text and a NUL. Moves @fds (NULL: none) into the queue, which closes
 * them after they were sent. -ENOBUFS: the queue would exceed its limit; -EMSGSIZE: the message or
 * its descriptors exceed the protocol's limits. On failure @fds stay the caller's.
 */
int frame_writer_push(struct frame_writer *writer, const char *text, size_t length,
		      struct schema_fds *fds);
/*
 * Sends the queue. 0: all is sent; -EAGAIN: call again when the socket is writable; -EINTR: call
 * again; any other -errno: the socket is unusable.
 */
int frame_writer_flush(struct frame_writer *writer, int fd);

static inline bool frame_writer_empty(const struct frame_writer *writer)
{
	return !writer->first;
}

#endif
