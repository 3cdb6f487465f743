/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libiouctl calls a hostile daemon, which answers with any bytes, any descriptors, and a region
 * with a forged head.
 *
 * Input: a byte with the call (low four bits) and the descriptors of the reply (next three); a byte
 * with the number of changes of the head, and for each an offset, and four bytes; the reply. The
 * daemon sends it and hangs up.
 */
#include "budget.h"
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "iouctl.h"
#include "wire/socket.h"

#define REGION_SIZE   16384u
#define WORK_BASE     200000u
#define WORK_OF_BYTE  400u
#define BYTES_BASE    (4 << 20)
#define BYTES_OF_BYTE 1000

struct answer {
	const uint8_t *bytes;
	size_t size;
	int fds[4];
	size_t n_fds;
};

static char path[64];
static int listener = -1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const struct answer *answer; /* under the mutex */

/* ---- the daemon ---- */

/* Waits for a call's NUL. */
static void read_call(int fd)
{
	char bytes[4096];
	ssize_t n;

	do
		n = recv(fd, bytes, sizeof(bytes), 0);
	while (n > 0 && bytes[n - 1] != '\0');
}

static void *serve(void *arg)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		MUST(fd >= 0);
		read_call(fd);
		pthread_mutex_lock(&mutex);
		if (answer) {
			ssize_t sent = socket_send(fd, (const char *)answer->bytes, answer->size,
						   answer->fds, answer->n_fds);

			MUST(sent != 0 || answer->size == 0);
		}
		close(fd);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void remove_socket(void)
{
	unlink(path);
}

