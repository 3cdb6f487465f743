/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * message.h - Varlink calls and replies, out of the bytes of a frame and into them
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;
struct note;

/* Owns root; the rest is borrowed from it. message_call_done() at the end; fit for a zeroed one. */
struct message_call {
	struct json_object *root;
	const char *method;		/* "org.iouringd.Manager.GetStatus" */
	size_t interface_length;	/* bytes of the method before its last dot */
	const char *name;		/* of the method, after that dot */
	struct json_object *parameters; /* an object; or NULL, which stands for an empty one */
	bool oneway;			/* wants no answer */
	bool more;			/* takes many answers */
};

/* The same for a reply: message_reply_done(). */
struct message_reply {
	struct json_object *root;
	struct json_object *parameters;
	const char *error; /* NULL: the call was done */
	bool continues;	   /* more answers follow */
};

/*
 * FAULT_MESSAGE_REFUSED: not JSON (json_parse() in wire/json.h), or not a call: keys at the top
 * that are unknown, of the wrong type, or contradict each other; "upgrade" is not offered.
 */
int message_parse_call(const char *text, size_t n, struct note *note, struct message_call *ret);
void message_call_done(struct message_call *call);
/* Keys at the top that are unknown are ignored: the daemon may be newer than we are. */
int message_parse_reply(const char *text, size_t n, struct note *note, struct message_reply *ret);
void message_reply_done(struct message_reply *reply);

/*
 * Text without the NUL that frame_writer_push() adds; the caller frees it. @parameters: borrowed;
 * NULL: {}. -EMSGSIZE: larger than MANAGER_MESSAGE_MAX.
 */
int message_build_call(const char *method, struct json_object *parameters, bool oneway, bool more,
		       char **ret, size_t *ret_n);
int message_build_reply(struct json_object *parameters, bool continues, char **ret, size_t *ret_n);
/* The error reply for a fault and its note (may be NULL), or for an -errno (Internal). */
int message_build_fault(int r, const struct note *note, char **ret, size_t *ret_n);

#endif
