/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seeds-formats.c - seeds of fuzz-lib, fuzz-control, fuzz-takeover, fuzz-region and fuzz-object */
#include "seeds.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "host/control.h"
#include "kern/ledger.h"
#include "wire/manager.h"

/* ---- lib: the call, no change of the head, and a good reply ---- */

static FILE *open_numbered(const char *what, unsigned int number)
{
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "made-%s-%u", what, number) < 0)
		exit(1);
	return seed_open(name);
}

static void reply(const char *what, unsigned int call, const char *parameters)
{
	FILE *file = open_numbered(what, call);

	fputc((int)(call | 1 << 4), file);
	fputc(0, file);
	fprintf(file, "{\"parameters\":%s}%c", parameters, 0);
	seed_close(file);
}

#define RING "\"ring\":{\"name\":\"r\",\"state\":\"running\"}"

static void output(const struct schema_method *method)
{
	_cleanup_free_ char *name = NULL;
	unsigned int n_fds = 0;
	FILE *file;

	if (asprintf(&name, "made-out-%s", method->name) < 0)
		exit(1);
	file = seed_open(name);
	fputc(method->more ? 2 : 3, file);
	fputc(0, file);
	fprintf(file, "{\"parameters\":");
	seed_object(method->output, true, &n_fds, file);
	fprintf(file, "%s}%c", method->more ? ",\"continues\":true" : "", 0);
	seed_close(file);
}

static void changed_head(unsigned int word, unsigned int value)
{
	FILE *file = open_numbered("head", word);
	const unsigned char bytes[4] = {(unsigned char)value, (unsigned char)(value >> 8),
					(unsigned char)(value >> 16), (unsigned char)(value >> 24)};

	fputc(1 | 1 << 4, file);
	fputc(1, file);
	fputc((int)word, file);
	fwrite(bytes, 1, 4, file);
	fprintf(file, "{\"parameters\":{" RING ",\"regionFileDescriptor\":0}}%c", 0);
	seed_close(file);
}

void seeds_of_lib(void)
{
	for (unsigned int call = 0; call < 16; call += 4)
		reply("created", call,
		      "{" RING ",\"regionFileDescriptor\":0,\"leaseFileDescriptor\":1}");
	for (unsigned int call = 1; call < 16; call += 4)
		reply("opened", call, "{" RING ",\"regionFileDescriptor\":0}");
	for (unsigned int call = 0; call < 16; call++) {
		FILE *file = open_numbered("hang-up", call);

		fprintf(file, "%c%c{\"parameters\":{", (char)call, 0);
		seed_close(file);
		file = open_numbered("two", call);
		fprintf(file, "%c%c{\"parameters\":{}}%c{}%c", (char)call, 0, 0, 0);
		seed_close(file);
	}
	reply("no-region", 1, "{" RING "}");
	reply("no-lease", 0, "{" RING ",\"regionFileDescriptor\":0}");
	for (unsigned int word = 0; word < 20; word++)
		changed_head(word, word % 2 ? 0xffffffffu : 0u);
	for (const struct schema_method *m = manager_interface.methods; m->name; m++)
		output(m);
	for (const struct schema_error *e = manager_interface.errors; e->name; e++) {
		FILE *file;
		_cleanup_free_ char *name = NULL;

		if (asprintf(&name, "made-error-%s", e->name) < 0)
			exit(1);
		file = seed_open(name);
		fprintf(file, "%c%c{\"error\":\"%s\",\"parameters\":{\"ring\":\"r\"}}%c", 3, 0,
			e->full_name, 0);
		seed_close(file);
	}
}

/* ---- control: the messages of a good host, and one of each kind at the wrong time ---- */

static void put_event(enum control_type type, int ring_fd, int result, unsigned int state, FILE *to)
{
	const struct control_event event = {
		.head = {CONTROL_VERSION, (uint16_t)type, sizeof(event)},
		.ring_fd = ring_fd,
		.result = result,
		.error = 5,
		.state = state,
	};

	fputc(1, to);
	fputc(sizeof(event), to);
	fwrite(&event, sizeof(event), 1, to);
	fprintf(to, "%c%c", 3, 0); /* the daemon's turn */
}

static void put_command(unsigned int number, FILE *to)
{
	fprintf(to, "%c%c", 2, (char)number);
}

static void put_setup(FILE *to)
{
	struct {
		struct control_setup setup;
		uint32_t groups[2];
	} message = {
		.setup = {.head = {CONTROL_VERSION, CONTROL_SETUP, sizeof(message)},
			  .n_groups = 2,
			  .groups_offset = sizeof(message.setup),
			  .sq_entries = 8,
			  .cq_entries = 16,
			  .n_slots = 2,
			  .region_size = 16384,
			  .data_offset = 8192,
			  .data_size = 8192,
			  .name = "r"},
	};

	fputc(6, to);
	fputc((int)sizeof(message), to);
	fwrite(&message, sizeof(message), 1, to);
}

