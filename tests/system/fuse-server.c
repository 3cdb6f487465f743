/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuse-server.c - a file system of one file, which misbehaves as told
 *
 * usage: fuse-server [OPTION...] DIRECTORY
 *
 *   --own-namespace     mounts in a user and mount namespace of its own, as any user may
 *   --silent OPERATION  never answers these: flush, fsync, getattr, open, poll, read, write
 *   --fail OPERATION    answers them with EIO
 *   --short-reads N     returns at most N bytes for each read
 *   --size N            its file has N bytes, at most 65536
 *   --reports N         and says that it has N
 *   --ready             answers poll: ready; otherwise never, so io_uring waits before each request
 *   --cached            lets the kernel cache its file, and knows no poll, as most file systems
 *   --delay N           takes N microseconds for each read, as one across a network
 *
 * Mounts on DIRECTORY, where "file" then has 65536 bytes or N, prints the process that serves it,
 * and exits. That process ends when the file system is unmounted; with --own-namespace, the mount
 * ends with the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_INODE  2u
#define FILE_SIZE   65536u
#define OPCODES_MAX 64u
#define BUFFER_SIZE (FUSE_MIN_READ_BUFFER + (128u << 10))

struct server {
	int fd; /* /dev/fuse */
	bool silent[OPCODES_MAX];
	bool failing[OPCODES_MAX];
	uint32_t read_max;
	uint32_t size;
	uint64_t reported_size;
	bool ready;
	bool cached;
	useconds_t delay;
	bool own_namespace;
	char content[FILE_SIZE];
};

static const struct {
	const char *name;
	uint32_t opcode;
} operations[] = {
	{"flush", FUSE_FLUSH}, {"fsync", FUSE_FSYNC}, {"getattr", FUSE_GETATTR},
	{"open", FUSE_OPEN},   {"poll", FUSE_POLL},   {"read", FUSE_READ},
	{"write", FUSE_WRITE},
};

static void fail(const char *what)
{
	fprintf(stderr, "fuse-server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void usage(void)
{
	fputs("usage: fuse-server [--own-namespace] [--silent OPERATION]... [--fail OPERATION]... "
	      "[--short-reads N] [--size N] [--reports N] [--ready] [--cached] [--delay N] "
	      "DIRECTORY\n",
	      stderr);
	exit(2);
}

static void mark(bool marks[OPCODES_MAX], const char *name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, name) == 0) {
			marks[operations[i].opcode] = true;
			return;
		}
	usage();
}

/* ---- answers ---- */

static void answer(const struct server *server, const struct fuse_in_header *request, int error,
		   const void *bytes, size_t n)
{
	static char message[BUFFER_SIZE];
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + n),
		.error = error,
		.unique = request->unique,
	};

	memcpy(message, &head, sizeof(head));
	if (n > 0)
		memcpy(message + sizeof(head), bytes, n);
	/* ENOENT: the request was interrupted meanwhile */
	if (write(server->fd, message, head.len) < 0 && errno != ENOENT)
		fail("cannot answer");
}

static struct fuse_attr attributes(const struct server *server, uint64_t inode)
{
	struct fuse_attr attr = {
		.ino = inode,
		.mode = S_IFDIR | 0755,
		.nlink = 1,
		.uid = getuid(),
		.gid = getgid(),
		.blksize = 4096,
	};

	if (inode == FILE_INODE) {
		attr.mode = S_IFREG | 0666;
		attr.size = server->reported_size;
		attr.blocks = (attr.size + 511) / 512;
	}
	return attr;
}

static void answer_init(const struct server *server, const struct fuse_in_header *request)
{
	const struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 65536,
		.max_background = 16,
		.congestion_threshold = 12,
		.max_write = 65536,
		.time_gran = 1,
	};

	answer(server, request, 0, &out, sizeof(out));
}

static void answer_lookup(const struct server *server, const struct fuse_in_header *request)
{
	const struct fuse_entry_out out = {.nodeid = FILE_INODE,
					   .attr = attributes(server, FILE_INODE)};

	if (strcmp((const char *)(request + 1), "file") == 0)
		answer(server, request, 0, &out, sizeof(out));
	else
		answer(server, request, -ENOENT, NULL, 0);
}

static void answer_read(const struct server *server, const struct fuse_in_header *request)
{
	const struct fuse_read_in *in = (const struct fuse_read_in *)(request + 1);
	uint32_t n = in->size < server->read_max ? in->size : server->read_max;

	if (in->offset >= server->size)
		n = 0;
	else if (n > server->size - in->offset)
		n = (uint32_t)(server->size - in->offset);
	usleep(server->delay);
	answer(server, request, 0, server->content + (n ? in->offset : 0), n);
}

