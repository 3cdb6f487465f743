/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration: the last word counts, and each mistake is said with its place. */
#include <errno.h>
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

#include "os/config.h"
#include "common/cleanup.h"

struct place {
	char directory[64];
	char path[96]; /* a file in it */
};

static void place_init(struct place *place)
{
	strcpy(place->directory, "/tmp/config-test-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->path, sizeof(place->path), "%s/10-a.conf", place->directory);
}

static void write_to(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void place_done(struct place *place)
{
	unlink(place->path);
	assert_int_equal(rmdir(place->directory), 0);
}

static void test_defaults(void **state)
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *text = NULL;

	assert_int_equal(config_init(&config), 0);
	for (const struct config_key *key = config_keys; key->name; key++) {
		assert_non_null(key->help);
		if (key->kind == CONFIG_NUMBER)
			assert_true(key->number >= key->minimum && key->number <= key->maximum);
		else if (key->kind == CONFIG_CHOICE)
			assert_non_null(key->choices[key->number]);
		else
			assert_int_equal(key->path[0], '/');
	}
	assert_int_equal(config_print(&config, &text), 0);
	assert_non_null(strstr(text, "\"ringsPerUser\": 64"));
	assert_non_null(strstr(text, "\"persistentRings\": \"root\""));
	assert_non_null(strstr(text, "\"socket\": \"/run/iouringd/org.iouringd.Manager\""));
}

static void test_good(void **state)
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *problem = NULL;
	struct place place;

	place_init(&place);
	assert_int_equal(config_init(&config), 0);
	write_to(place.path, "// a comment\n{ /* another */ \"ringsPerUser\": 7,\n"
			     "\"persistentRings\": \"none\",\n"
			     "\"programDirectory\": \"/srv/programs\", }\n// and one more\n");
	assert_int_equal(config_read_file(&config, place.path, &problem), 0);
	assert_null(problem);
	assert_int_equal(config.rings_per_user, 7);
	assert_string_equal(config.program_directory, "/srv/programs");
	assert_int_equal(config.persistent_rings, CONFIG_WHO_NONE);
	assert_int_equal(config.connections, 1024);
	place_done(&place);
}

/* @text is refused with a sentence that says the file and @what. */
static void bad(const char *text, const char *what)
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *problem = NULL;
	struct place place;

	place_init(&place);
	assert_int_equal(config_init(&config), 0);
	write_to(place.path, text);
	assert_int_equal(config_read_file(&config, place.path, &problem), -EINVAL);
	assert_non_null(problem);
	assert_non_null(strstr(problem, place.path));
	if (!strstr(problem, what))
		fail_msg("%s does not say %s", problem, what);
	place_done(&place);
}

static void test_bad(void **state)
{
	bad("{\"nonsense\": 1}", "\"nonsense\", expected one of: ringsPerUser, ");
	bad("{\"ringsPerUser\": \"many\"}",
	    "ringsPerUser is \"many\", expected a whole number from 0");
	bad("{\"ringsPerUser\": -1}", "ringsPerUser is -1");
	bad("{\"ringsPerUser\": 1.5}", "ringsPerUser is 1.5");
	bad("{\"ringsPerUser\": null}", "ringsPerUser is null");
	bad("{\"ringsPerUser\": 99999999999999999999}", "ringsPerUser");
	bad("{\"socket\": 7}", "socket is 7, expected an absolute path");
	bad("{\"socket\": \"here\"}", "socket is \"here\"");
	bad("{\"socket\": \"/a\\u0000b\"}", "socket is");
	bad("{\"persistentRings\": \"alice\"}",
	    "persistentRings is \"alice\", expected one of \"root\", \"all\", \"none\"");
	bad("{\"persistentRings\": 1}", "persistentRings is 1, expected one of");
	bad("{\"persistentRings\": \"all\\u0000\"}", "persistentRings is");
	bad("{\"ringsPerUser\": 1", ":1: ");
	bad("{\n\n\"ringsPerUser\" 1}", ":3: ");
	bad("{} {}", ":1: unexpected text");
	bad("{} x", ":1: unexpected text");
	bad("[1]", ":1: expected a JSON object");
	bad("7\n", "object");
	bad("", "ends");
}

