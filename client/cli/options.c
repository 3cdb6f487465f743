/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options and arguments of one command, by its row; getopt_long does the parsing. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"

#define OPTIONS_MAX 24 /* of a command, the common ones included */

/* Every command takes these. */
static const struct option_spec common_options[] = {
	{"json", 'j', NULL, "print JSON"},
	{"socket", 's', "PATH",
	 "socket of the daemon (default: $IOURINGD_SOCKET, or the usual one)"},
	{"help", 'h', NULL, "print this help"},
	{0},
};

/* Commands that print a table take these. */
static const struct option_spec table_options[] = {
	{"columns", 0, "NAME,...", "print these columns; 'help' lists them"},
	{"color", 0, "WHEN", "use colors: auto (the default), always or never"},
	{0},
};

/* The options of a command, in the order of its help. */
struct option_list {
	const struct option_spec *specs[OPTIONS_MAX];
	size_t n;
};

static void add_options(struct option_list *list, const struct option_spec *specs)
{
	for (; specs && specs->name; specs++) {
		assert(list->n < OPTIONS_MAX);
		list->specs[list->n++] = specs;
	}
}

static struct option_list options_of(const struct command *command)
{
	struct option_list list = {0};

	add_options(&list, command->options);
	add_options(&list, command->columns ? table_options : NULL);
	add_options(&list, common_options);
	return list;
}

static void print_option(const struct option_spec *spec)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", spec->letter ? "-" : " ",
		 spec->letter ? spec->letter : ' ', spec->letter ? ", " : "  ", spec->name,
		 spec->argument && *spec->argument != '[' ? " " : "",
		 spec->argument ? spec->argument : "");
	printf("  %-28s %s\n", left, spec->help);
}

void cli_help_command(const struct command *command)
{
	struct option_list list = options_of(command);

	printf("Usage: iouctl %s%s%s%s\n\n%s.\n", command->name, *command->arguments ? " " : "",
	       command->arguments, command->options ? " [OPTION...]" : "", command->summary);
	if (command->help)
		printf("\n%s\n", command->help);
	printf("\nOptions:\n");
	for (size_t i = 0; i < list.n; i++)
		print_option(list.specs[i]);
}

static int usage_error(const struct command *command, const char *text, const char *word)
{
	output_error("%s: %s%s%s; see 'iouctl %s --help'", command->name, text, word ? " " : "",
		     word ? word : "", command->name);
	return STATUS_USAGE;
}

static int choose_columns(struct cli *cli, const struct command *command, const char *names)
{
	char *unknown, *known;

	if (strcmp(names, "help") == 0) {
		table_print_columns(&cli->view, stdout);
		exit(STATUS_OK);
	}
	if (table_choose(&cli->view, names, &unknown))
		return 0;
	known = table_names(&cli->view);
	output_error("%s: --columns: no column \"%s\"; expected %s; 'iouctl %s --columns help' "
		     "explains them",
		     command->name, unknown, known, command->name);
	free(unknown);
	free(known);
	return STATUS_USAGE;
}

/* https://no-color.org: any value but an empty one */
static bool terminal_has_colors(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

static int choose_color(struct cli *cli, const struct command *command, const char *when)
{
	if (strcmp(when, "auto") == 0)
		cli->view.color = terminal_has_colors();
	else if (strcmp(when, "always") == 0 || strcmp(when, "never") == 0)
		cli->view.color = *when == 'a';
	else {
		output_error("%s: --color: expected auto, always or never, not \"%s\"",
			     command->name, when);
		return STATUS_USAGE;
	}
	return 0;
}

static int apply_option(struct cli *cli, const struct command *command,
			const struct option_spec *spec, const char *text)
{
	if (spec == &table_options[0])
		return choose_columns(cli, command, text);
	if (spec == &table_options[1])
		return choose_color(cli, command, text);
	if (spec == &common_options[0])
		cli->json = true;
	else if (spec == &common_options[1])
		cli->socket = text;
	else
		cli->options[cli->n_options++] = (struct option_value){.spec = spec, .text = text};
	return 0;
}

/*
 * Fills the tables of getopt_long. An option without a letter gets a value above all letters. One
 * whose argument may be left out takes none after its letter: -pX is -p -X.
 */
static void fill_tables(const struct option_list *list, struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < list->n; i++) {
		const struct option_spec *spec = list->specs[i];

		longs[i].name = spec->name;
		longs[i].has_arg = !spec->argument	    ? no_argument
				   : *spec->argument == '[' ? optional_argument
							    : required_argument;
		longs[i].val = spec->letter ? spec->letter : 256 + (int)i;
		if (spec->letter) {
			*shorts++ = spec->letter;
			if (longs[i].has_arg == required_argument)
				*shorts++ = ':';
		}
	}
	*shorts = '\0';
}

