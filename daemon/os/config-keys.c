/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-keys.c - all settings */
#include "os/config.h"

#define NUMBER(member_, name_, minimum_, maximum_, default_, help_)                                \
	{.name = name_,                                                                            \
	 .kind = CONFIG_NUMBER,                                                                    \
	 .offset = offsetof(struct config, member_),                                               \
	 .minimum = minimum_,                                                                      \
	 .maximum = maximum_,                                                                      \
	 .number = default_,                                                                       \
	 .help = help_}
#define PATH(member_, name_, option_, default_, help_)                                             \
	{.name = name_,                                                                            \
	 .option = option_,                                                                        \
	 .kind = CONFIG_PATH,                                                                      \
	 .offset = offsetof(struct config, member_),                                               \
	 .path = default_,                                                                         \
	 .help = help_}
#define WHO(member_, name_, default_, help_)                                                       \
	{.name = name_,                                                                            \
	 .kind = CONFIG_CHOICE,                                                                    \
	 .offset = offsetof(struct config, member_),                                               \
	 .number = CONFIG_WHO_##default_,                                                          \
	 .choices = who,                                                                           \
	 .help = help_}

static const char *const who[] = {
	[CONFIG_WHO_ROOT] = "root",
	[CONFIG_WHO_ALL] = "all",
	[CONFIG_WHO_NONE] = "none",
	NULL,
};

const struct config_key config_keys[] = {
	NUMBER(rings_per_user, "ringsPerUser", 0, 65536, 64,
	       "rings that one user may have at a time"),
	NUMBER(region_bytes_per_user, "regionBytesPerUser", 0, 1ll << 40, 256ll << 20,
	       "bytes in total of the param regions of one user's rings"),
	NUMBER(entries_per_user, "submissionEntriesPerUser", 0, 1ll << 24, 16384,
	       "entries in total of the submission queues of one user's rings"),
	NUMBER(connections_per_user, "connectionsPerUser", 1, 4096, 64,
	       "connections that one user may hold open"),
	NUMBER(descriptors_per_user, "descriptorsPerUser", 0, 1 << 20, 8192,
	       "file descriptors that one user's waiting messages and rings hold"),
	NUMBER(queued_bytes_per_user, "queuedBytesPerUser", 0, 1ll << 40, 16ll << 20,
	       "bytes of memory for messages from and to one user"),
	NUMBER(loaded_programs_per_user, "loadedProgramsPerUser", 0, 65536, 64,
	       "program objects that one user has loaded"),
	NUMBER(connections, "connections", 1, 65536, 1024,
	       "connections of all users together; root may exceed it"),
	NUMBER(rings, "rings", 1, 1 << 20, 4096, "rings of all users together; root may exceed it"),
	NUMBER(region_bytes, "regionBytes", 4096, 1ll << 44, 4ll << 30,
	       "bytes in total of the param regions of all users' rings; root may exceed it"),
	NUMBER(guaranteed_connections, "guaranteedConnections", 0, 4096, 4,
	       "connections that a user gets from the last quarter of connections"),
	NUMBER(guaranteed_rings, "guaranteedRings", 0, 65536, 4,
	       "rings that a user gets from the last quarter of rings"),
	NUMBER(guaranteed_region_bytes, "guaranteedRegionBytes", 0, 1ll << 40, 16ll << 20,
	       "bytes that a user's regions get from the last quarter of regionBytes"),
	NUMBER(probation_ms, "probationMilliseconds", 100, 600000, 1000,
	       "how long a program is on probation after each start and swap"),
	WHO(persistent_rings, "persistentRings", ROOT,
	    "users that may have rings that outlive their client"),
	WHO(adopted_rings, "adoptedRings", ROOT,
	    "users whose applications may create and run rings themselves"),
	PATH(socket, "socket", "socket", "/run/iouringd/org.iouringd.Manager",
	     "path of the socket for clients, unless systemd passes one"),
	PATH(runtime_directory, "runtimeDirectory", "runtime-directory", "/run/iouringd",
	     "directory of the lock file and of the hosts' sockets"),
	PATH(pin_directory, "pinDirectory", "pin-directory", "/sys/fs/bpf/iouringd",
	     "directory on a bpffs for the kernel objects of rings"),
	PATH(program_directory, "programDirectory", "program-directory",
	     IOURINGD_LIBEXEC_DIRECTORY "/programs",
	     "directory of the loop programs that all users may run"),
	PATH(ring_directory, "ringDirectory", "ring-directory",
	     IOURINGD_CONFIG_DIRECTORY "/rings.d", "directory of the files that declare rings"),
	PATH(policy_directory, "policyDirectory", "policy-directory",
	     IOURINGD_CONFIG_DIRECTORY "/policy.d", "directory of the administrator's policy"),
	PATH(vendor_policy_directory, "vendorPolicyDirectory", "vendor-policy-directory",
	     IOURINGD_LIBEXEC_DIRECTORY "/policy.d", "directory of the policy of packages"),
	PATH(subordinate_uids, "subordinateUids", "subordinate-uids", "/etc/subuid",
	     "file with the owners of subordinate uids"),
	PATH(host_program, "hostProgram", "host-program",
	     IOURINGD_LIBEXEC_DIRECTORY "/iouring-host", "the program that runs a ring"),
	PATH(loader_program, "loaderProgram", "loader-program",
	     IOURINGD_LIBEXEC_DIRECTORY "/iouring-loader",
	     "the program that parses and loads a loop program"),
	PATH(broker_program, "brokerProgram", "broker-program",
	     IOURINGD_LIBEXEC_DIRECTORY "/iouring-broker",
	     "the program that handles the descriptors of one user's clients"),
	PATH(dispatcher, "dispatcher", "dispatcher", IOURINGD_LIBEXEC_DIRECTORY "/dispatcher.bpf.o",
	     "the program attached to every ring"),
	{0},
};