static void start(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	pthread_t thread;

	if (listener >= 0)
		return;
	snprintf(path, sizeof(path), "/tmp/fuzz-lib-%d", getpid());
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(listener >= 0);
	unlink(path);
	MUST(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	MUST(listen(listener, 16) == 0);
	atexit(remove_socket);
	MUST(pthread_create(&thread, NULL, serve, NULL) == 0);
	pthread_detach(thread);
}

/* ---- its region ---- */

static int make_region(const uint8_t *changes, size_t n)
{
	struct iourd_head head = {
		.identity = {.magic = IOURD_REGION_MAGIC,
			     .abi_major = IOURD_ABI_MAJOR,
			     .region_size = REGION_SIZE,
			     .params_offset = sizeof(struct iourd_head),
			     .params_size = 128,
			     .data_offset = 8192,
			     .data_size = 8192,
			     .slot_count = 2},
		.life = {.generation = 1, .state = IOURD_RING_ENDED},
	};
	int fd = memfd_create("region", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	MUST(fd >= 0 && ftruncate(fd, REGION_SIZE) == 0);
	for (size_t i = 0; i < n; i++)
		memcpy((char *)&head + changes[5 * i] % (sizeof(head) / 4) * 4, changes + 5 * i + 1,
		       4);
	head.life.state = IOURD_RING_ENDED; /* nobody would end a wait */
	MUST(pwrite(fd, &head, sizeof(head), 0) == sizeof(head));
	MUST(fcntl(fd, F_ADD_SEALS, n % 4 == 3 ? F_SEAL_GROW : F_SEAL_SHRINK) == 0);
	return fd;
}

/* Everything that the application may do with a ring; it stays within the region. */
static void use(struct iouctl_ring *ring)
{
	struct iouctl_progress progress;
	struct iouctl_chase_result result;
	size_t n_params, n_data;
	uint32_t ticket;
	const char *params = iouctl_ring_params(ring, &n_params);
	const char *data = iouctl_ring_data(ring, &n_data);
	unsigned int sum = 0;

	MUST(iouctl_ring_name(ring) && iouctl_ring_head(ring));
	for (size_t i = 0; i < n_params; i++)
		sum += (unsigned char)params[i];
	for (size_t i = 0; data && i < n_data; i += 512)
		sum += (unsigned char)data[i];
	MUST((sum | 1) != 0);
	iouctl_ring_progress(ring, &progress);
	iouctl_ring_wait(ring, 0);
	iouctl_ring_doorbell(ring);
	iouctl_ring_stop(ring);
	if (iouctl_chase_post(ring, 0, 1, &ticket) == 0)
		iouctl_chase_await(ring, ticket, 0, &result);
}

static void on_event(void *arg, const struct iouctl_event *event)
{
	MUST(event->kind && event->json);
}

static int watch(void)
{
	struct iouctl_watch *watch;
	int r = iouctl_watch_new(path, "r", &watch);

	if (r < 0)
		return r;
	r = iouctl_watch_dispatch(watch, on_event, NULL);
	MUST(iouctl_watch_error_message(watch));
	iouctl_watch_free(watch);
	return r;
}

static void forget_answer(void)
{
	pthread_mutex_lock(&mutex);
	answer = NULL;
	pthread_mutex_unlock(&mutex);
}

static void use_ring(struct iouctl *c, struct iouctl_ring *ring, unsigned int what)
{
	_cleanup_free_ char *parameters = NULL;
	uint64_t generation;

	use(ring);
	switch (what % 8) {
	case 0:
		iouctl_ring_start(ring);
		break;
	case 1:
		iouctl_ring_pause(ring);
		break;
	case 2:
		iouctl_ring_resume(ring);
		break;
	case 3:
		iouctl_ring_swap(ring, "copy", 0, &generation);
		break;
	case 4:
		iouctl_ring_set(ring, "{\"depth\":1}");
		break;
	case 5:
		iouctl_ring_get(ring, &parameters);
		break;
	default:
		iouctl_ring_destroy(ring);
		break;
	}
	MUST(iouctl_error_message(c));
}

static void call(struct iouctl *c, unsigned int what)
{
	static const struct iouctl_ring_options options = {.size = sizeof(options), .program = "p"};
	struct iouctl_ring *ring = NULL;
	_cleanup_free_ char *reply = NULL;
	int *fds = NULL;
	size_t n_fds = 0;
	int r;

	if (what % 4 == 0)
		r = iouctl_ring_create(c, &options, &ring);
	else if (what % 4 == 1)
		r = iouctl_ring_open(c, "r", &ring);
	else
		r = iouctl_call(c, what & 4 ? "GetStatus" : "StartRing", NULL, NULL, 0, &reply,
				what & 8 ? &fds : NULL, &n_fds);
	MUST(r <= 0 && iouctl_error_message(c));
	MUST((r == -EREMOTEIO) == (iouctl_error_name(c) != NULL));
	MUST((r == -EREMOTEIO) == (iouctl_error_parameters(c) != NULL));
	if (ring)
		use_ring(c, ring, what >> 2);
	iouctl_ring_free(ring);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	free(fds);
}

/* A watch has a connection of its own. */
static void call_or_watch(unsigned int what)
{
	struct iouctl *c;

	if (what % 4 == 2) {
		MUST(watch() <= 0);
		return;
	}
	MUST(iouctl_connect(path, &c) == 0);
	iouctl_set_timeout(c, 60000);
	call(c, what);
	iouctl_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer made = {.fds = {-1, -1, 0, 1}};
	size_t n_changes;

	if (size < 2)
		return 0;
	start();
	n_changes = data[1] % 8;
	if (size < 2 + 5 * n_changes)
		return 0;
	made.fds[0] = make_region(data + 2, n_changes);
	made.fds[1] = memfd_create("lease", MFD_CLOEXEC);
	made.n_fds = (data[0] >> 4 & 3) + 1;
	if (data[0] & 0x40)
		made.n_fds = 0;
	made.bytes = data + 2 + 5 * n_changes;
	made.size = size - 2 - 5 * n_changes;
	pthread_mutex_lock(&mutex);
	answer = &made;
	pthread_mutex_unlock(&mutex);

	budget_begin();
	call_or_watch(data[0] & 15);
	budget_check(WORK_BASE + size * WORK_OF_BYTE, BYTES_BASE + (int64_t)size * BYTES_OF_BYTE);

	forget_answer();
	close(made.fds[0]);
	close(made.fds[1]);
	return 0;
}
