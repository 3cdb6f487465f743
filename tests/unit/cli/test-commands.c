/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl as a process, before a scripted daemon: its tables, its JSON and its usage errors. */
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define RINGS	    "[" RING_JSON "]"
#define RINGS_REPLY "{\"parameters\":{\"rings\":" RINGS "}}"
#define CAPABILITIES                                                                               \
	"[{\"name\":\"struct_ops\",\"present\":true,\"required\":true,\"since\":\"Linux 7.1\"},"   \
	"{\"name\":\"other\",\"present\":false,\"required\":true,\"since\":\"Linux 7.1\"}]"
#define STATUS(capabilities)                                                                       \
	"{\"version\":\"1\",\"kernel\":\"7.1\",\"ready\":false,\"capabilities\":" capabilities     \
	",\"rings\":0,\"pinnedBytes\":4096,\"programs\":4,\"connections\":1}"
#define PROGRAM(fields)                                                                            \
	"{\"program\":{\"name\":\"copy\",\"version\":1,\"summary\":\"copies\"},\"slots\":[],"      \
	"\"fields\":" fields "}"

static const char *iouctl; /* path of the program */

/* Becomes "iouctl @words..." (up to NULL). */
static void exec_iouctl(const struct server *server, const char *const *words)
{
	char *argv[16] = {(char *)"iouctl"};

	for (size_t i = 0; words[i]; i++)
		argv[i + 1] = (char *)words[i];
	setenv("IOURINGD_SOCKET", server ? server_path(server) : "/nowhere", 1);
	execv(iouctl, argv);
	_exit(127);
}

