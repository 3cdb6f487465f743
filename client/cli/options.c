/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options and arguments of one command, by its table; parsing itself is getopt_long's. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define OPTIONS_MAX 16 /* that a command may have, with the common ones */

/* Every command takes these. */
static const struct option_spec common_options[] = {
	{"json", 'j', NULL, "print JSON instead of text for people"},
	{"socket", 's', "PATH",
	 "the daemon's socket (default: $IOURINGD_SOCKET, or the usual one)"},
	{"help", 'h', NULL, "show this help"},
	{0},
};

static size_t spec_count(const struct option_spec *specs)
{
	size_t n = 0;

	while (specs && specs[n].name)
		n++;
	return n;
}

static void help_options(const struct option_spec *specs)
{
	for (; specs && specs->name; specs++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", specs->letter ? "-" : " ",
			 specs->letter ? specs->letter : ' ', specs->letter ? ", " : "  ",
			 specs->name, specs->argument ? " " : "",
			 specs->argument ? specs->argument : "");
		printf("  %-28s %s\n", left, specs->help);
	}
}

void cli_help_command(const struct command *command)
{
	printf("Usage: iouctl %s%s%s%s\n\n%s.\n", command->name, *command->arguments ? " " : "",
	       command->arguments, command->options ? " [OPTION...]" : "", command->summary);
	if (command->help)
		printf("\n%s\n", command->help);
	printf("\nOptions:\n");
	help_options(command->options);
	help_options(common_options);
}

static int usage_error(const struct command *command, const char *text, const char *word)
{
	fprintf(stderr, "iouctl %s: %s%s%s; see 'iouctl %s --help'\n", command->name, text,
		word ? " " : "", word ? word : "", command->name);
	return STATUS_USAGE;
}

static void remember(struct cli *cli, const struct option_spec *spec, const char *text)
{
	if (spec == &common_options[0]) {
		cli->json = true;
		return;
	}
	if (spec == &common_options[1]) {
		cli->socket = text;
		return;
	}
	cli->options[cli->n_options++] = (struct option_value){.spec = spec, .text = text};
}

int cli_parse(struct cli *cli, const struct command *command, int argc, char **argv)
{
	size_t n_own = spec_count(command->options), n_common = spec_count(common_options);
	struct option longs[OPTIONS_MAX + 1] = {0};
	const struct option_spec *specs[OPTIONS_MAX];
	char shorts[2 * OPTIONS_MAX + 2];
	size_t n_shorts = 0;
	int c, index;

	assert(n_own + n_common <= OPTIONS_MAX);
	shorts[n_shorts++] = ':';
	for (size_t i = 0; i < n_own + n_common; i++) {
		specs[i] = i < n_own ? &command->options[i] : &common_options[i - n_own];
		longs[i].name = specs[i]->name;
		longs[i].has_arg = specs[i]->argument ? required_argument : no_argument;
		longs[i].val = specs[i]->letter ? specs[i]->letter : 256 + (int)i;
		if (specs[i]->letter) {
			shorts[n_shorts++] = specs[i]->letter;
			if (specs[i]->argument)
				shorts[n_shorts++] = ':';
		}
	}
	shorts[n_shorts] = '\0';

	cli->options = calloc((size_t)argc + 1, sizeof(*cli->options));
	if (!cli->options)
		abort();
	optind = 0; /* GNU: start anew, with permutation */
	while ((c = getopt_long(argc, argv, shorts, longs, &index)) != -1) {
		if (c == '?')
			return usage_error(command, "no such option:", argv[optind - 1]);
		if (c == ':')
			return usage_error(command, "this option needs a value:", argv[optind - 1]);
		if (c == 'h') {
			cli_help_command(command);
			exit(STATUS_OK);
		}
		for (size_t i = 0; i < n_own + n_common; i++)
			if (longs[i].val == c)
				remember(cli, specs[i], optarg);
	}
	cli->arguments = argv + optind;
	cli->n_arguments = (size_t)(argc - optind);
	if (cli->n_arguments < command->arguments_min)
		return usage_error(command, "missing argument, expected:", command->arguments);
	if (cli->n_arguments > command->arguments_max)
		return usage_error(command,
				   "unexpected argument:", cli->arguments[command->arguments_max]);
	return 0;
}

const char *cli_option(const struct cli *cli, const char *name)
{
	const char *text = NULL;

	for (size_t i = 0; i < cli->n_options; i++)
		if (strcmp(cli->options[i].spec->name, name) == 0)
			text = cli->options[i].text;
	return text;
}

bool cli_flag(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->n_options; i++)
		if (strcmp(cli->options[i].spec->name, name) == 0)
			return true;
	return false;
}

bool cli_number(const char *text, uint64_t *ret)
{
	unsigned int shift = 0;
	uint64_t number;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno)
		return false;
	switch (*end) {
	case 'K':
		shift = 10;
		break;
	case 'M':
		shift = 20;
		break;
	case 'G':
		shift = 30;
		break;
	case '\0':
		*ret = number;
		return true;
	default:
		return false;
	}
	if (end[1] || number > UINT64_MAX >> shift)
		return false;
	*ret = number << shift;
	return true;
}