int cli_parse(struct cli *cli, const struct command *command, int argc, char **argv)
{
	struct option_list list = options_of(command);
	struct option longs[OPTIONS_MAX + 1] = {0};
	char shorts[2 * OPTIONS_MAX + 2];
	int c, index, r = 0;

	fill_tables(&list, longs, shorts);
	cli->view = (struct table_view){
		.columns = command->columns,
		.color = terminal_has_colors(),
		.terminal = isatty(STDOUT_FILENO),
	};
	cli->options = calloc((size_t)argc + 1, sizeof(*cli->options));
	if (!cli->options)
		abort();
	optind = 0; /* GNU: start anew, with permutation */
	while (r == 0 && (c = getopt_long(argc, argv, shorts, longs, &index)) != -1) {
		if (c == '?')
			return usage_error(command, "unknown option", argv[optind - 1]);
		if (c == ':')
			return usage_error(command, "missing value after", argv[optind - 1]);
		if (c == 'h') {
			cli_help_command(command);
			exit(STATUS_OK);
		}
		for (size_t i = 0; i < list.n && r == 0; i++)
			if (longs[i].val == c)
				r = apply_option(cli, command, list.specs[i], optarg);
	}
	if (r != 0)
		return r;
	cli->arguments = argv + optind;
	cli->n_arguments = (size_t)(argc - optind);
	if (cli->n_arguments < command->arguments_min)
		return usage_error(command, "missing argument, expected", command->arguments);
	if (cli->n_arguments > command->arguments_max)
		return usage_error(command, "unexpected argument",
				   cli->arguments[command->arguments_max]);
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

/* The digits behind a point, in units of 2^-@shift; -1: they are none, or not exact. */
static int64_t fraction(const char *digits, char **end, unsigned int shift)
{
	uint64_t number = 0, scale = 1;

	for (; *digits >= '0' && *digits <= '9' && scale <= 1000000; digits++) {
		number = 10 * number + (uint64_t)(*digits - '0');
		scale *= 10;
	}
	*end = (char *)digits;
	return scale == 1 ? -1 : (int64_t)(((unsigned __int128)number << shift) / scale);
}

/* The power of two that a suffix stands for; 0: it is none. */
static unsigned int suffix_shift(char suffix)
{
	static const char suffixes[] = "KMGTP";
	char letter = (char)(suffix & ~0x20); /* upper case */
	const char *found = letter ? strchr(suffixes, letter) : NULL;

	return found ? 10 * (unsigned int)(found - suffixes + 1) : 0;
}

bool cli_number(const char *text, uint64_t *ret)
{
	unsigned int shift;
	int64_t part = 0;
	uint64_t number;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno)
		return false;
	if (*end == '.' && (*text != '0' || text[1] == '.')) { /* decimal */
		const char *suffix = end + 1 + strspn(end + 1, "0123456789");

		shift = suffix_shift(*suffix);
		part = shift ? fraction(end + 1, &end, shift) : -1;
		if (part < 0)
			return false;
	}
	shift = suffix_shift(*end);
	if (!shift && !*end) {
		*ret = number;
		return true;
	}
	if (!shift || end[1] || number > UINT64_MAX >> shift)
		return false;
	*ret = (number << shift) + (uint64_t)part;
	return true;
}