/* Reads what the process prints until its end; returns its exit status. */
static int finish(pid_t pid, int output, char *text, size_t size)
{
	size_t length = 0;
	int status;
	ssize_t n;

	while ((n = read(output, text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	close(output);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* With a pipe as its output. */
static int run(const struct server *server, const char *const *words, char *text, size_t size)
{
	int out[2];
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		close(out[1]);
		exec_iouctl(server, words);
	}
	close(out[1]);
	return finish(pid, out[0], text, size);
}

/* With a terminal of @width columns, and TERM and NO_COLOR (unless NULL) in its environment. */
static void run_on_terminal(const char *reply, const char *const *words, unsigned short width,
			    const char *term, const char *no_color, char *text, size_t size)
{
	struct step step = {.reply = reply, .expect = "method"};
	struct server *server = server_start(&step, 1);
	struct winsize winsize = {.ws_col = width, .ws_row = 25};
	int terminal;
	pid_t pid = forkpty(&terminal, NULL, NULL, &winsize);

	assert_true(pid >= 0);
	if (pid == 0) {
		unsetenv("NO_COLOR");
		if (no_color)
			setenv("NO_COLOR", no_color, 1);
		unsetenv("TERM");
		if (term)
			setenv("TERM", term, 1);
		exec_iouctl(server, words);
	}
	assert_int_equal(finish(pid, terminal, text, size), 0);
	server_stop(server);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Without a daemon: it must not be needed. */
static void assert_usage_error(const char *const *words, const char *text)
{
	char printed[4096];

	assert_int_equal(run(NULL, words, printed, sizeof(printed)), 2);
	if (!strstr(printed, text))
		fail_msg("\"%s\" is not in: %s", text, printed);
}

static void assert_prints(const char *reply, const char *const *words, const char *text)
{
	struct step step = {.reply = reply, .expect = "method"};
	struct server *server = server_start(&step, 1);
	char printed[8192];

	/* STATUS() is that of a daemon that cannot run rings */
	assert_int_equal(run(server, words, printed, sizeof(printed)),
			 strcmp(words[0], "status") == 0 ? 1 : 0);
	assert_string_equal(printed, text);
	server_stop(server);
}

static void assert_helps(const char *const *words, int status, const char *text)
{
	char printed[8192];

	assert_int_equal(run(NULL, words, printed, sizeof(printed)), status);
	if (!strstr(printed, text))
		fail_msg("\"%s\" is not in: %s", text, printed);
}

static void help_of_a_command_and_of_a_group(void **state)
{
	assert_helps(WORDS("help"), 0, "  copy SOURCE... TARGET ");
	assert_helps(WORDS("help", "run"), 0, "Usage: iouctl run PROGRAM");
	assert_helps(WORDS("help", "ring", "show"), 0, "Usage: iouctl ring show RING");
	assert_helps(WORDS("help", "copy"), 0, "--preserve[=LIST]");
	assert_helps(WORDS("help", "ring"), 0, "ring show RING                 Show a ring");
	assert_helps(WORDS("ring", "--help"), 0, "ring show RING                 Show a ring");
	assert_helps(WORDS("help", "ring", "shwo"), 2, "unknown command \"ring shwo\"");
	assert_helps(WORDS("help", "nonsense"), 2, "unknown command \"nonsense\"");
	assert_helps(WORDS("ring"), 2, "ring show RING");
}

static void usage_errors_name_the_value_and_the_choices(void **state)
{
	assert_usage_error(WORDS("ring", "list", "--columns", "RING,COLOR"),
			   "no column \"COLOR\"; expected RING, PROGRAM, VERSION, STATE");
	assert_usage_error(WORDS("program", "list", "--columns="),
			   "no column \"\"; expected PROGRAM");
	assert_usage_error(WORDS("status", "--columns", "\033[2J"), "no column \"\\x1b[2J\"");
	assert_usage_error(WORDS("status", "--columns"), "missing value after --columns");
	assert_usage_error(WORDS("ring", "list", "--color", "pink"),
			   "expected auto, always or never, not \"pink\"");
	assert_usage_error(WORDS("ring", "pause", "r", "--columns", "RING"),
			   "unknown option --columns");
}

static void columns_help_lists_them_without_a_daemon(void **state)
{
	char text[8192];

	assert_int_equal(run(NULL, WORDS("ring", "show", "--columns", "help"), text, sizeof(text)),
			 0);
	assert_non_null(strstr(text, "LIFETIME "));
	assert_non_null(strstr(text, "name of the ring; USER/NAME if"));
}

static void ring_list_prints_a_table(void **state)
{
	assert_prints(RINGS_REPLY, WORDS("ring", "list"),
		      "RING  PROGRAM  STATE    USER  LIFETIME  GENERATION  STEPS  WORK\n"
		      "r1    copy     created  1000  client             1      0  idle 0\n");
	assert_prints(RINGS_REPLY, WORDS("ring", "list", "--columns", "host,ring,reason"),
		      "HOST  RING  REASON\n"
		      "4711  r1    -\n");
	assert_prints("{\"parameters\":{\"rings\":[]}}", WORDS("ring", "list", "--columns", "RING"),
		      "RING\n");
}

static void color_always_colors_a_pipe(void **state)
{
	assert_prints("{\"parameters\":{\"rings\":[{\"name\":\"r1\",\"state\":\"running\"}]}}",
		      WORDS("ring", "list", "--columns", "STATE", "--color", "always"),
		      "\033[1mSTATE\033[0m\n"
		      "\033[32mrunning\033[0m\n");
}

static void colors_on_a_terminal_that_has_them(void **state)
{
	static const struct {
		const char *term;
		const char *no_color;
		const char *option;
		bool color;
	} cases[] = {
		{"xterm", NULL, "--color=auto", true}, {"xterm", "", "--color=auto", true},
		{"xterm", "1", "--color=auto", false}, {"dumb", NULL, "--color=auto", false},
		{NULL, NULL, "--color=auto", false},   {"xterm", NULL, "--color=never", false},
		{"dumb", "1", "--color=always", true},
	};
	char text[8192];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run_on_terminal(RINGS_REPLY, WORDS("ring", "list", cases[i].option), 80,
				cases[i].term, cases[i].no_color, text, sizeof(text));
		assert_non_null(strstr(text, "created"));
		if (!strchr(text, '\033') == cases[i].color)
			fail_msg("case %zu: %s", i, text);
	}
}

static void the_terminal_limits_the_width(void **state)
{
	static const char reply[] = "{\"parameters\":{\"rings\":[{\"name\":\"r1\",\"note\":"
				    "\"0123456 890123456 8901234567890123456789\"}]}}";
	const char *const *words = WORDS("ring", "list", "--columns", "RING,NOTE");
	char text[8192];

	run_on_terminal(reply, words, 24, "dumb", NULL, text, sizeof(text));
	assert_string_equal(text, "RING  NOTE\r\n"
				  "r1    0123456 890123456\r\n"
				  "      8901234567890123456789\r\n");
	run_on_terminal(reply, words, 80, "dumb", NULL, text, sizeof(text));
	assert_non_null(strstr(text, "r1    0123456 890123456 8901234567890123456789\r\n"));
}

static void json_is_what_the_daemon_sent(void **state)
{
	assert_prints(RINGS_REPLY, WORDS("ring", "list", "--json"), RINGS "\n");
	assert_prints(RING_REPLY_JSON, WORDS("ring", "show", "r1", "--json"), RING_JSON "\n");
	assert_prints("{\"parameters\":{\"programs\":[{\"name\":\"copy\",\"version\":1}]}}",
		      WORDS("program", "list", "--json"), "[{\"name\":\"copy\",\"version\":1}]\n");
	assert_prints("{\"parameters\":" STATUS(CAPABILITIES) "}", WORDS("status", "--json"),
		      STATUS(CAPABILITIES) "\n");
	assert_prints(
		"{\"parameters\":" PROGRAM("[{\"name\":\"depth\",\"access\":\"setting\"}]") "}",
		WORDS("program", "show", "copy", "--json"),
		PROGRAM("[{\"name\":\"depth\",\"access\":\"setting\"}]") "\n");
}

static void json_of_chosen_columns(void **state)
{
	assert_prints(RINGS_REPLY, WORDS("ring", "list", "--json", "--columns", "STATE,RING"),
		      "[{\"state\":\"created\",\"name\":\"r1\"}]\n");
	assert_prints(RING_REPLY_JSON, WORDS("ring", "show", "r1", "--columns", "STEPS", "--json"),
		      "{\"steps\":0}\n");
	assert_prints("{\"parameters\":" STATUS(CAPABILITIES) "}",
		      WORDS("status", "--json", "--columns", "CAPABILITY"),
		      STATUS("[{\"name\":\"struct_ops\"},{\"name\":\"other\"}]") "\n");
	assert_prints(
		"{\"parameters\":" PROGRAM("[{\"name\":\"depth\",\"access\":\"setting\"}]") "}",
		WORDS("program", "show", "copy", "--json", "--columns", "FIELD"),
		PROGRAM("[{\"name\":\"depth\"}]") "\n");
}

static void json_escapes_what_a_terminal_obeys(void **state)
{
	assert_prints(
		"{\"parameters\":{\"rings\":[{\"note\":\"\\u001b[2J\\u007f\\u009b\\u00e9\"}]}}",
		WORDS("ring", "list", "--json"),
		"[{\"note\":\"\\u001b[2J\\u007f\\u009b\xc3\xa9\"}]\n");
}

static void ring_show_prints_a_record(void **state)
{
	assert_prints(RING_REPLY_JSON,
		      WORDS("ring", "show", "r1", "--columns", "STATE,HOST,APPLICATION,WORK"),
		      "       State: created\n"
		      "Host process: 4711\n"
		      " Application: -\n"
		      "        Work: idle 0\n");
}

static void program_show_prints_settings_and_progress(void **state)
{
	assert_prints("{\"parameters\":" PROGRAM(
			      "[{\"name\":\"depth\",\"type\":\"u32\",\"access\":"
			      "\"setting\",\"minimum\":1,\"maximum\":64,\"initial\":16},"
			      "{\"name\":\"mode\",\"type\":\"enum\",\"access\":"
			      "\"progress\",\"values\":[{\"name\":\"A\"},{\"name\":"
			      "\"B\"}]}]") "}",
		      WORDS("program", "show", "copy", "--columns", "FIELD,INITIAL,RANGE"),
		      "copy, version 1 (): copies\n"
		      "Object SHA-256 \n"
		      "Queues: 0 submissions, 0 completions; operations:\n"
		      "Data area: at most 0 B\n"
		      "\n"
		      "Settings (--set FIELD=VALUE):\n"
		      "FIELD  INITIAL  RANGE\n"
		      "depth       16  1..64\n"
		      "\n"
		      "Progress (iouctl ring get):\n"
		      "FIELD  INITIAL  RANGE\n"
		      "mode         -  A, B\n");
}

static void status_prints_the_missing_capability(void **state)
{
	assert_prints(
		"{\"parameters\":" STATUS(CAPABILITIES) "}", WORDS("status"),
		"iouringd 1 on Linux 7.1: this system cannot run rings, a required capability "
		"is missing\n"
		"0 rings, 4.0 KiB of locked memory, 4 programs, 1 connection\n"
		"\n"
		"CAPABILITY  STATE    SINCE      DETAIL\n"
		"struct_ops  present  Linux 7.1  -\n"
		"other       MISSING  Linux 7.1  -\n");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usage_errors_name_the_value_and_the_choices),
		cmocka_unit_test(help_of_a_command_and_of_a_group),
		cmocka_unit_test(columns_help_lists_them_without_a_daemon),
		cmocka_unit_test(ring_list_prints_a_table),
		cmocka_unit_test(color_always_colors_a_pipe),
		cmocka_unit_test(colors_on_a_terminal_that_has_them),
		cmocka_unit_test(the_terminal_limits_the_width),
		cmocka_unit_test(json_is_what_the_daemon_sent),
		cmocka_unit_test(json_of_chosen_columns),
		cmocka_unit_test(json_escapes_what_a_terminal_obeys),
		cmocka_unit_test(ring_show_prints_a_record),
		cmocka_unit_test(program_show_prints_settings_and_progress),
		cmocka_unit_test(status_prints_the_missing_capability),
	};

	iouctl = argc == 2 ? argv[1] : "iouctl";
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli commands", tests, NULL, NULL);
}
