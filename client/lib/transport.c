/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/transport.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/manager.h"

#define CHUNK 4096u

union fd_message { /* aligned as the kernel wants it */
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int) * MANAGER_FDS_MAX)];
};

void reply_done(struct reply *reply)
{
	schema_fds_done(&reply->fds);
	json_put(reply->message);
	*reply = (struct reply){};
}

int transport_init(struct transport *transport, const char *path)
{
	int r;

	if (!path)
		path = secure_getenv("IOURINGD_SOCKET");
	if (!path)
		path = MANAGER_SOCKET_PATH;
	*transport = (struct transport){.fd = -1, .path = strdup(path)};
	if (!transport->path)
		return -ENOMEM;
	r = transport_reconnect(transport);
	if (r < 0)
		transport_done(transport);
	return r;
}

void transport_disconnect(struct transport *transport)
{
	if (transport->fd >= 0)
		close(transport->fd);
	transport->fd = -1;
	free(transport->bytes);
	transport->bytes = NULL;
	transport->length = transport->allocated = 0;
	schema_fds_done(&transport->fds);
}

void transport_done(struct transport *transport)
{
	transport_disconnect(transport);
	free(transport->path);
	transport->path = NULL;
}

int transport_reconnect(struct transport *transport)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	struct pollfd pollfd = {.fd = transport->fd, .events = POLLIN};

	if (transport->fd >= 0 && transport->length == 0 && poll(&pollfd, 1, 0) == 0)
		return 0;
	transport_disconnect(transport);
	if (strlen(transport->path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, transport->path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	transport->fd = take_fd(&fd);
	return 0;
}

/* ---- sending ---- */

static int send_all(int fd, const char *bytes, size_t length, const int *fds, size_t n_fds)
{
	union fd_message control = {};
	struct msghdr message = {};
	struct cmsghdr *head;
	struct iovec iov;
	ssize_t n;

	if (n_fds > 0) { /* with the first byte */
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(head), fds, sizeof(int) * n_fds);
	}
	while (length > 0) {
		iov = (struct iovec){(char *)bytes, length};
		message.msg_iov = &iov;
		message.msg_iovlen = 1;
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EPIPE ? -ECONNRESET : -errno;
		bytes += n;
		length -= n;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
	return 0;
}

static int make_call(const char *method, struct json_object *parameters, bool more, char **ret)
{
	_cleanup_json_ struct json_object *call = json_object_new_object();
	int r;

	if (!call)
		return -ENOMEM;
	r = json_add(call, "method", json_text(method, strlen(method)));
	if (r == 0 && parameters)
		r = json_add(call, "parameters", json_object_get(parameters));
	if (r == 0 && more)
		r = json_add(call, "more", json_object_new_boolean(true));
	return r < 0 ? r : json_print(call, false, ret);
}

int transport_send(struct transport *transport, const char *method, struct json_object *parameters,
		   bool more, const int *fds, size_t n_fds)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r;

	if (n_fds > MANAGER_FDS_MAX)
		return -EMSGSIZE;
	r = make_call(method, parameters, more, &text);
	if (r < 0)
		return r;
	length = strlen(text);
	if (length + 1 > MANAGER_MESSAGE_MAX)
		return -EMSGSIZE;
	return send_all(transport->fd, text, length + 1, fds, n_fds);
}

/* ---- receiving ---- */

static int keep_fds(struct transport *transport, struct msghdr *message)
{
	struct cmsghdr *head;
	int *grown;
	size_t n;

	for (head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		grown = reallocarray(transport->fds.fds, transport->fds.n + n, sizeof(int));
		if (!grown) {
			while (n > 0)
				close(((int *)CMSG_DATA(head))[--n]);
			return -ENOMEM;
		}
		memcpy(grown + transport->fds.n, CMSG_DATA(head), n * sizeof(int));
		transport->fds.fds = grown;
		transport->fds.n += n;
		transport->fds.allocated = transport->fds.n;
	}
	/* more of them than a message may carry */
	return message->msg_flags & MSG_CTRUNC || transport->fds.n > MANAGER_FDS_MAX ? -EPROTO : 0;
}