void seeds_of_control(void)
{
	for (unsigned int inherited = 0; inherited < 2; inherited++) {
		for (unsigned int type = CONTROL_READY; type <= CONTROL_STATE + 1u; type++) {
			for (unsigned int state = CONTROL_READY; state <= CONTROL_STATE; state++) {
				FILE *file = open_numbered("life",
							   inherited * 10000 + type * 100 + state);

				fputc((int)inherited, file);
				if (inherited)
					put_event(CONTROL_STATE, 5, 0, state, file);
				else
					put_event(CONTROL_READY, 5, 0, 0, file);
				put_command(0, file);
				put_event(CONTROL_RUNNING, 0, 0, 0, file);
				put_command(1, file);
				put_event(type, 5, -4, state, file);
				if (state & 1)
					fprintf(file, "%c%c", 4, 0);
				put_command(2, file);
				put_event(CONTROL_RUNNING, 0, 0, 0, file);
				put_event(CONTROL_RETURNED, 0, -14, 0, file);
				put_setup(file);
				seed_close(file);
			}
		}
		for (unsigned int type = CONTROL_READY; type <= CONTROL_STATE; type++) {
			FILE *file = open_numbered("first", inherited * 100 + type);

			fputc((int)inherited, file);
			put_event(type, -1, 1, 0, file);
			seed_close(file);
		}
	}
}

/* ---- takeover: each word of the record, and each of the other changes ---- */

#define WORDS (sizeof(struct iourd_record) / 4)

void seeds_of_takeover(void)
{
	static const unsigned char values[] = {0, 1, 255};

	for (unsigned int word = 0; word < WORDS; word++) {
		/* texts and digests: some of their words */
		if (word > 80 && word % 16)
			continue;
		for (size_t i = 0; i < sizeof(values); i++) {
			FILE *file = open_numbered("word", word * 10 + (unsigned int)i);

			fprintf(file, "%c%c%c%c", 1 << 4, (char)word, (char)(word >> 8), values[i]);
			seed_close(file);
		}
	}
	for (unsigned int kind = 2; kind < 9; kind++) {
		for (unsigned int value = 0; value < 32; value += kind == 2 ? 1 : 9) {
			FILE *file = open_numbered("other", kind * 100 + value);

			fprintf(file, "%c%c%c%c", (char)(kind | 1 << 4), (char)value, 0,
				(char)value);
			seed_close(file);
		}
	}
}

/* ---- region: a change, and then all that reads the region ---- */

enum { REGION_WORD, REGION_NUMBER, REGION_ALL, REGION_RETURN, REGION_TIME, REGION_REQUEST };
enum { REGION_WRITE = REGION_REQUEST + 1, REGION_READ, REGION_DIFFERS, REGION_NEXT };
#define PROGRESS_STATE (offsetof(struct iourd_head, progress.state) / 4)
enum { REQUEST_SWAP, REQUEST_PAUSE, REQUEST_RESUME, REQUEST_ROLLBACK };

static void region_step(unsigned int kind, unsigned int at, unsigned int value, FILE *to)
{
	fprintf(to, "%c%c%c%c", (char)kind, (char)at, (char)(at >> 8), (char)value);
}

/* A program that has passed its probation; or, after it, one that has not, so there is a fallback.
 */
static FILE *region_begin(const char *what, unsigned int number)
{
	FILE *file = open_numbered(what, number);

	region_step(REGION_TIME, 31, 1, file);
	if (number % 2)
		region_step(REGION_REQUEST, 1, REQUEST_SWAP, file);
	return file;
}

static void region_end(FILE *file)
{
	for (unsigned int i = 0; i < 7; i++) {
		region_step(REGION_READ, i, i, file);
		region_step(REGION_WRITE, 0, i, file);
	}
	region_step(REGION_TIME, 31, 0, file);
	region_step(REGION_NEXT, 0, 0, file);
	region_step(REGION_REQUEST, 0, REQUEST_SWAP, file);
	seed_close(file);
}

void seeds_of_region(void)
{
	static const unsigned char values[] = {3, 127, 255};

	for (unsigned int word = 0; word < 104; word++) {
		for (unsigned int i = 0; i < sizeof(values); i++) {
			FILE *file = region_begin("word", word * 10 + i);

			region_step(REGION_WORD, PROGRESS_STATE, IOURD_WORK_FAILED, file);
			region_step(REGION_WORD, word, values[i], file);
			region_step(REGION_RETURN, 0, i ? 0 : word % 4, file);
			region_end(file);
		}
	}
	for (unsigned int number = 0; number < 20; number++) {
		FILE *file = region_begin("return", number);

		if (number % 3 == 1)
			region_step(REGION_ALL, 0, 255, file);
		region_step(REGION_RETURN, number % 5, number / 5, file);
		region_end(file);
		file = region_begin("request", number);
		region_step(REGION_NUMBER, number, number * 3, file);
		region_step(REGION_REQUEST, number % 3, number % 4, file);
		region_step(REGION_REQUEST, number % 3, number / 4 % 4, file);
		region_end(file);
		file = region_begin("differs", number);
		region_step(REGION_DIFFERS, number, number % 2, file);
		region_step(REGION_NEXT, 0, 0, file);
		region_end(file);
	}
}

/* ---- object: words of the descriptor, but of few of its equal fields; words of BTF ---- */

static void one_change(const char *what, unsigned int select, unsigned int at, unsigned char value)
{
	FILE *file = open_numbered(what, at * 1000 + value);

	fprintf(file, "P%c%c%c%c", (char)select, (char)at, (char)(at >> 8), value);
	seed_close(file);
}

void seeds_of_object(void)
{
	static const unsigned char values[] = {0, 1, 3, 255};

	for (unsigned int at = 0; at < 400; at += at < 120 ? 1 : 9)
		for (size_t i = 0; i < sizeof(values); i++)
			one_change("word", 2, at, values[i]);
	for (unsigned int at = 0; at < 480; at += 3)
		one_change("byte", 0, at, (unsigned char)(at % 2 ? '/' : '\n'));
	for (unsigned int at = 0; at < 1500; at += 5)
		one_change("btf", 3, at, (unsigned char)(at % 7));
}
