/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"

/* Of linux/landlock.h; the build machine's headers may be older. */
#define RULE_PATH_BENEATH 1
#define FS_READ_FILE	  (1ull << 2)
#define SCOPE_ABSTRACT	  (1ull << 0)
#define SCOPE_SIGNAL	  (1ull << 1)

struct ruleset {
	uint64_t files;
	uint64_t ports;
	uint64_t scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t directory;
} __attribute__((packed));

#define BITS(n) ((1ull << (n)) - 1)
#define SCOPES	(SCOPE_ABSTRACT | SCOPE_SIGNAL)

/*
 * All that can be forbidden, from the newest version that we know to the first. A kernel refuses a
 * ruleset with a bit that it does not know.
 */
static const struct ruleset versions[] = {
	{BITS(17), BITS(4), SCOPES}, /* UDP ports */
	{BITS(17), BITS(2), SCOPES}, /* socket files */
	{BITS(16), BITS(2), SCOPES}, /* signals and abstract sockets */
	{BITS(16), BITS(2), 0},	     /* ioctl() of devices */
	{BITS(15), BITS(2), 0},	     /* TCP ports */
	{BITS(15), 0, 0},	     /* truncation */
	{BITS(14), 0, 0},	     /* links to other directories */
	{BITS(13), 0, 0},
};

static int make_ruleset(bool addresses, int *ret)
{
	int fd = -1;

	errno = EINVAL;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct ruleset rules = versions[i];

		if (addresses) {
			rules.ports = 0;
			rules.scoped &= ~SCOPE_ABSTRACT;
		}
		fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
		if (fd >= 0 || (errno != EINVAL && errno != E2BIG))
			break;
	}
	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

/* A directory that does not exist needs no exception. */
static int allow_reading(int ruleset, const char *path)
{
	_cleanup_close_ int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct path_rule rule = {.allowed = FS_READ_FILE, .directory = directory};

	if (directory < 0)
		return errno == ENOENT ? 0 : -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

/* A filter around the daemon may refuse what it does not know. */
static bool is_missing(int error)
{
	return error == -ENOSYS || error == -EOPNOTSUPP || error == -EPERM;
}

int landlock_enter(const struct landlock_exceptions *exceptions)
{
	_cleanup_close_ int ruleset = -1;
	int r;

	r = make_ruleset(exceptions->addresses, &ruleset);
	if (r < 0)
		return is_missing(r) ? 0 : r;
	if (exceptions->readable) {
		r = allow_reading(ruleset, exceptions->readable);
		if (r < 0)
			return r;
	}
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}