/* The line of the key, whatever is around it. */
static void test_lines(void **state)
{
	bad("{ // \"ringsPerUser\": 1\n\n \"connections\": 7,\n /* a\n */ \"ringsPerUser\":\n -1 }",
	    "10-a.conf:5: ringsPerUser is -1, expected a whole number from 0");
	bad("{\n\"x\": {\n\"ringsPerUser\": 1},\n\"ringsPerUser\": 2}",
	    "10-a.conf:2: unknown setting \"x\"");
	bad("{\n\"connections\": 7,\n\"socket\":\n\"here\"}",
	    "10-a.conf:3: socket is \"here\", expected an absolute path");
	bad("{\"adoptedRings\": \"all\",\n\"adoptedRings\": \"some\"}",
	    "10-a.conf:2: adoptedRings is \"some\", expected one of");
	/* what is no JSON, though json-c takes it, has no line behind it */
	bad("{ 'connections': 7,\n\"ringsPerUser\": -1 }", "10-a.conf: ringsPerUser is -1");
}

static void test_no_file(void **state)
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *missing = NULL, *directory = NULL, *none = NULL;

	assert_int_equal(config_init(&config), 0);
	assert_int_equal(config_read_file(&config, "/nowhere/a.conf", &missing), -ENOENT);
	assert_non_null(strstr(missing, "/nowhere/a.conf"));
	assert_int_equal(config_read_file(&config, "/tmp", &directory), -EINVAL);
	assert_non_null(strstr(directory, "not a regular file"));
	assert_int_equal(config_read_directory(&config, "/nowhere/a.conf.d", &none), 0);
}

static void test_drop_ins(void **state)
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *problem = NULL;
	char last[96], other[96], hidden[96];
	struct place place;

	place_init(&place);
	snprintf(last, sizeof(last), "%s/9-b.conf", place.directory);
	snprintf(other, sizeof(other), "%s/99-c.conf~", place.directory);
	snprintf(hidden, sizeof(hidden), "%s/.z.conf", place.directory);
	assert_int_equal(config_init(&config), 0);
	write_to(place.path, "{\"ringsPerUser\": 1, \"connections\": 5}");
	write_to(last, "{\"ringsPerUser\": 2}");
	write_to(other, "{\"ringsPerUser\": 3}");
	write_to(hidden, "{\"ringsPerUser\": 4}");
	assert_int_equal(config_read_directory(&config, place.directory, &problem), 0);
	assert_int_equal(config.rings_per_user, 2); /* "10" is before "9" */
	assert_int_equal(config.connections, 5);
	write_to(last, "nonsense");
	assert_int_equal(config_read_directory(&config, place.directory, &problem), -EINVAL);
	assert_non_null(strstr(problem, "9-b.conf"));
	unlink(last);
	unlink(other);
	unlink(hidden);
	place_done(&place);
}

static void test_option(void **state)
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *problem = NULL;
	const struct config_key *key = config_keys;

	while (strcmp(key->name, "socket") != 0)
		key++;
	assert_int_equal(config_init(&config), 0);
	assert_int_equal(config_set_text(&config, key, "/run/x", &problem), 0);
	assert_string_equal(config.socket, "/run/x");
	assert_int_equal(config_set_text(&config, key, "x", &problem), -EINVAL);
	assert_non_null(strstr(problem, "--socket is x"));
}

/* The file that is installed names every setting, in a comment, with its default. */
static void test_shipped_file(void **state)
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *problem = NULL;
	_cleanup_fclose_ FILE *file = fopen(IOURINGD_SHIPPED_CONFIG, "re");
	char text[8192], line[256];
	size_t n;

	assert_int_equal(config_init(&config), 0);
	assert_int_equal(config_read_file(&config, IOURINGD_SHIPPED_CONFIG, &problem), 0);
	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	for (const struct config_key *key = config_keys; key->name; key++) {
		if (key->kind == CONFIG_NUMBER)
			snprintf(line, sizeof(line), "// \"%s\": %lld,\n", key->name,
				 (long long)key->number);
		else if (key->kind == CONFIG_CHOICE)
			snprintf(line, sizeof(line), "// \"%s\": \"%s\",\n", key->name,
				 key->choices[key->number]);
		else if (strstr(key->path, "/iouringd/p") || strstr(key->path, "/lib/") ||
			 strstr(key->path, "/etc/"))
			snprintf(line, sizeof(line), "// \"%s\": \"/", key->name);
		else
			snprintf(line, sizeof(line), "// \"%s\": \"%s\",\n", key->name, key->path);
		if (!strstr(text, line))
			fail_msg("iouringd.conf does not say %s", line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_good),
		cmocka_unit_test(test_lines),	 cmocka_unit_test(test_bad),
		cmocka_unit_test(test_no_file),	 cmocka_unit_test(test_drop_ins),
		cmocka_unit_test(test_option),	 cmocka_unit_test(test_shipped_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("os-config", tests, NULL, NULL);
}
