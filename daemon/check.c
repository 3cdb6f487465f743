/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/config.h"
#include "os/rings-d.h"
#include "policies.h"
#include "policy/policy.h"

static void print(const struct problems *problems, const char *prefix)
{
	for (size_t i = 0; i < problems->n && i < PROBLEMS_MAX; i++)
		fprintf(stderr, "%s%s\n", prefix,
			problems->texts[i] ? problems->texts[i] : "out of memory");
	if (problems->n > PROBLEMS_MAX)
		fprintf(stderr, "%s%zu further problems are not listed\n", prefix,
			problems->n - PROBLEMS_MAX);
}

bool check_policy(const struct config *config)
{
	struct problems errors = {}, warnings = {};
	struct policy_defaults defaults;
	struct policy *policy = NULL;
	struct policy_d from;
	int r;

	policies_defaults(config, &defaults);
	from = policies_source(config, &defaults);
	r = policy_d_read(&from, &policy, &errors, &warnings);
	print(&warnings, "warning: ");
	print(&errors, "");
	if (r < 0 && errors.n == 0)
		fprintf(stderr, "cannot read the policy: %s\n", strerror(-r));
	policy_free(policy);
	problems_done(&errors);
	problems_done(&warnings);
	return r == 0;
}

static bool check_declarations(const struct config *config)
{
	struct declarations declarations = {};
	int r = rings_d_read(config->ring_directory, &declarations);
	bool good = r == 0;

	if (r < 0)
		fprintf(stderr, "cannot read %s: %s\n", config->ring_directory, strerror(-r));
	for (size_t i = 0; i < declarations.n; i++) {
		if (!declarations.items[i].problem)
			continue;
		fprintf(stderr, "%s\n", declarations.items[i].problem);
		good = false;
	}
	declarations_done(&declarations);
	return good;
}

static bool check_path(const char *key, const char *path, mode_t type, int access,
		       const char *expected)
{
	struct stat st;
	int r = stat(path, &st) < 0 ? errno : 0;

	if (r == 0 && (st.st_mode & S_IFMT) != type)
		r = type == S_IFDIR ? ENOTDIR : EINVAL;
	if (r == 0 && faccessat(AT_FDCWD, path, access, AT_EACCESS) < 0)
		r = errno;
	if (r != 0)
		fprintf(stderr, "%s is \"%s\", expected %s: %s\n", key, path, expected,
			strerror(r));
	return r == 0;
}

/* What the daemon needs when a client comes. */
static bool check_paths(const struct config *config)
{
	static const char program[] = "a program that can be executed";
	bool host = check_path("hostProgram", config->host_program, S_IFREG, X_OK, program);
	bool loader = check_path("loaderProgram", config->loader_program, S_IFREG, X_OK, program);
	bool broker = check_path("brokerProgram", config->broker_program, S_IFREG, X_OK, program);
	bool dispatcher = check_path("dispatcher", config->dispatcher, S_IFREG, R_OK,
				     "a file that can be read");
	bool programs = check_path("programDirectory", config->program_directory, S_IFDIR,
				   R_OK | X_OK, "a directory that can be read");

	return host && loader && broker && dispatcher && programs;
}

bool check_files(const struct config *config)
{
	bool paths = check_paths(config), policy = check_policy(config);
	bool declarations = check_declarations(config);

	return paths && policy && declarations;
}
