/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * main.c - iouringd's command line
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "daemon.h"
#include "os/config.h"
#include "os/turn-away.h"
#include "util/log.h"
#include "common/cleanup.h"

#define EXIT_USAGE 2

enum {
	OPTION_CONFIG = 256,
	OPTION_CHECK_CONFIG,
	OPTION_CHECK_POLICY,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_KEY, /* and the following: rows of config_keys */
};

#define OPTIONS_MAX 32

struct command_line { /* borrows from argv */
	const char *config;
	bool check_config;
	bool check_policy;
	bool version;
	bool help;
	const char *keys[OPTIONS_MAX]; /* values by row of config_keys; NULL: not given */
};

static void fill_options(struct option *options)
{
	static const struct option fixed[] = {
		{"config", required_argument, NULL, OPTION_CONFIG},
		{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
		{"check-policy", no_argument, NULL, OPTION_CHECK_POLICY},
		{"version", no_argument, NULL, OPTION_VERSION},
		{"help", no_argument, NULL, OPTION_HELP},
	};
	size_t n = sizeof(fixed) / sizeof(fixed[0]);

	memcpy(options, fixed, sizeof(fixed));
	for (int i = 0; config_keys[i].name && n + 1 < OPTIONS_MAX; i++)
		if (config_keys[i].option)
			options[n++] = (struct option){config_keys[i].option, required_argument,
						       NULL, OPTION_KEY + i};
}

static int parse(int argc, char *argv[], struct command_line *ret)
{
	struct option options[OPTIONS_MAX] = {0};
	int option;

	fill_options(options);
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == OPTION_CONFIG)
			ret->config = optarg;
		else if (option == OPTION_CHECK_CONFIG)
			ret->check_config = true;
		else if (option == OPTION_CHECK_POLICY)
			ret->check_policy = true;
		else if (option == OPTION_VERSION)
			ret->version = true;
		else if (option == OPTION_HELP || option == 'h')
			ret->help = true;
		else if (option >= OPTION_KEY)
			ret->keys[option - OPTION_KEY] = optarg;
		else
			return -EINVAL; /* getopt_long() has printed why */
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static void print_help(void)
{
	printf("Usage: iouringd [OPTION...]\n"
	       "Manages BPF-controlled io_uring rings and serves clients over Varlink. systemd "
	       "starts\n"
	       "it when a client connects; started by hand, it runs in the foreground.\n\n"
	       "  --config=FILE             configuration file; its drop-ins are FILE.d/*.conf\n"
	       "                            (default: " IOURINGD_CONFIG_FILE ")\n"
	       "  --check-config            check configuration, policy and declared rings,\n"
	       "                            print the settings as JSON, and exit with 0 or 1\n"
	       "  --check-policy            check configuration and policy only, and print "
	       "problems\n");
	for (const struct config_key *key = config_keys; key->name; key++)
		if (key->option)
			printf("  --%s=PATH%*s %s\n%28s(default: %s)\n", key->option,
			       (int)(18 - strlen(key->option)), "", key->help, "", key->path);
	printf("  --version                 print the version, and exit\n"
	       "  --help                    print this, and exit\n\n"
	       "Exit status: 0 after SIGTERM or SIGINT, 1 on failure, 2 for an invalid command "
	       "line,\n"
	       "%d for an invalid configuration.\n",
	       CONFIG_EXIT_STATUS);
}

/* The file, if it exists, then its drop-ins. */
static int read_config(const struct command_line *line, struct config *config, char **ret_problem)
{
	const char *path = line->config ?: IOURINGD_CONFIG_FILE;
	_cleanup_free_ char *directory = NULL;
	int r;

	r = config_read_file(config, path, ret_problem);
	if (r == -ENOENT && !line->config) {
		free(*ret_problem);
		*ret_problem = NULL;
		r = 0; /* all defaults */
	}
	if (r == 0 && asprintf(&directory, "%s.d", path) < 0) {
		directory = NULL;
		r = -ENOMEM;
	}
	if (r == 0)
		r = config_read_directory(config, directory, ret_problem);
	return r;
}

static int apply_options(const struct command_line *line, struct config *config, char **ret_problem)
{
	int r = 0;

	for (int i = 0; r == 0 && config_keys[i].name; i++)
		if (line->keys[i])
			r = config_set_text(config, &config_keys[i], line->keys[i], ret_problem);
	return r;
}

static int print_config(const struct config *config)
{
	_cleanup_free_ char *text = NULL;
	int r = config_print(config, &text);

	if (r < 0) {
		log_error("cannot print the configuration: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	puts(text);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int check(const struct config *config)
{
	int status = print_config(config);

	return check_files(config) ? status : EXIT_FAILURE;
}

static int turn_away(void)
{
	turn_away_clients(
		"its configuration or policy is invalid; 'journalctl -u iouringd.service' "
		"shows the errors, 'iouringd --check-config' checks a correction");
	return CONFIG_EXIT_STATUS;
}

int main(int argc, char *argv[])
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *problem = NULL;
	struct command_line line = {0};
	int r, status;

	if (parse(argc, argv, &line) < 0) {
		fprintf(stderr, "Try 'iouringd --help'.\n");
		return EXIT_USAGE;
	}
	if (line.help) {
		print_help();
		return EXIT_SUCCESS;
	}
	if (line.version) {
		puts("iouringd " IOURINGD_VERSION);
		return EXIT_SUCCESS;
	}
	r = config_init(&config);
	if (r == 0)
		r = read_config(&line, &config, &problem);
	if (r < 0) {
		log_error("%s", problem ?: strerror(-r));
		return line.check_config || line.check_policy ? EXIT_FAILURE : turn_away();
	}
	r = apply_options(&line, &config, &problem);
	if (r < 0) {
		log_error("%s", problem ?: strerror(-r));
		return EXIT_USAGE;
	}
	if (line.check_policy)
		return check_policy(&config) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (line.check_config)
		return check(&config);
	status = daemon_run(&config);
	return status == CONFIG_EXIT_STATUS ? turn_away() : status;
}
