/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * api-script.h - the operations that an input of fuzz-api consists of
 *
 * The first byte of an operation is its kind (low four bits) and client (the next two). CALL has
 * two bytes more: the method's number in its table; flags: more (1), oneway (2), descriptors (two
 * bits from 4 on). Its text, and that of BYTES (one byte more: descriptors), follows up to a byte
 * 0x02. STEPS, TIME, FAIL and HOST have one byte more, a number; SCRIBBLE has a number and a text.
 *
 * In a text, 0x01 HIGH LOW N and N bytes stand for so many repetitions of these, and 0x03 for NUL:
 * few bytes of input are as large as a client's messages can be.
 */
#ifndef TESTS_FUZZ_API_SCRIPT_H
#define TESTS_FUZZ_API_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define API_OPERATIONS_MAX 48u
#define API_TEXT_MAX	   (72u << 10)	/* bytes, more than a call may have */
#define API_TEXTS_MAX	   (256u << 10) /* of all operations */

enum api_operation_kind {
	API_CALL,
	API_BYTES,
	API_STEPS,
	API_SETTLE,
	API_HEAR,
	API_LEAVE,
	API_SHUTDOWN,
	API_TIME,
	API_FAIL,
	API_SCRIBBLE,
	API_HOST,
};
#define API_KINDS (API_HOST + 1)

struct api_operation {
	enum api_operation_kind kind;
	unsigned int client;
	unsigned int number;
	const char *method;
	bool more;
	bool oneway;
	size_t n_fds;
	const char *text; /* borrowed from the script until the next operation */
	size_t n;
};

struct api_script {
	const uint8_t *at, *end;
	unsigned int operations;
	size_t texts;
};

void api_script_init(struct api_script *script, const uint8_t *data, size_t size);
bool api_script_next(struct api_script *script, struct api_operation *ret);

#endif
