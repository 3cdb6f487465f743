/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl: finds the row of a command and runs it. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "output.h"

static const struct command *const groups[] = {
	commands_run,	  commands_copy,   commands_ring,
	commands_program, commands_policy, commands_daemon,
};

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static void print_command(FILE *out, const struct command *command)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%s%s", command->name, *command->arguments ? " " : "",
		 command->arguments);
	fprintf(out, "  %-30s %s\n", left, command->summary);
}

static void help(FILE *out)
{
	fprintf(out, "Usage: iouctl COMMAND [ARGUMENT...] [OPTION...]\n\n"
		     "Create and control BPF-controlled io_uring rings of iouringd.\n\n"
		     "Commands:\n");
	for (size_t g = 0; g < N_GROUPS; g++)
		for (const struct command *c = groups[g]; c->name; c++)
			print_command(out, c);
	fprintf(out,
		"\nAll commands take --json and --socket PATH (or $IOURINGD_SOCKET). Run\n"
		"'iouctl COMMAND --help' for the options of a command, and see iouctl(1).\n\n"
		"Exit status: 0 success; 1 refused or failed; 2 wrong usage; 3 the loop program\n"
		"reported a failure; 4 no daemon; 5 the ring was lost; 130 interrupted.\n");
}

/* The row whose words @argv starts with; *ret_words: the number of these words. */
static const struct command *find(int argc, char **argv, int *ret_words)
{
	for (size_t g = 0; g < N_GROUPS; g++) {
		for (const struct command *c = groups[g]; c->name; c++) {
			const char *space = strchr(c->name, ' ');
			size_t first = space ? (size_t)(space - c->name) : strlen(c->name);

			if (strlen(argv[1]) != first || strncmp(c->name, argv[1], first) != 0)
				continue;
			if (!space) {
				*ret_words = 1;
				return c;
			}
			if (argc > 2 && strcmp(argv[2], space + 1) == 0) {
				*ret_words = 2;
				return c;
			}
		}
	}
	return NULL;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* For "iouctl ring" and "iouctl ring lsit" lists the commands of the group. */
static int unknown_command(int argc, char **argv)
{
	bool asked = argc > 2 && is_help(argv[2]), any = false;
	size_t length = strlen(argv[1]);

	for (size_t g = 0; g < N_GROUPS; g++) {
		for (const struct command *c = groups[g]; c->name; c++) {
			if (strncmp(c->name, argv[1], length) != 0 || c->name[length] != ' ')
				continue;
			if (!any && argc > 2 && !asked)
				output_error("unknown command \"%s %s\"; expected one of:", argv[1],
					     argv[2]);
			print_command(asked ? stdout : stderr, c);
			any = true;
		}
	}
	if (any)
		return asked ? STATUS_OK : STATUS_USAGE;
	output_error("unknown command \"%s\"; 'iouctl help' lists the commands", argv[1]);
	return STATUS_USAGE;
}

/* "help", "help ring", "help ring list" */
static int help_on(int argc, char **argv)
{
	const struct command *command;
	char *group[] = {argv[0], argv[argc - 1], (char *)"--help", NULL};
	int words;

	if (argc == 2) {
		help(stdout);
		return STATUS_OK;
	}
	command = find(argc - 1, argv + 1, &words);
	if (!command)
		return argc == 3 ? unknown_command(3, group) : unknown_command(argc - 1, argv + 1);
	cli_help_command(command);
	return STATUS_OK;
}

/* Without a locale, UTF-8 is printed as it is, not escaped. */
static void set_locale(void)
{
	const char *locale = setlocale(LC_CTYPE, "");

	if (!locale || strcmp(locale, "C") == 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static int take_ring(struct cli *cli, const struct command *command)
{
	if (strncmp(command->arguments, "RING", 4) != 0 || cli->n_arguments == 0)
		return 0;
	if (ring_name_of_text(cli->arguments[0], cli->ring) == 0)
		return 0;
	output_error("%s: \"%s\" names a user who does not exist; expected NAME, USER/NAME or "
		     "UID/NAME",
		     command->name, cli->arguments[0]);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct cli cli = {0};
	int words, r;

	set_locale();
	if (argc < 2) {
		help(stderr);
		return STATUS_USAGE;
	}
	if (is_help(argv[1]))
		return help_on(argc, argv);
	if (strcmp(argv[1], "--version") == 0) {
		printf("iouctl %s\n", iouctl_version());
		return STATUS_OK;
	}
	command = find(argc, argv, &words);
	if (!command)
		return unknown_command(argc, argv);
	r = cli_parse(&cli, command, argc - words, argv + words);
	if (r == 0)
		r = take_ring(&cli, command);
	if (r == 0)
		r = command->run(&cli);
	free(cli.options);
	iouctl_free(cli.connection);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		output_error("cannot write to standard output");
		return r ? r : STATUS_FAILED;
	}
	return r;
}
