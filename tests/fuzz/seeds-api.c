/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seeds-api.c - seeds of fuzz-api, in the language of api-script.h */
#include "seeds.h"

#include <stdlib.h>
#include <string.h>

#include "api-script.h"
#include "common/cleanup.h"
#include "wire/manager.h"

enum { ALICE_1, ALICE_2, BOB_1, ROOT_1 };

static void put(enum api_operation_kind kind, unsigned int client, FILE *to)
{
	fputc((int)(kind | client << 4), to);
}

static void put_number(enum api_operation_kind kind, unsigned int number, FILE *to)
{
	put(kind, ALICE_1, to);
	fputc((int)number, to);
}

static int number_of(const char *name)
{
	int n = 0;

	for (const struct schema_method *m = manager_interface.methods; m->name; m++, n++)
		if (strcmp(m->name, name) == 0)
			return n;
	fprintf(stderr, "there is no method %s\n", name);
	exit(1);
}

static void begin_call(const char *method, unsigned int client, bool more, unsigned int n_fds,
		       FILE *to)
{
	put(API_CALL, client, to);
	fputc(number_of(method), to);
	fputc((more ? 1 : 0) | (int)(n_fds << 2), to);
}

static void call(const char *method, unsigned int client, const char *parameters, FILE *to)
{
	begin_call(method, client, strcmp(method, "Watch") == 0, 0, to);
	fprintf(to, "%s\2", parameters);
}

/* The same, and all that follows from it. */
static void settled(const char *method, unsigned int client, const char *parameters, FILE *to)
{
	call(method, client, parameters, to);
	put(API_SETTLE, client, to);
}

static void repeat(unsigned int times, const char *text, FILE *to)
{
	fprintf(to, "\1%c%c%c%s", (char)(times >> 8), (char)times, (char)strlen(text), text);
}

static void each_method(const struct schema_method *method, unsigned int client, const char *who)
{
	_cleanup_free_ char *name = NULL;
	unsigned int n_fds = 0;
	FILE *file;

	if (asprintf(&name, "made-%s-by-%s", method->name, who) < 0)
		exit(1);
	file = seed_open(name);
	settled("CreateRing", ALICE_1, "{\"program\":\"nop\",\"name\":\"r\"}", file);
	settled("StartRing", ALICE_1, "{\"ring\":\"r\"}", file);
	for (unsigned int optional = 0; optional < 2; optional++) {
		begin_call(method->name, client, method->more, method->takes_fds ? 3 : 0, file);
		seed_object(method->input, optional, &n_fds, file);
		fputc(2, file);
		put(API_SETTLE, client, file);
	}
	put_number(API_TIME, 5, file);
	call("DescribeRing", ALICE_1, "{\"ring\":\"r\"}", file);
	seed_close(file);
}

/* A life with everything in it, interrupted at call number @fail of the ports; 32: never. */
static void life(unsigned int fail)
{
	_cleanup_free_ char *name = NULL;
	FILE *file;

	if (asprintf(&name, "made-life-%u", fail) < 0)
		exit(1);
	file = seed_open(name);
	call("Watch", BOB_1, "{}", file);
	call("Watch", ROOT_1, "{\"ring\":\"1000/r\"}", file);
	put(API_SETTLE, ALICE_1, file);
	if (fail < 32)
		put_number(API_FAIL, fail, file);
	call("CreateRing", ALICE_1, "{\"program\":\"nop\",\"name\":\"r\",\"rollback\":true}", file);
	put_number(API_STEPS, 9, file);
	put(API_SETTLE, ALICE_1, file);
	call("WriteParameters", ALICE_1, "{\"ring\":\"r\",\"parameters\":{\"depth\":3}}", file);
	settled("StartRing", ALICE_1, "{\"ring\":\"r\"}", file);
	settled("SwapProgram", ALICE_1, "{\"ring\":\"r\",\"program\":\"table\"}", file);
	call("PauseRing", ALICE_2, "{\"ring\":\"r\"}", file);
	put(API_SETTLE, ALICE_1, file);
	call("ReadParameters", ALICE_2, "{\"ring\":\"r\",\"fields\":[\"depth\"]}", file);
	call("ResumeRing", ALICE_2, "{\"ring\":\"r\"}", file);
	put(API_SETTLE, ALICE_1, file);
	put_number(API_TIME, 20, file);
	call("DestroyRing", ROOT_1, "{\"ring\":\"1000/r\"}", file);
	put(API_SETTLE, ALICE_1, file);
	call("ListRings", ALICE_1, "{}", file);
	seed_close(file);
}

