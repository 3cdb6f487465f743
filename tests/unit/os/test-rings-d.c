/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declarations of rings: each mistake is reported with its place, and affects no other file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/rings-d.h"
#include "common/cleanup.h"
#include "wire/json.h"

struct place {
	char directory[64];
	struct declarations rings;
};

static void place_init(struct place *place)
{
	*place = (struct place){.directory = "/tmp/rings-d-test-XXXXXX"};
	assert_non_null(mkdtemp(place->directory));
	assert_int_equal(chmod(place->directory, 0755), 0);
}

static void path_of(const struct place *place, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", place->directory, name);
}

static void put(const struct place *place, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_of(place, name, path);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static void read_them(struct place *place)
{
	declarations_done(&place->rings);
	assert_int_equal(rings_d_read(place->directory, &place->rings), 0);
}

static void place_done(struct place *place)
{
	_cleanup_free_ char *command = NULL;

	declarations_done(&place->rings);
	assert_true(asprintf(&command, "rm -r %s", place->directory) > 0);
	assert_int_equal(system(command), 0);
}

static void test_all_settings(void **state)
{
	_cleanup_free_ char *text = NULL;
	const struct declaration *ring;
	struct place place;

	place_init(&place);
	put(&place, "copy-a.json",
	    "// what it is for\n{\"program\": \"copy\", \"user\": \"alice\", /* hers */\n"
	    "\"files\": {\"source\": {\"path\": \"/srv/a\"},\n"
	    "            \"target\": {\"path\": \"/srv/b\", \"mode\": \"readWrite\"}},\n"
	    "\"parameters\": {\"depth\": 4, \"table\": [{\"a\": 1}]},\n"
	    "\"dataBytes\": 65536, \"rollback\": true, \"start\": false}\n");
	put(&place, "b.json", "{\"program\": \"nop\", \"user\": 1000}");
	put(&place, "c.json", "{\"program\": \"nop\"}");
	put(&place, "d.json~", "{}");
	put(&place, ".e.json", "{}");
	put(&place, "README", "text");
	read_them(&place);
	assert_int_equal(place.rings.n, 3);
	assert_string_equal(place.rings.items[0].name, "b");
	assert_string_equal(place.rings.items[0].user, "1000");
	assert_int_equal(place.rings.items[0].n_files, 0);
	assert_false(place.rings.items[0].data_bytes_set);
	assert_true(place.rings.items[0].start);
	assert_false(place.rings.items[0].rollback);
	assert_string_equal(place.rings.items[1].user, "root");
	ring = &place.rings.items[2];
	assert_null(ring->problem);
	assert_string_equal(ring->name, "copy-a");
	assert_non_null(strstr(ring->file, "/copy-a.json"));
	assert_string_equal(ring->program, "copy");
	assert_string_equal(ring->user, "alice");
	assert_int_equal(ring->n_files, 2);
	assert_string_equal(ring->files[0].slot, "source");
	assert_string_equal(ring->files[0].path, "/srv/a");
	assert_int_equal(ring->files[0].access, -1);
	assert_int_equal(ring->files[1].access, O_RDWR);
	assert_int_equal(json_print(ring->parameters, false, &text), 0);
	assert_string_equal(text, "{\"depth\":4,\"table\":[{\"a\":1}]}");
	assert_true(ring->data_bytes_set);
	assert_int_equal(ring->data_bytes, 65536);
	assert_true(ring->rollback);
	assert_false(ring->start);
	place_done(&place);
}

/* A file with @text has a problem with its path and @what in it; the file beside it has none. */
static void bad(const char *text, const char *what)
{
	struct place place;
	char path[128];

	place_init(&place);
	put(&place, "bad.json", text);
	put(&place, "good.json", "{\"program\": \"nop\"}");
	path_of(&place, "bad.json", path);
	read_them(&place);
	assert_int_equal(place.rings.n, 2);
	assert_string_equal(place.rings.items[0].name, "bad");
	if (!place.rings.items[0].problem)
		fail_msg("%s is no problem", text);
	assert_non_null(strstr(place.rings.items[0].problem, path));
	if (!strstr(place.rings.items[0].problem, what))
		fail_msg("%s does not say %s", place.rings.items[0].problem, what);
	assert_null(place.rings.items[1].problem);
	place_done(&place);
}

#define WITH(setting) "{\"program\": \"copy\", " setting "}"

static void test_lines(void **state)
{
	bad("{\n\"program\": \"copy\",\n\"rollback\": 1}",
	    "bad.json:3: rollback is 1, expected true or false");
	bad("{\n\"program\": \"copy\",\n\"colour\": 1}",
	    "bad.json:3: there is no setting \"colour\"");
	bad("{\"program\": \"copy\", \"files\": {\n"
	    "\"target\": {\"path\": \"/b\", \"mode\": \"read\"},\n"
	    "\"source\": {\"path\": \"/a\",\n"
	    "\"mode\": \"all\"}}}",
	    "bad.json:4: files.source.mode is \"all\", expected one of");
	bad("{\"program\": \"copy\",\n \"files\": {\n\"source\": {\n\"size\": 1}}}",
	    "bad.json:4: there is no setting \"files.source.size\"");
	bad("{\"program\": \"copy\",\n \"files\": {\n\"source\": {\n\"mode\": \"read\"}}}",
	    "bad.json:3: files.source has no \"path\"");
	bad("{\"program\": \"copy\",\n \"files\": {\n\"a\": 7}}", "bad.json:3: files.a is 7");
}

static void test_bad_settings(void **state)
{
	bad("{}", "no \"program\"");
	bad("{\"program\": 7}", "program is 7, expected the name of a loop program");
	bad("{\"program\": \"\"}", "program is \"\"");
	bad("{\"program\": \"a\\u0000b\"}", "program is");
	bad(WITH("\"color\": 1"),
	    "\"color\"; there are: program, user, files, parameters, dataBytes");
	bad(WITH("\"user\": true"), "user is true, expected a user's name or number");
	bad(WITH("\"user\": -1"), "user is -1");
	bad(WITH("\"user\": 4294967295"), "user is 4294967295");
	bad(WITH("\"files\": []"), "files is [ ], expected an object");
	bad(WITH("\"files\": {\"source\": \"/a\"}"), "files.source is \"");
	bad(WITH("\"files\": {\"source\": {}}"), "files.source has no \"path\"");
	bad(WITH("\"files\": {\"source\": {\"path\": \"a\"}}"),
	    "files.source.path is \"a\", expected an absolute path");
	bad(WITH("\"files\": {\"source\": {\"path\": 1}}"), "files.source.path is 1");
	bad(WITH("\"files\": {\"source\": {\"path\": \"/a\", \"mode\": \"rw\"}}"),
	    "files.source.mode is \"rw\", expected one of \"read\", \"write\", \"readWrite\"");
	bad(WITH("\"files\": {\"source\": {\"path\": \"/a\", \"offset\": 1}}"),
	    "\"files.source.offset\"; there are: path, mode");
	bad(WITH("\"files\": "
		 "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}"),
	    "files has 9 files, expected at most 8");
	bad(WITH("\"parameters\": 1"), "parameters is 1, expected an object");
	bad(WITH("\"parameters\": {\"a\": \"b\\u0000c\"}"), "parameters is");
	bad(WITH("\"parameters\": {\"a\": \"\xff\"}"), "");
	bad(WITH("\"dataBytes\": -1"), "dataBytes is -1, expected a number of bytes");
	bad(WITH("\"dataBytes\": 1073741825"), "dataBytes is 1073741825");
	bad(WITH("\"dataBytes\": \"1M\""), "dataBytes is \"1M\"");
	bad(WITH("\"rollback\": 1"), "rollback is 1, expected true or false");
	bad(WITH("\"start\": null"), "start is null");
}

static void test_bad_texts(void **state)
{
	bad("", "ends within");
	bad("[]", "object");
	bad("{\n\"program\" \"copy\"}", ":2: ");
	bad("{\"program\": \"copy\"} {}", "unexpected text");
	bad("{\"program\": \"copy\"", "ends within");
	bad("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{"
	    "\"a\":"
	    "{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}",
	    ":1: ");
}

static void test_bad_files(void **state)
{
	struct place place;
	char path[128], other[128];

	place_init(&place);
	put(&place, "a.json", "{\"program\": \"nop\"}");
	put(&place, "b.json", "{\"program\": \"nop\"}");
	path_of(&place, "a.json", path);
	assert_int_equal(chmod(path, 0664), 0);
	path_of(&place, "link.json", other);
	assert_int_equal(symlink("b.json", other), 0);
	path_of(&place, "pipe.json", other);
	assert_int_equal(mkfifo(other, 0600), 0);
	path_of(&place, "z.json", other);
	assert_int_equal(mkdir(other, 0755), 0);
	read_them(&place);
	assert_int_equal(place.rings.n, 5);
	assert_non_null(strstr(place.rings.items[0].problem, "(mode 0664): run 'chmod go-w "));
	assert_null(place.rings.items[1].problem);
	assert_non_null(strstr(place.rings.items[2].problem, "symbolic link"));
	assert_non_null(strstr(place.rings.items[3].problem, "not a regular file"));
	assert_non_null(strstr(place.rings.items[4].problem, "not a regular file"));
	place_done(&place);
}

static void test_foreign_file(void **state)
{
	struct place place;
	char path[128];

	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	place_init(&place);
	put(&place, "a.json", "{\"program\": \"nop\"}");
	path_of(&place, "a.json", path);
	assert_int_equal(chown(path, 1000, 0), 0);
	read_them(&place);
	assert_non_null(
		strstr(place.rings.items[0].problem, "owned by user 1000, must be owned by root"));
	place_done(&place);
}

/* An unusable directory is a problem without a name; a missing one has no declarations. */
static void test_directory(void **state)
{
	struct place place;
	char path[128];

	place_init(&place);
	put(&place, "a.json", "{\"program\": \"nop\"}");
	assert_int_equal(chmod(place.directory, 0777), 0);
	read_them(&place);
	assert_int_equal(place.rings.n, 1);
	assert_null(place.rings.items[0].name);
	assert_non_null(strstr(place.rings.items[0].problem, "(mode 0777): run 'chmod go-w "));
	assert_string_equal(place.rings.items[0].file, place.directory);
	declarations_done(&place.rings);
	path_of(&place, "a.json", path);
	assert_int_equal(rings_d_read(path, &place.rings), 0);
	assert_int_equal(place.rings.n, 1);
	assert_null(place.rings.items[0].name);
	declarations_done(&place.rings);
	assert_int_equal(rings_d_read("/nowhere/rings.d", &place.rings), 0);
	assert_int_equal(place.rings.n, 0);
	place_done(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_settings), cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bad_settings), cmocka_unit_test(test_bad_texts),
		cmocka_unit_test(test_bad_files),    cmocka_unit_test(test_foreign_file),
		cmocka_unit_test(test_directory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("os-rings-d", tests, NULL, NULL);
}
