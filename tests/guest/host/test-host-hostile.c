/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hostile code in a confined host (hostile.h): each attempt ends the host. The same without the
 * system call filter: Landlock and the lack of privileges refuse most attempts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../unit/host/fixture.h"
#include "hostile.h"

#define CLIENT	    1000
#define PATIENCE_MS 10000

static const struct {
	const char *text;
	int error;
	long version;
} attempts[] = {
#define ROW(function, text, error, version) {text, error, version},
	HOSTILE_ATTEMPTS(ROW)
#undef ROW
};

#define N_ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

/* What the attempts aim at. Each would succeed for an ordinary process of the client. */
struct targets {
	pid_t victim;
	int abstract, path, tcp;
	struct hostile_order *order;
};

static volatile char victims_byte = 'v';

static _Noreturn void be_victim(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setresgid(CLIENT, CLIENT, CLIENT) < 0 || setresuid(CLIENT, CLIENT, CLIENT) < 0 ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		_exit(1);
	if (prctl(PR_SET_PTRACER, -1ul, 0, 0, 0) < 0 && errno != EINVAL) /* a kernel without Yama */
		_exit(1);
	for (;;)
		pause();
}

static int listen_at(int family, const void *address, socklen_t size)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, address, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void make_sockets(struct targets *targets)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct sockaddr_in port = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(port);

	memcpy(name.sun_path + 1, HOSTILE_ABSTRACT, strlen(HOSTILE_ABSTRACT));
	targets->abstract = listen_at(
		AF_UNIX, &name,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(HOSTILE_ABSTRACT)));
	strcpy(name.sun_path, HOSTILE_PATH);
	targets->path = listen_at(AF_UNIX, &name, sizeof(name));
	assert_int_equal(chmod(HOSTILE_PATH, 0777), 0);
	targets->tcp = listen_at(AF_INET, &port, sizeof(port));
	assert_int_equal(getsockname(targets->tcp, (struct sockaddr *)&port, &size), 0);
	targets->order->port = ntohs(port.sin_port);
}

static void make_file(void)
{
	int fd = open(HOSTILE_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(fchown(fd, CLIENT, CLIENT), 0);
	close(fd);
}

static void targets_make(struct targets *targets)
{
	const struct host_setup setup = fixture_setup("any");
	char *region = mmap(NULL, setup.region_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			    setup.region_fd, 0);

	assert_true(region != MAP_FAILED);
	targets->order = (struct hostile_order *)(region + HOSTILE_OFFSET);
	memset(targets->order, 0, sizeof(*targets->order));
	make_sockets(targets);
	make_file();
	targets->victim = fork();
	assert_true(targets->victim >= 0);
	if (targets->victim == 0)
		be_victim();
	targets->order->victim = targets->victim;
	targets->order->parent = getpid();
	targets->order->address = (uint64_t)(uintptr_t)&victims_byte;
}

/* All targets are as before. */
static void targets_check(const struct targets *targets)
{
	struct stat st;

	assert_int_equal(waitpid(targets->victim, NULL, WNOHANG), 0);
	assert_int_equal(stat(HOSTILE_FILE, &st), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(stat(HOSTILE_FILE ".new", &st), -1);
}

static void targets_end(struct targets *targets)
{
	kill(targets->victim, SIGKILL);
	assert_int_equal(fixture_reap(targets->victim), SIGKILL);
	close(targets->abstract);
	close(targets->path);
	close(targets->tcp);
	unlink(HOSTILE_PATH);
	unlink(HOSTILE_FILE);
	munmap((char *)targets->order - HOSTILE_OFFSET, fixture_setup("any").region_size);
}

static void give_order(struct targets *targets, size_t attempt)
{
	targets->order->done = 0;
	targets->order->result = 0;
	__atomic_store_n(&targets->order->attempt, 1 + (uint32_t)attempt, __ATOMIC_RELEASE);
	syscall(SYS_futex, &targets->order->attempt, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static struct host *start_ready(struct fixture *f)
{
	struct host *host;

	f->diary[0] = '\0';
	f->exits = 0;
	host = fixture_start(f, "hostile");
	fixture_expect_start(f, "ready(");
	return host;
}

static void test_filtered(void **state)
{
	struct fixture *f = *state;
	struct targets targets;

	targets_make(&targets);
	for (size_t i = 0; i < N_ATTEMPTS; i++) {
		struct host *host = start_ready(f);

		give_order(&targets, i);
		fixture_wait_exits(f, 1);
		if (!strstr(f->diary, "exited(2,31)")) /* CLD_KILLED, SIGSYS */
			fail_msg("%s: '%s', result %lld", attempts[i].text, f->diary,
				 (long long)targets.order->result);
		assert_int_equal(targets.order->done, 0);
		f->hosts->ops->host_free(host);
		printf("# %-36s killed by SIGSYS\n", attempts[i].text);
	}
	targets_check(&targets);
	targets_end(&targets);
}

/* The host that answers lives on. */
static int64_t wait_for_result(struct fixture *f, struct targets *targets)
{
	const struct timespec tick = {.tv_nsec = 10000000};

	for (int waited = 0; waited < PATIENCE_MS && f->exits == 0; waited += 10) {
		if (__atomic_load_n(&targets->order->done, __ATOMIC_ACQUIRE))
			return targets->order->result;
		syscall(SYS_futex, &targets->order->done, FUTEX_WAIT, 0, &tick, NULL, 0);
		fixture_poll(f);
	}
	fail_msg("no answer: '%s'", f->diary);
	return 0;
}

static bool applies(size_t attempt, long version)
{
	return attempts[attempt].error != ONLY_FILTER && version >= attempts[attempt].version;
}

static void test_unfiltered(void **state)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	struct fixture *f = *state;
	struct targets targets;
	struct host *host;

	if (version < 0)
		version = 0;
	printf("# Landlock %ld\n", version);
	targets_make(&targets);
	host = start_ready(f);
	for (size_t i = 0; i < N_ATTEMPTS; i++) {
		int64_t result;

		if (!applies(i, version)) {
			printf("# %-36s by the filter only\n", attempts[i].text);
			continue;
		}
		give_order(&targets, i);
		result = wait_for_result(f, &targets);
		if (result != -attempts[i].error)
			fail_msg("%s: %lld, not %d", attempts[i].text, (long long)result,
				 -attempts[i].error);
		printf("# %-36s %s\n", attempts[i].text, strerror(attempts[i].error));
	}
	targets_check(&targets);
	f->hosts->ops->kill(host);
	fixture_wait_exits(f, 1);
	f->hosts->ops->host_free(host);
	targets_end(&targets);
}

static int new_filtered(void **state)
{
	setenv("HOST_PROGRAM", HOSTILE_HOST, 1);
	return fixture_new(state);
}

static int new_unfiltered(void **state)
{
	setenv("HOST_PROGRAM", HOSTILE_HOST_UNFILTERED, 1);
	return fixture_new(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_filtered, new_filtered, fixture_free),
		cmocka_unit_test_setup_teardown(test_unfiltered, new_unfiltered, fixture_free),
	};

	fixture_setup("warm");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hostile code in iouring-host", tests, NULL, NULL);
}