/* One call that names a table again and again. */
static void attack_fields(void)
{
	FILE *file = seed_open("made-attack-fields");

	settled("CreateRing", ALICE_1, "{\"program\":\"table\",\"name\":\"r\"}", file);
	begin_call("ReadParameters", ALICE_1, false, 0, file);
	fprintf(file, "{\"ring\":\"r\",\"fields\":[");
	repeat(7900, "\"table\",", file);
	fprintf(file, "\"table\"]}\2");
	seed_close(file);
}

/* Watches with long names, and half a message, on all connections. */
static void attack_names(void)
{
	FILE *file = seed_open("made-attack-names");

	for (unsigned int client = ALICE_1; client <= BOB_1; client++) {
		begin_call("Watch", client, true, 0, file);
		fprintf(file, "{\"ring\":\"");
		repeat(60000, "a", file);
		fprintf(file, "\"}\2");
		put(API_SETTLE, client, file);
	}
	put(API_BYTES, ALICE_2, file);
	fputc(0, file);
	repeat(60000, "b", file);
	fprintf(file, "\2");
	put(API_SETTLE, ALICE_1, file);
	seed_close(file);
}

/* A Watch without events, a whole message with descriptors behind it, and the client exits. */
static void attack_hang_up(void)
{
	FILE *file = seed_open("made-attack-hang-up");

	settled("Watch", ALICE_1, "{\"ring\":\"r\"}", file);
	begin_call("CreateRing", ALICE_1, false, 3, file);
	fprintf(file, "{\"program\":\"nop\"}\2");
	put(API_SETTLE, ALICE_1, file);
	put(API_LEAVE, ALICE_1, file);
	put(API_SETTLE, BOB_1, file);
	call("GetStatus", BOB_1, "{}", file);
	seed_close(file);
}

/* Each report of a host to a running ring, with regions in which everything is possible. */
static void host_reports(unsigned int number)
{
	_cleanup_free_ char *name = NULL;
	FILE *file;

	if (asprintf(&name, "made-host-%u", number) < 0)
		exit(1);
	file = seed_open(name);
	settled("CreateRing", ALICE_1, "{\"program\":\"nop\",\"name\":\"r\"}", file);
	settled("StartRing", ALICE_1, "{\"ring\":\"r\"}", file);
	if (number & 1)
		call("SwapProgram", ALICE_1, "{\"ring\":\"r\",\"program\":\"table\"}", file);
	put_number(API_STEPS, number & 7, file);
	put_number(API_SCRIBBLE, 20, file);
	fputc((int)number % 5 + 4, file);
	repeat(15, "\xff", file);
	fputc(2, file);
	put_number(API_HOST, number, file);
	settled("DescribeRing", ALICE_1, "{\"ring\":\"r\"}", file);
	settled("ResumeRing", ALICE_1, "{\"ring\":\"r\"}", file);
	settled("ReadParameters", ALICE_1, "{\"ring\":\"r\"}", file);
	seed_close(file);
}

