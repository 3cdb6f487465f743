/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.h - the settings of the daemon: one table of keys for files, options and help
 *
 * Defaults, then the configuration file, then its drop-ins in the order of their names, then the
 * command line: later settings override earlier ones. To add a setting, add a member here, a row in
 * config-keys.c and a paragraph in config/iouringd.conf (a test compares the two).
 */
#ifndef DAEMON_OS_CONFIG_H
#define DAEMON_OS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_EXIT_STATUS 78 /* EX_CONFIG: the configuration is invalid */

enum config_who { /* users that have a permission: "root", "all", "none" */
		  CONFIG_WHO_ROOT,
		  CONFIG_WHO_ALL,
		  CONFIG_WHO_NONE,
};

struct config { /* embedded; owns its texts */
	int64_t rings_per_user;
	int64_t region_bytes_per_user;
	int64_t entries_per_user;
	int64_t connections_per_user;
	int64_t descriptors_per_user;
	int64_t queued_bytes_per_user;
	int64_t loaded_programs_per_user;
	int64_t connections;
	int64_t rings;
	int64_t region_bytes;
	int64_t guaranteed_connections;
	int64_t guaranteed_rings;
	int64_t guaranteed_region_bytes;
	int64_t probation_ms;
	int64_t persistent_rings; /* enum config_who, as the next */
	int64_t adopted_rings;
	char *socket;
	char *runtime_directory;
	char *pin_directory;
	char *program_directory;
	char *ring_directory;
	char *policy_directory;
	char *vendor_policy_directory;
	char *subordinate_uids;
	char *host_program;
	char *loader_program;
	char *broker_program;
	char *dispatcher;
};

enum config_kind {
	CONFIG_NUMBER, /* int64_t, from minimum to maximum */
	CONFIG_PATH,   /* char *, absolute */
	CONFIG_CHOICE, /* int64_t, the index of one of choices */
};

struct config_key {
	const char *name;   /* in files, camelCase; NULL ends the table */
	const char *option; /* on the command line, without its dashes; NULL: in files only */
	enum config_kind kind;
	size_t offset; /* in struct config */
	int64_t minimum;
	int64_t maximum;
	int64_t number;		    /* the default; of a choice, too */
	const char *path;	    /* the same */
	const char *const *choices; /* NULL ends them */
	const char *help;
};

extern const struct config_key config_keys[];

/* With the defaults. */
int config_init(struct config *config);
void config_done(struct config *config);

/*
 * Each returns 0, or -errno with a text in *ret_problem (the caller frees; NULL without memory)
 * that names the file, the setting, its value and the expected ones.
 */
/* A JSON object, with comments. -ENOENT: the file does not exist; nothing is changed. */
int config_read_file(struct config *config, const char *path, char **ret_problem);
/* Every *.conf in @directory, in the order of names; a missing directory is fine. */
int config_read_directory(struct config *config, const char *directory, char **ret_problem);
/* From the command line. */
int config_set_text(struct config *config, const struct config_key *key, const char *text,
		    char **ret_problem);

/* The effective settings as a JSON object; the caller frees. */
int config_print(const struct config *config, char **ret);

#endif
