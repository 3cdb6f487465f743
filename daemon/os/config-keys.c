/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-keys.c - every setting there is */
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
	       "rings that one user may have at the same time"),
	NUMBER(region_bytes_per_user, "regionBytesPerUser", 0, 1ll << 40, 256ll << 20,
	       "bytes that the param regions of one user's rings may have together"),
	NUMBER(entries_per_user, "submissionEntriesPerUser", 0, 1ll << 24, 16384,
	       "entries that the submission queues of one user's rings may have together"),
	NUMBER(connections_per_user, "connectionsPerUser", 1, 4096, 64,
	       "connections that one user may hold open"),
	NUMBER(connections, "connections", 1, 65536, 1024,
	       "connections of all users together; root is served beyond that"),
	NUMBER(probation_ms, "probationMilliseconds", 100, 600000, 1000,
	       "how long a program must run well after each start and swap"),
	WHO(persistent_rings, "persistentRings", ROOT,
	    "who may have rings that live without a client"),
	WHO(adopted_rings, "adoptedRings", ALL,
	    "who may have rings that their applications make and run themselves"),
	PATH(socket, "socket", "socket", "/run/iouringd/org.iouringd.Manager",
	     "where clients connect, unless systemd passes a socket"),
	PATH(runtime_directory, "runtimeDirectory", "runtime-directory", "/run/iouringd",
	     "the lock that keeps a second daemon away, and the sockets of hosts"),
	PATH(pin_directory, "pinDirectory", "pin-directory", "/sys/fs/bpf/iouringd",
	     "on a bpffs: the kernel objects of rings"),
	PATH(program_directory, "programDirectory", "program-directory",
	     IOURINGD_LIBEXEC_DIRECTORY "/programs", "the loop programs that everybody may use"),
	PATH(ring_directory, "ringDirectory", "ring-directory",
	     IOURINGD_CONFIG_DIRECTORY "/rings.d", "the rings that are declared: a file for each"),
	PATH(host_program, "hostProgram", "host-program",
	     IOURINGD_LIBEXEC_DIRECTORY "/iouring-host", "the program that runs a ring"),
	PATH(dispatcher, "dispatcher", "dispatcher", IOURINGD_LIBEXEC_DIRECTORY "/dispatcher.bpf.o",
	     "the program attached to every ring"),
	{0},
};
