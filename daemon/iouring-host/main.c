/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouring-host - runs one ring for one client, as that client
 *
 * Started by iouringd as root, with nothing but fd 3: a listening control socket to which the
 * daemon is connected already (control.h). It takes its setup, becomes the client, makes the ring,
 * shuts itself in, says READY, and from then on does what it is told until it is told to end, or
 * the lease ends. The daemon may go and come back meanwhile.
 */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "iouring-host/identity.h"
#include "host/message.h"
#include "iouring-host/ring-setup.h"
#include "iouring-host/seccomp.h"
#include "iouring-host/session.h"

#define BACKLOG 1024 /* daemons that came and went while we were stopped */

/* What came with the setup message. */
struct order {
	_Alignas(8) char message[CONTROL_MESSAGE_MAX];
	int fds[CONTROL_FDS_MAX];
	size_t n_fds;
};

/* Who connects from now on learns who listens (control.h). Somebody may have started us by hand. */
static int take_control_socket(void)
{
	static const char text[] =
		"iouring-host: fd 3 is no control socket: iouringd starts this\n";
	ssize_t n;

	if (listen(CONTROL_LISTEN_FD, BACKLOG) == 0)
		return 0;
	n = write(STDERR_FILENO, text, sizeof(text) - 1);
	return n < 0 ? -errno : -EINVAL;
}

/* Only the control socket stays. */
static int close_others(void)
{
	if (close_range(0, CONTROL_LISTEN_FD - 1, 0) < 0 ||
	    close_range(CONTROL_LISTEN_FD + 1, ~0u, 0) < 0)
		return -errno;
	return 0;
}

static int accept_first(int *ret_connection)
{
	int connection = accept4(CONTROL_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);

	if (connection < 0)
		return -errno;
	*ret_connection = connection;
	return session_peer_is_root(connection) ? 0 : -EPERM;
}

static int receive_order(int connection, struct order *order)
{
	ssize_t n = control_receive(connection, order->message, sizeof(order->message), order->fds,
				    CONTROL_FDS_MAX, &order->n_fds);

	if (n < 0)
		return (int)n;
	return control_setup_check(order->message, (size_t)n, order->n_fds);
}

/* The descriptors in order: region, lease (if there is one), files of the filled slots. */
static void describe_ring(const struct order *order, struct ring_setup *ret, int *ret_lease)
{
	const struct control_setup *setup = (const struct control_setup *)order->message;
	size_t next = 0;

	*ret = (struct ring_setup){
		.sq_entries = setup->sq_entries,
		.cq_entries = setup->cq_entries,
		.region_size = setup->region_size,
		.data_offset = setup->data_offset,
		.data_size = setup->data_size,
		.opcodes = setup->opcodes,
		.n_slots = setup->n_slots,
		.region_fd = order->fds[next++],
	};
	*ret_lease = setup->has_lease ? order->fds[next++] : -1;
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		ret->files[i] = setup->slots_filled & (1u << i) ? order->fds[next++] : -1;
}

/* The ring holds them; the process shall not. The region stays open, for the next daemon to take.
 */
static void close_files(const struct ring_setup *ring)
{
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		if (ring->files[i] >= 0)
			close(ring->files[i]);
}

static int become_client(const struct control_setup *setup, enum control_stage *stage)
{
	int r;

	*stage = STAGE_LIMITS;
	r = identity_set_limits();
	if (r < 0)
		return r;
	*stage = STAGE_CREDENTIALS;
	return identity_drop(setup->uid, setup->gid, control_setup_groups(setup), setup->n_groups);
}

/*
 * What starting has needed of code and constants is not needed again, and the kernel may have it
 * back: the little that is comes by page fault.
 */
static void drop_startup_pages(void)
{
	extern const ElfW(Ehdr) __ehdr_start;
	const char *base = (const char *)&__ehdr_start;
	const ElfW(Phdr) *segments = (const ElfW(Phdr) *)(base + __ehdr_start.e_phoff);
	uintptr_t mask = (uintptr_t)getpagesize() - 1;
	unsigned int n = __ehdr_start.e_phnum;

	for (unsigned int i = 0; i < n; i++)
		if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0)
			base -= segments[i].p_vaddr;
	while (n-- > 0) { /* the first, with this table in it, goes last */
		uintptr_t start = (uintptr_t)base + segments[n].p_vaddr;
		uintptr_t end = (start + segments[n].p_memsz + mask) & ~mask;

		if (segments[n].p_type == PT_LOAD && !(segments[n].p_flags & PF_W))
			madvise((void *)(start & ~mask), end - (start & ~mask), MADV_DONTNEED);
	}
}

static int enter_sandbox(struct session *session, enum control_stage *stage)
{
	int notify_fd, r;

	*stage = STAGE_SANDBOX;
	notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (notify_fd < 0)
		return -errno;
	r = runner_init(&session->runner, session->ring_fd, notify_fd);
	if (r < 0)
		return r;
	r = identity_close_limits();
	if (r < 0)
		return r;
	drop_startup_pages();
	return seccomp_close();
}

static int set_up(struct session *session, enum control_stage *stage)
{
	struct order order;
	struct ring_setup ring;
	int r;

	*stage = STAGE_MESSAGE;
	r = receive_order(session->connection, &order);
	if (r < 0)
		return r;
	describe_ring(&order, &ring, &session->lease);
	r = become_client((const struct control_setup *)order.message, stage);
	/* Who connects from now on is shown the client's user id, and this process. */
	if (r == 0 && listen(CONTROL_LISTEN_FD, BACKLOG) < 0)
		r = -errno;
	if (r < 0)
		return r;
	r = ring_make(&ring, stage, NULL, &session->ring_fd);
	if (r < 0)
		return r;
	close_files(&ring);
	return enter_sandbox(session, stage);
}

int main(void)
{
	struct session session = {.connection = -1, .lease = -1, .ring_fd = -1};
	enum control_stage stage;
	int r;

	/* Without a daemon there is nobody who could be told. */
	if (take_control_socket() < 0 || close_others() < 0 ||
	    accept_first(&session.connection) < 0)
		return 1;
	r = set_up(&session, &stage);
	if (r < 0) {
		session_tell(&session, CONTROL_REFUSED, stage, -r);
		return 1;
	}
	session.state = CONTROL_READY;
	session_tell(&session, CONTROL_READY, 0, 0);
	session_run(&session);
}