static int make_room(struct transport *transport)
{
	char *grown;

	if (transport->allocated - transport->length >= CHUNK)
		return 0;
	if (transport->length > MANAGER_MESSAGE_MAX)
		return -EPROTO;
	grown = realloc(transport->bytes, 2 * transport->allocated + CHUNK);
	if (!grown)
		return -ENOMEM;
	transport->bytes = grown;
	transport->allocated = 2 * transport->allocated + CHUNK;
	return 0;
}

/* recvmsg without EINTR; 0 becomes -ECONNRESET. */
static ssize_t receive_message(int fd, struct msghdr *message, int flags)
{
	ssize_t n;

	do
		n = recvmsg(fd, message, flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 ? -ECONNRESET : n;
}

/* How many of the bytes that are there belong to the reply at the front. */
static ssize_t peek(int fd, struct iovec iov)
{
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n = receive_message(fd, &message, MSG_PEEK);
	char *end = n > 0 ? memchr(iov.iov_base, '\0', n) : NULL;

	return end ? end + 1 - (char *)iov.iov_base : n;
}

/* Reads once. */
static int receive_some(struct transport *transport, enum transport_wait wait)
{
	union fd_message control;
	struct iovec iov;
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;
	int r;

	r = make_room(transport);
	if (r < 0)
		return r;
	iov.iov_base = transport->bytes + transport->length;
	iov.iov_len = transport->allocated - transport->length;
	if (wait == TRANSPORT_WAIT_EXACT) {
		n = peek(transport->fd, iov);
		if (n < 0)
			return n;
		iov.iov_len = n;
	}
	n = receive_message(transport->fd, &message,
			    MSG_CMSG_CLOEXEC | (wait == TRANSPORT_NO_WAIT ? MSG_DONTWAIT : 0));
	if (n < 0)
		return n;
	transport->length += n;
	return keep_fds(transport, &message);
}

static int parse_reply(const char *bytes, size_t length, struct reply *ret)
{
	_cleanup_(note_done) struct note note = {};
	struct json_object *member;
	int r;

	r = json_parse(bytes, length, &note, &ret->message);
	if (r != 0)
		return r > 0 ? -EPROTO : r;
	if (!json_object_is_type(ret->message, json_type_object))
		return -EPROTO;
	if (json_object_object_get_ex(ret->message, "parameters", &member) && member) {
		if (!json_object_is_type(member, json_type_object))
			return -EPROTO;
		ret->parameters = member;
	}
	if (json_object_object_get_ex(ret->message, "error", &member) && member) {
		if (!json_object_is_type(member, json_type_string))
			return -EPROTO;
		ret->error = json_object_get_string(member);
	}
	if (json_object_object_get_ex(ret->message, "continues", &member))
		ret->continues = json_object_get_boolean(member);
	return 0;
}

int transport_receive(struct transport *transport, enum transport_wait wait, struct reply *ret)
{
	_cleanup_(reply_done) struct reply reply = {};
	size_t seen = 0;
	size_t length;
	char *end;
	int r;

	while (!(end = transport->bytes ? memchr(transport->bytes + seen, '\0',
						 transport->length - seen)
					: NULL)) {
		seen = transport->length;
		r = receive_some(transport, wait);
		if (r < 0)
			return r;
	}
	length = end + 1 - transport->bytes;
	r = parse_reply(transport->bytes, length - 1, &reply);
	if (r < 0)
		return r;
	transport->length -= length;
	memmove(transport->bytes, end + 1, transport->length);
	reply.fds = transport->fds;
	transport->fds = (struct schema_fds){};
	*ret = reply;
	reply = (struct reply){};
	return 0;
}

bool transport_has_rest(const struct transport *transport)
{
	return transport->length > 0;
}
