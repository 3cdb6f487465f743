/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * message.h - parses and builds Varlink calls and replies, the texts of frames
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;
struct note;

/* Owns root; the rest is borrowed from it. message_call_done() accepts a zeroed one. */
struct message_call {
	struct json_object *root;
	const char *method;		/* "org.iouringd.Manager.GetStatus" */
	size_t interface_length;	/* bytes of the method before its last dot */
	const char *name;		/* of the method, after that dot */
	struct json_object *parameters; /* an object; NULL means an empty one */
	bool oneway;			/* no reply is to be sent */
	bool more;			/* several replies may be sent */
};

/* The same for a reply, with message_reply_done(). */
struct message_reply {
	struct json_object *root;
	struct json_object *parameters;
	const char *error; /* NULL: the call succeeded */
	bool continues;	   /* more replies follow */
};

/*
 * FAULT_MESSAGE_REFUSED: the text is not JSON (json_parse() in wire/json.h), or not a call: a
 * top-level key is unknown, has the wrong type or contradicts another one, or "upgrade" is true,
 * which is not supported.
 */
int message_parse_call(const char *text, size_t n, struct note *note, struct message_call *ret);
void message_call_done(struct message_call *call);
/* Ignores unknown top-level keys, because the daemon may be newer than the library. */
int message_parse_reply(const char *text, size_t n, struct note *note, struct message_reply *ret);
void message_reply_done(struct message_reply *reply);

/*
 * Each builds a text of *ret_n bytes, without the NUL that a frame ends with; the caller frees it.
 * @parameters: borrowed; NULL: {}. -EMSGSIZE: the text is larger than MANAGER_CALL_MAX,
 * or, of a reply, MANAGER_MESSAGE_MAX.
 */
int message_build_call(const char *method, struct json_object *parameters, bool oneway, bool more,
		       char **ret, size_t *ret_n);
int message_build_reply(struct json_object *parameters, bool continues, char **ret, size_t *ret_n);
/* The error reply for a fault and its note (may be NULL), or for -errno (Internal). */
int message_build_fault(int r, const struct note *note, char **ret, size_t *ret_n);

#endif
