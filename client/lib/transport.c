/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/futex.h"
#include "lib/transport.h"
#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/manager.h"
#include "wire/socket.h"

void raw_reply_done(struct raw_reply *reply)
{
	message_reply_done(&reply->message);
	schema_fds_done(&reply->fds);
}

int transport_init(struct transport *transport, const char *path)
{
	int r;

	if (!path)
		path = secure_getenv("IOURINGD_SOCKET");
	if (!path)
		path = MANAGER_SOCKET_PATH;
	*transport = (struct transport){
		.fd = -1,
		.path = strdup(path),
		.deadline = INT64_MAX,
	};
	if (!transport->path)
		return -ENOMEM;
	r = transport_reconnect(transport);
	if (r < 0)
		transport_done(transport);
	return r;
}

void transport_done(struct transport *transport)
{
	transport_disconnect(transport);
	free(transport->path);
	transport->path = NULL;
}

void transport_disconnect(struct transport *transport)
{
	transport->fd = safe_close(transport->fd);
	frame_reader_done(&transport->reader);
}

/* Rounded up, so that a wait does not end before the deadline. */
static int remaining_ms(const struct transport *transport)
{
	int64_t ms;

	if (transport->deadline == INT64_MAX)
		return -1;
	ms = (transport->deadline - now_ns() + 999999) / 1000000;
	return ms < 0 ? 0 : ms < INT_MAX ? (int)ms : INT_MAX;
}

int transport_reconnect(struct transport *transport)
{
	int r;

	if (transport->fd >= 0 && socket_wait(transport->fd, POLLIN, 0) == -ETIMEDOUT)
		return 0;
	transport_disconnect(transport);
	do
		r = socket_connect_unix(transport->path, remaining_ms(transport), &transport->fd);
	while (r == -EINTR); /* a signal arrived while the daemon was slow to accept */
	return r;
}

int transport_send(struct transport *transport, const char *method, struct json_object *parameters,
		   enum transport_kind kind, const int *fds, size_t n_fds)
{
	_cleanup_free_ char *text = NULL;
	size_t done = 0;
	size_t length;
	ssize_t n;
	int r;

	if (n_fds > MANAGER_FDS_MAX)
		return -EMSGSIZE;
	r = message_build_call(method, parameters, kind == TRANSPORT_ONEWAY, kind == TRANSPORT_MORE,
			       &text, &length);
	if (r < 0)
		return r;
	r = socket_set_send_timeout(transport->fd, remaining_ms(transport));
	if (r < 0)
		return r;
	while (done < length + 1) { /* with the NUL */
		n = socket_send(transport->fd, text + done, length + 1 - done, fds, n_fds);
		if (n == -EINTR)
			continue;
		if (n == -EAGAIN)
			return -ETIMEDOUT;
		if (n < 0)
			return n == -EPIPE ? -ECONNRESET : (int)n;
		done += n;
		n_fds = 0;
	}
	return 0;
}

/* Parses the text of a frame. */
static int parse(const char *text, size_t length, struct message_reply *ret)
{
	_cleanup_(note_done) struct note note = {};
	int r = message_parse_reply(text, length, &note, ret);

	return r > 0 ? -EPROTO : r;
}

int transport_receive(struct transport *transport, struct raw_reply *ret)
{
	_cleanup_(note_done) struct note note = {};
	struct frame frame;
	int r;

	while (!frame_reader_next(&transport->reader, &frame)) {
		r = socket_wait(transport->fd, POLLIN, remaining_ms(transport));
		if (r == 0)
			r = frame_reader_fill(&transport->reader, transport->fd, &note);
		if (r > 0)
			return -EPROTO;
		if (r < 0 && r != -EINTR)
			return r;
	}
	r = parse(frame.text, frame.length, &ret->message);
	if (r < 0) {
		schema_fds_done(&frame.fds);
		return r;
	}
	ret->fds = frame.fds;
	return 0;
}

/* Receives bytes up to the first NUL, and none after it. */
static ssize_t receive_to_nul(int fd, char *bytes, size_t n, struct schema_fds *fds)
{
	bool has_fds;
	ssize_t there = socket_peek(fd, bytes, n, &has_fds, NULL);
	const char *nul = there > 0 ? memchr(bytes, '\0', there) : NULL;

	if (nul)
		there = nul + 1 - bytes;
	return there > 0 ? socket_receive(fd, bytes, there, fds) : there;
}

int transport_receive_exact(struct transport *transport, struct raw_reply *ret)
{
	_cleanup_free_ char *bytes = malloc(MANAGER_MESSAGE_MAX);
	_cleanup_(schema_fds_done) struct schema_fds fds = {};
	size_t length = 0;
	ssize_t n;
	int r;

	if (!bytes)
		return -ENOMEM;
	do {
		if (length == MANAGER_MESSAGE_MAX)
			return -EPROTO;
		n = receive_to_nul(transport->fd, bytes + length, MANAGER_MESSAGE_MAX - length,
				   &fds);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && n != -EINTR)
			return (int)n;
		length += n > 0 ? n : 0;
	} while (length == 0 || bytes[length - 1] != '\0');
	r = parse(bytes, length - 1, &ret->message);
	if (r < 0)
		return r;
	ret->fds = fds;
	fds = (struct schema_fds){};
	return 0;
}

bool transport_has_rest(const struct transport *transport)
{
	return frame_reader_partial(&transport->reader);
}