static void answer_write(struct server *server, const struct fuse_in_header *request)
{
	const struct fuse_write_in *in = (const struct fuse_write_in *)(request + 1);
	struct fuse_write_out out = {.size = in->size};

	if (in->offset > FILE_SIZE || in->size > FILE_SIZE - in->offset) {
		answer(server, request, -EFBIG, NULL, 0);
		return;
	}
	memcpy(server->content + in->offset, in + 1, in->size);
	answer(server, request, 0, &out, sizeof(out));
}

static void serve(struct server *server, const struct fuse_in_header *request)
{
	const struct fuse_attr_out attr = {.attr = attributes(server, request->nodeid)};
	const struct fuse_open_out open = {.open_flags = server->cached ? 0 : FOPEN_DIRECT_IO};
	const struct fuse_poll_out poll = {.revents = server->ready ? POLLIN | POLLOUT : 0};
	const struct fuse_statfs_out statfs = {.st = {.bsize = 4096, .namelen = 255}};

	if (request->opcode < OPCODES_MAX && server->silent[request->opcode])
		return;
	if (request->opcode < OPCODES_MAX && server->failing[request->opcode]) {
		answer(server, request, -EIO, NULL, 0);
		return;
	}
	switch (request->opcode) {
	case FUSE_INIT:
		answer_init(server, request);
		break;
	case FUSE_LOOKUP:
		answer_lookup(server, request);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer(server, request, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(server, request, 0, &open, sizeof(open));
		break;
	case FUSE_READ:
		answer_read(server, request);
		break;
	case FUSE_WRITE:
		answer_write(server, request);
		break;
	case FUSE_POLL:
		answer(server, request, server->cached ? -ENOSYS : 0, &poll,
		       server->cached ? 0 : sizeof(poll));
		break;
	case FUSE_STATFS:
		answer(server, request, 0, &statfs, sizeof(statfs));
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FSYNC:
	case FUSE_ACCESS:
		answer(server, request, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: /* of a request that is not answered */
		break;
	default:
		answer(server, request, -ENOSYS, NULL, 0);
	}
}

static void serve_all(struct server *server)
{
	static _Alignas(8) char request[BUFFER_SIZE];

	for (;;) {
		ssize_t n = read(server->fd, request, sizeof(request));

		if (n < 0 && errno == ENODEV) /* unmounted */
			exit(0);
		if (n < 0 && errno != EINTR && errno != EAGAIN && errno != ENOENT)
			fail("cannot read requests");
		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			serve(server, (const struct fuse_in_header *)(const void *)request);
	}
}

/* ---- the start ---- */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

/* As root of a user namespace, which may mount. */
static void enter_namespaces(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", getuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		fail("unshare");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", uids);
	write_file("/proc/self/gid_map", gids);
}

static void mount_on(struct server *server, const char *directory)
{
	char options[128];

	server->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (server->fd < 0)
		fail("/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u",
		 server->fd, getuid(), getgid());
	if (mount("fuse-server", directory, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		fail(directory);
}

static const char *parse(int argc, char **argv, struct server *server)
{
	static const struct option options[] = {
		{"own-namespace", no_argument, NULL, 'n'},
		{"silent", required_argument, NULL, 's'},
		{"fail", required_argument, NULL, 'f'},
		{"short-reads", required_argument, NULL, 'r'},
		{"size", required_argument, NULL, 'b'},
		{"reports", required_argument, NULL, 'l'},
		{"ready", no_argument, NULL, 'p'},
		{"cached", no_argument, NULL, 'c'},
		{"delay", required_argument, NULL, 'd'},
		{NULL, 0, NULL, 0},
	};
	bool reports = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'n':
			server->own_namespace = true;
			break;
		case 's':
			mark(server->silent, optarg);
			break;
		case 'f':
			mark(server->failing, optarg);
			break;
		case 'r':
			server->read_max = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'b':
			server->size = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'l':
			server->reported_size = strtoull(optarg, NULL, 10);
			reports = true;
			break;
		case 'p':
			server->ready = true;
			break;
		case 'd':
			server->delay = (useconds_t)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			server->cached = true;
			break;
		default:
			usage();
		}
	if (optind + 1 != argc || server->size > FILE_SIZE)
		usage();
	if (!reports)
		server->reported_size = server->size;
	return argv[optind];
}

int main(int argc, char **argv)
{
	static struct server server = {.read_max = FILE_SIZE, .size = FILE_SIZE};
	const char *directory = parse(argc, argv, &server);
	pid_t pid;

	if (server.own_namespace)
		enter_namespaces();
	mount_on(&server, directory);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid > 0) {
		printf("%d\n", (int)pid);
		return 0;
	}
	/* whoever reads our output waits for its end */
	if (!freopen("/dev/null", "w", stdout) || setsid() < 0)
		fail("setsid");
	serve_all(&server);
}