/* A ring that its application runs, by root; and what does not fit. */
static void adopted(void)
{
	FILE *file = seed_open("made-adopted");

	settled("PrepareRing", ROOT_1, "{\"program\":\"nop\",\"name\":\"r\"}", file);
	call("PrepareRing", ALICE_1, "{\"program\":\"nop\",\"name\":\"s\"}", file);
	put(API_SETTLE, ROOT_1, file);
	call("AdoptRing", ROOT_1,
	     "{\"ring\":\"r\",\"ringDescriptor\":5,\"regionDescriptor\":6,\"regionAddress\":4096}",
	     file);
	put(API_SETTLE, ROOT_1, file);
	settled("ReportRing", ROOT_1, "{\"ring\":\"r\",\"result\":0}", file);
	put_number(API_TIME, 31, file);
	put(API_SETTLE, ROOT_1, file);
	seed_close(file);
}

/* A program that is loaded, run, replaced and unloaded; a persistent ring. */
static void loaded(void)
{
	FILE *file = seed_open("made-loaded");

	for (unsigned int again = 0; again < 2; again++) {
		begin_call("LoadProgram", ROOT_1, false, 1, file);
		fprintf(file, "{\"fileDescriptor\":0}\2");
		put(API_SETTLE, ROOT_1, file);
	}
	settled("CreateRing", ROOT_1, "{\"program\":\"loaded\",\"name\":\"r\",\"persistent\":true}",
		file);
	call("UnloadProgram", ROOT_1, "{\"program\":\"loaded\"}", file);
	settled("SwapProgram", ROOT_1, "{\"ring\":\"r\",\"program\":\"nop\"}", file);
	settled("UnloadProgram", ROOT_1, "{\"program\":\"loaded\"}", file);
	settled("RollbackProgram", ROOT_1, "{\"ring\":\"r\"}", file);
	settled("DestroyRing", ROOT_1, "{\"ring\":\"r\"}", file);
	call("UnloadProgram", ROOT_1, "{\"program\":\"loaded\"}", file);
	seed_close(file);
}

/* A client that reads nothing while there is much to send. */
static void deaf(void)
{
	FILE *file = seed_open("made-deaf");

	put(API_BYTES, BOB_1, file);
	fputc(0, file);
	for (unsigned int i = 0; i < 4; i++)
		repeat(200,
		       "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":"
		       "{\"interface\":\"" MANAGER_INTERFACE "\"}}\3",
		       file);
	fputc(2, file);
	put_number(API_STEPS, 31, file);
	put_number(API_STEPS, 31, file);
	settled("GetStatus", BOB_1, "{}", file);
	seed_close(file);
}

static void odd_messages(void)
{
	FILE *file = seed_open("made-odd-messages");

	put(API_BYTES, BOB_1, file);
	fputc(0, file);
	fprintf(file, "{\"method\":\"org.varlink.service.GetInfo\"}\3");
	fprintf(file, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		      "\"parameters\":{\"interface\":\"" MANAGER_INTERFACE "\"}}\3");
	fprintf(file, "{\"method\":\"a.b\",\"oneway\":true}\3{\"method\":\"" MANAGER_INTERFACE
		      ".Nothing\"}\3\2");
	put(API_SETTLE, BOB_1, file);
	put(API_SHUTDOWN, BOB_1, file);
	put(API_BYTES, ALICE_1, file);
	fputc(0, file);
	fprintf(file, "not a message\3\2");
	put(API_HEAR, ALICE_1, file);
	put(API_BYTES, ALICE_2, file);
	fputc(1, file);
	repeat(70000, "x", file);
	fprintf(file, "\2");
	put(API_SETTLE, ALICE_1, file);
	seed_close(file);
}

void seeds_of_api(void)
{
	for (const struct schema_method *m = manager_interface.methods; m->name; m++) {
		each_method(m, ALICE_1, "owner");
		each_method(m, BOB_1, "other");
		each_method(m, ROOT_1, "root");
	}
	for (unsigned int fail = 0; fail <= 32; fail++)
		life(fail);
	for (unsigned int number = 0; number < 32; number++)
		host_reports(number);
	adopted();
	loaded();
	deaf();
	attack_fields();
	attack_names();
	attack_hang_up();
	odd_messages();
}
