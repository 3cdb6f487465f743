/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-attack.c - attach, detach, close, exec, exit and kill in all orders: does the kernel stand
 * it?
 *
 * usage: test-attack [SEQUENCES [SEED]]
 *
 * Without the daemon: what is attacked is the kernel. Two processes at a time, each with three
 * rings, do random things to them; this one takes rings of theirs, as the daemon would, and kills
 * some. The same seed gives the same decisions, if not the same order of two processes' decisions.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "actions.h"

#define PROCESSES	  2
#define PER_PROCESS	  60 /* sequences of each of its threads */
#define DEFAULT_SEQUENCES 4000
#define SETTLE_S	  300

static int maps[ATTACK_MAPS];
static int failed;

static void report(int number, bool passed, const char *what)
{
	printf("%sok %d - %s\n", passed ? "" : "not ", number, what);
	fflush(stdout);
	failed += !passed;
}

static struct bpf_object *load(void)
{
	struct bpf_object *object = bpf_object__open_file(ATTACK_OBJECT, NULL);
	struct bpf_map *map;
	int n = 0;

	if (!object)
		return NULL;
	bpf_object__for_each_map(map, object) {
		size_t size;
		void *value = bpf_map__initial_value(map, &size);

		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		/* struct io_uring_bpf_ops as attack.bpf.c has it: libbpf brings it into the
		 * kernel's shape */
		memcpy((char *)value + sizeof(void *), &(unsigned int){ATTACK_FD + (unsigned int)n},
		       sizeof(unsigned int));
		n++;
	}
	if (n != ATTACK_MAPS || bpf_object__load(object) < 0) {
		bpf_object__close(object);
		return NULL;
	}
	return object;
}

/* A map can be linked once its value is the kernel's, which attaching it to no ring leaves behind.
 */
static bool prepare(struct bpf_object *object)
{
	struct bpf_map *map;
	int n = 0;

	bpf_object__for_each_map(map, object) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		close(ATTACK_FD + n);
		if (bpf_map__attach_struct_ops(map) || errno != EBADF)
			return false;
		maps[n++] = bpf_map__fd(map);
	}
	return true;
}

/* What the daemon does: takes the ring of another process, attaches to it, and closes its own
 * descriptor. */
static void intrude(uint64_t *random, pid_t pid)
{
	int number = ATTACK_FD + (int)attack_random(random, ATTACK_MAPS), i = number - ATTACK_FD,
	    fd, link;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (fd >= 0) {
		dup2(fd, number);
		close(fd);
		link = bpf_link_create(maps[i], 0, BPF_STRUCT_OPS, NULL);
		close(number);
		if (link >= 0) {
			usleep(attack_random(random, 3000));
			close(link);
		}
	}
	if (pidfd >= 0)
		close(pidfd);
}

static pid_t start(uint64_t seed, struct attack_tally *tally)
{
	pid_t pid = fork();

	if (pid == 0) {
		/* one that cannot die is found by the test's time limit, with what the kernel says
		 * of it */
		attack_run(seed, PER_PROCESS, maps, tally);
	}
	return pid;
}

static void attack(uint64_t sequences, uint64_t seed, struct attack_tally *tally)
{
	uint64_t random = seed ? seed : 1, next = seed, told = 0;
	pid_t pids[PROCESSES] = {0};
	bool terminal = isatty(STDERR_FILENO);

	/* On a slow machine the timers end most loops before their first step: then it takes more.
	 */
	while ((tally->sequences < sequences || tally->steps <= tally->sequences / 8) &&
	       tally->sequences < 10 * sequences && !tally->unexpected) {
		int i = (int)attack_random(&random, PROCESSES);

		if (pids[i] > 0 && waitpid(pids[i], NULL, WNOHANG) == pids[i])
			pids[i] = 0;
		if (pids[i] == 0)
			pids[i] = start(next++, tally);
		if (attack_random(&random, 4) == 0)
			intrude(&random, pids[i]);
		else
			usleep(attack_random(&random, 4000));
		if (attack_random(&random, 50) == 0)
			kill(pids[i], SIGKILL);
		if (terminal && tally->sequences / 1000 != told) {
			told = tally->sequences / 1000;
			fprintf(stderr, "\r-- %llu of %llu sequences",
				(unsigned long long)tally->sequences,
				(unsigned long long)sequences);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		if (pids[i] > 0) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
	}
}

/* Links to struct_ops maps; rings and programs are freed some time after what held them. */
static unsigned int count_links(void)
{
	unsigned int id = 0, n = 0;

	while (bpf_link_get_next_id(id, &id) == 0) {
		struct bpf_link_info info = {};
		unsigned int size = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
		    info.type == BPF_LINK_TYPE_STRUCT_OPS)
			n++;
		close(fd);
	}
	return n;
}

static bool nothing_left(unsigned int before)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += SETTLE_S;
	while (count_links() > before) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end.tv_sec)
			return false;
		usleep(20000);
	}
	return true;
}

/* What the kernel said since @log was opened, of itself. */
static bool kernel_is_well(int log)
{
	static const char *const signs[] = {"BUG",
					    "WARNING",
					    "KASAN",
					    "Oops",
					    "general protection",
					    "blocked for more than",
					    "refcount",
					    "stall",
					    "deadlock"};
	char line[1024];
	bool well = true;
	ssize_t n;

	for (;;) {
		n = read(log, line, sizeof(line) - 1);
		if (n < 0 && errno == EPIPE)
			continue; /* some was overwritten */
		if (n <= 0)
			return well;
		line[n] = '\0';
		for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
			if (strstr(line, signs[i])) {
				printf("# %s", line);
				well = false;
				break;
			}
		}
	}
}

int main(int argc, char **argv)
{
	uint64_t sequences = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_SEQUENCES;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL) % 1000000;
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct rlimit files = {4096, 4096};
	struct bpf_object *object;
	struct attack_tally *tally;
	unsigned int links;

	lseek(log, 0, SEEK_END);
	setrlimit(RLIMIT_NOFILE, &files);
	printf("TAP version 13\n1..4\n");
	printf("# test-attack %llu %llu\n", (unsigned long long)sequences,
	       (unsigned long long)seed);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	links = count_links();
	object = load();
	if (tally == MAP_FAILED || log < 0 || !object || !prepare(object)) {
		printf("Bail out! cannot prepare: %s\n", strerror(errno));
		return 1;
	}

	attack(sequences, seed, tally);
	printf("# %llu sequences, %llu actions, %llu steps\n", (unsigned long long)tally->sequences,
	       (unsigned long long)tally->actions, (unsigned long long)tally->steps);
	report(1, tally->sequences >= sequences && tally->steps > tally->sequences / 8,
	       "the rings were attacked, and their programs ran");
	if (tally->unexpected)
		printf("# %s: %s, in the process with seed %llu\n", tally->action,
		       strerror(tally->unexpected), (unsigned long long)tally->seed);
	report(2, !tally->unexpected, "every call had a result that it may have");
	bpf_object__close(object);
	report(3, nothing_left(links), "no link is left");
	report(4, kernel_is_well(log), "the kernel has nothing to report");
	return failed != 0;
}
