/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iouctl: the command line of iouringd. Finds the command's row and runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct command *const groups[] = {
	commands_run,
	commands_ring,
	commands_program,
	commands_daemon,
};

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static void help(FILE *out)
{
	fprintf(out, "Usage: iouctl COMMAND [ARGUMENT...] [OPTION...]\n\n"
		     "Use and steer the BPF-controlled io_uring rings that iouringd owns.\n\n"
		     "Commands:\n");
	for (size_t g = 0; g < N_GROUPS; g++) {
		for (const struct command *c = groups[g]; c->name; c++) {
			char left[64];

			snprintf(left, sizeof(left), "%s %s", c->name, c->arguments);
			fprintf(out, "  %-30s %s\n", left, c->summary);
		}
	}
	fprintf(out, "\n'iouctl COMMAND --help' tells a command's options. All take --json and\n"
		     "--socket PATH (or $IOURINGD_SOCKET). See iouctl(1).\n\n"
		     "Exit status: 0 done; 1 refused or failed; 2 wrong usage; 3 the loop program\n"
		     "failed at its work; 4 no daemon; 5 the ring was lost; 130 interrupted.\n");
}

/* The row whose words argv starts with; *ret_words: how many they are. */
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

/* "iouctl ring", "iouctl ring lsit": the commands of that group. */
static int unknown(int argc, char **argv)
{
	size_t length = strlen(argv[1]);
	bool any = false;

	for (size_t g = 0; g < N_GROUPS; g++) {
		for (const struct command *c = groups[g]; c->name; c++) {
			if (strncmp(c->name, argv[1], length) != 0 || c->name[length] != ' ')
				continue;
			if (!any && argc > 2 && !is_help(argv[2]))
				fprintf(stderr, "iouctl: no command \"%s %s\"; there are:\n",
					argv[1], argv[2]);
			fprintf(stderr, "  iouctl %s %s\n", c->name, c->arguments);
			any = true;
		}
	}
	if (any)
		return argc > 2 && is_help(argv[2]) ? STATUS_OK : STATUS_USAGE;
	fprintf(stderr, "iouctl: no command \"%s\"; 'iouctl help' lists them\n", argv[1]);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct cli cli = {0};
	int words, r;

	if (argc < 2) {
		help(stderr);
		return STATUS_USAGE;
	}
	if (is_help(argv[1])) {
		help(stdout);
		return STATUS_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("iouctl %s\n", iouctl_version());
		return STATUS_OK;
	}
	command = find(argc, argv, &words);
	if (!command)
		return unknown(argc, argv);
	r = cli_parse(&cli, command, argc - words, argv + words);
	if (r == 0)
		r = command->run(&cli);
	free(cli.options);
	iouctl_free(cli.connection);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "iouctl: cannot write the output\n");
		return r ? r : STATUS_FAILED;
	}
	return r;
}
