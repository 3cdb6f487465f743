/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads bytes in pieces, with descriptors anywhere, as frames, and parses these as calls and
 * replies.
 *
 * Input: a byte with the number of pieces, one byte for each (six bits of size, two of
 * descriptors), and the bytes to send. After the last piece the rest is sent at once.
 */
#include "../fds.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/frame.h"
#include "wire/json.h"
#include "wire/manager.h"
#include "wire/message.h"
#include "wire/socket.h"

struct run {
	int ours;
	int theirs;
	struct frame_reader reader;
	size_t taken; /* bytes in frames, with their NULs */
	size_t fds_sent;
	size_t fds_taken;
	bool apart;
};

static void decode(const struct message_call *call, const struct schema_fds *fds)
{
	const struct schema_method *method = schema_find_method(&manager_interface, call->name);
	_Alignas(16) char decoded[2048];
	struct note note = {};
	int r;

	if (!method)
		return;
	MUST(method->input->size <= sizeof(decoded));
	r = schema_decode(method->input, call->parameters, fds, &note, decoded);
	MUST(r == 0 || r == FAULT_INVALID_PARAMETER);
	if (r == 0)
		schema_done(method->input, decoded);
	else
		MUST(note.texts[0] && note.texts[2]);
	note_done(&note);
}

/* What is built of what was read says the same. */
static void build_call(const struct message_call *call)
{
	_cleanup_free_ char *text = NULL;
	struct message_call again = {};
	size_t n;
	int r = message_build_call(call->method, call->parameters, call->oneway, call->more, &text,
				   &n);

	MUST(r == 0 || r == -EMSGSIZE);
	if (r < 0)
		return;
	MUST(message_parse_call(text, n, NULL, &again) == 0);
	MUST(strcmp(again.method, call->method) == 0);
	MUST(again.oneway == call->oneway && again.more == call->more);
	message_call_done(&again);
}

static void build_reply(const struct message_reply *reply)
{
	_cleanup_free_ char *text = NULL;
	struct message_reply again = {};
	size_t n;
	int r = message_build_reply(reply->parameters, reply->continues, &text, &n);

	MUST(r == 0 || r == -EMSGSIZE);
	if (r == 0) {
		MUST(message_parse_reply(text, n, NULL, &again) == 0);
		MUST(again.continues == reply->continues && !again.error);
	}
	message_reply_done(&again);
}

/* The refusal is a reply itself, whatever text of the client it contains. */
static void build_fault(int r, const struct note *note)
{
	_cleanup_free_ char *text = NULL;
	struct message_reply reply = {};
	size_t n;

	MUST(message_build_fault(r, note, &text, &n) == 0);
	MUST(message_parse_reply(text, n, NULL, &reply) == 0);
	MUST(reply.error);
	message_reply_done(&reply);
}

static void parse(const struct frame *frame)
{
	struct message_reply reply = {};
	struct message_call call = {};
	struct note note = {};
	int r = message_parse_call(frame->text, frame->length, &note, &call);

	MUST(r == 0 || r == FAULT_MESSAGE_REFUSED);
	MUST((r == 0) == (call.root != NULL));
	if (r == 0) {
		MUST(call.method && call.method[call.interface_length] == '.' && *call.name);
		MUST(!(call.more && call.oneway));
		decode(&call, &frame->fds);
		build_call(&call);
	} else {
		build_fault(r, &note);
	}
	message_call_done(&call);
	r = message_parse_reply(frame->text, frame->length, &note, &reply);
	MUST(r == 0 || r == FAULT_MESSAGE_REFUSED);
	if (r == 0)
		build_reply(&reply);
	if (r == 0 && reply.error) {
		_cleanup_free_ char *text = fault_message(reply.error, reply.parameters);

		MUST(text && !strchr(text, '\n') && !strchr(text, '\x1b'));
	}
	message_reply_done(&reply);
	note_done(&note);
}

/* As the daemon reads: bytes with descriptors are received elsewhere. */
static int fill_apart(struct run *run, struct note *note)
{
	static char bytes[1 << 17];
	struct schema_fds fds = {};
	size_t elsewhere;
	ssize_t n;
	int r;

	r = frame_reader_fill_bytes(&run->reader, run->theirs, note, &elsewhere);
	if (r != 0 || elsewhere == 0)
		return r;
	MUST(elsewhere <= sizeof(bytes));
	n = socket_receive(run->theirs, bytes, elsewhere, &fds);
	MUST(n > 0);
	r = frame_reader_add(&run->reader, bytes, (size_t)n, fds.n > 0, note);
	run->fds_taken += fds.n;
	schema_fds_done(&fds);
	return r;
}

/* Reads all available bytes; false after a fault. */
static bool drain(struct run *run)
{
	struct note note = {};
	struct frame frame;
	int r;

	for (;;) {
		while (frame_reader_next(&run->reader, &frame)) {
			MUST(frame.text[frame.length] == '\0');
			MUST(strlen(frame.text) == frame.length);
			run->taken += frame.length + 1;
			run->fds_taken += frame.fds.n;
			parse(&frame);
			schema_fds_done(&frame.fds);
		}
		r = run->apart ? fill_apart(run, &note)
			       : frame_reader_fill(&run->reader, run->theirs, &note);
		if (r != 0)
			break;
	}
	MUST(r == -EAGAIN || r == -ECONNRESET || r == FAULT_MESSAGE_REFUSED);
	MUST((r > 0) == (note.fault != FAULT_NONE));
	note_done(&note);
	return r < 0;
}

static bool put(struct run *run, const uint8_t *bytes, size_t n, size_t n_fds)
{
	const int fds[3] = {0, 1, 2};

	while (n > 0) {
		ssize_t sent = socket_send(run->ours, bytes, n, fds, n_fds);

		if (sent == -EAGAIN) {
			if (!drain(run))
				return false;
			continue;
		}
		MUST(sent > 0);
		run->fds_sent += n_fds;
		n_fds = 0;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

static void pass(const uint8_t *data, size_t size, bool apart)
{
	size_t fds_before = count_fds();
	struct run run = {.apart = apart};
	size_t pieces = size ? data[0] % 64 : 0, sent = 0;
	const uint8_t *bytes = data + 1 + pieces;
	bool good = true;
	int pair[2];

	if (size < 1 + pieces)
		return;
	size -= 1 + pieces;
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	run.ours = pair[0];
	run.theirs = pair[1];
	for (size_t i = 0; good && i <= pieces; i++) {
		size_t n = i < pieces ? (data[1 + i] & 63u) + 1 : size - sent;
		size_t n_fds = i < pieces ? data[1 + i] >> 6 : 0;

		if (n > size - sent)
			n = size - sent;
		good = put(&run, bytes + sent, n, n_fds);
		sent += n;
		/* sometimes the reader is slow, and finds several pieces at once */
		if (good && (i % 3 == 2 || i == pieces))
			good = drain(&run);
	}
	safe_close(run.ours);
	if (good) {
		size_t left = 0;

		while (left < size && bytes[size - 1 - left])
			left++;
		drain(&run);
		MUST(run.taken == size - left);
		MUST(frame_reader_partial(&run.reader) == (left > 0));
		MUST(run.fds_taken + run.reader.fds.n == run.fds_sent);
	}
	frame_reader_done(&run.reader);
	safe_close(run.theirs);
	MUST(count_fds() == fds_before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pass(data, size, false);
	pass(data, size, true);
	return 0;
}
