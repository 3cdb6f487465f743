/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouring-host - runs one ring for one client, as that client
 *
 * iouringd starts it as root with only fd 3: a listening control socket to which the daemon is
 * already connected (control.h). The host receives its setup, makes the ring, becomes the client,
 * furnishes the ring, enters its sandbox and sends READY. Then it follows commands until one ends
 * it, or its lease ends. Meanwhile the daemon may exit and another one may connect.
 */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "host/message.h"
#include "iouring-host/identity.h"
#include "iouring-host/reach.h"
#include "iouring-host/ring-setup.h"
#include "iouring-host/session.h"
#include "iouring-host/syscall-filter.h"

#define FILES_PATIENCE_SECONDS 20
#define BACKLOG		       1024 /* daemons that may connect while this process is stopped */

/* The setup message and its descriptors. */
struct received_setup {
	_Alignas(8) char message[CONTROL_MESSAGE_MAX];
	int fds[CONTROL_FDS_MAX];
	size_t n_fds;
};

/*
 * Listening anew gives later connections this process as their peer (control.h). It fails if
 * somebody started the program by hand.
 */
static int take_control_socket(void)
{
	static const char text[] = "iouring-host: fd 3 is not a control socket; only iouringd can "
				   "start this program\n";
	ssize_t n;

	if (listen(CONTROL_LISTEN_FD, BACKLOG) == 0)
		return 0;
	n = write(STDERR_FILENO, text, sizeof(text) - 1);
	return n < 0 ? -errno : -EINVAL;
}

/* Closes all descriptors except the control socket. */
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

static int receive_setup(int connection, struct received_setup *ret)
{
	ssize_t n = control_receive(connection, ret->message, sizeof(ret->message), ret->fds,
				    CONTROL_FDS_MAX, &ret->n_fds);

	if (n < 0)
		return (int)n;
	return control_setup_check(ret->message, (size_t)n, ret->n_fds);
}

/* @fds: of the filled slots, in their order. */
static void assign_files(uint32_t slots_filled, const int *fds, struct ring_setup *ret)
{
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		ret->files[i] = slots_filled & (1u << i) ? *fds++ : -1;
}

/*
 * The descriptors are, in order: the region, the lease and the control group (if any), the files of
 * the filled slots, or the socket over which they come.
 */
static void describe_ring(const struct received_setup *received, struct ring_setup *ret,
			  int *ret_lease, int *ret_cgroup, int *ret_files)
{
	const struct control_setup *setup = (const struct control_setup *)received->message;
	size_t next = 0;

	*ret = (struct ring_setup){
		.sq_entries = setup->sq_entries,
		.cq_entries = setup->cq_entries,
		.region_size = setup->region_size,
		.data_offset = setup->data_offset,
		.data_size = setup->data_size,
		.opcodes = setup->opcodes,
		.n_slots = setup->n_slots,
		.region_fd = received->fds[next++],
	};
	*ret_lease = setup->flags & SETUP_HAS_LEASE ? received->fds[next++] : -1;
	*ret_cgroup = setup->cgroup == CGROUP_ENTER ? received->fds[next++] : -1;
	*ret_files = setup->flags & SETUP_FILES_APART ? received->fds[next] : -1;
	if (*ret_files < 0)
		assign_files(setup->slots_filled, received->fds + next, ret);
}

/*
 * Receives the files as the client that it is by now, from the process that holds them: no file of
 * the client's is received as root.
 */
static int receive_files(int socket, uint32_t slots_filled, struct ring_setup *ret)
{
	const struct timeval patience = {.tv_sec = FILES_PATIENCE_SECONDS};
	int fds[IOURD_SLOTS_MAX];
	size_t n_fds = 0;
	ssize_t n;
	char byte;

	if (socket < 0)
		return 0;
	if (setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	n = control_receive(socket, &byte, 1, fds, IOURD_SLOTS_MAX, &n_fds);
	if (n == -EAGAIN)
		return -ETIMEDOUT;
	if (n <= 0)
		return n < 0 ? (int)n : -ECONNRESET;
	if (n_fds != (size_t)__builtin_popcount(slots_filled))
		return -EMFILE;
	assign_files(slots_filled, fds, ret);
	return close(socket) < 0 ? -errno : 0;
}

/*
 * The ring holds the files; the process must not (ring-setup.h). The region stays open, for the
 * next daemon to fetch.
 */
static void close_files(const struct ring_setup *ring)
{
	for (size_t i = 0; i < IOURD_SLOTS_MAX; i++)
		if (ring->files[i] >= 0)
			close(ring->files[i]);
}

/*
 * A write past RLIMIT_FSIZE then fails with EFBIG, which the program reports. The signal would end
 * the process, and with it the report.
 */
static int ignore_file_size_signal(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	return sigaction(SIGXFSZ, &ignore, NULL) < 0 ? -errno : 0;
}

/* The kernel checks the permission of the daemon, which has opened the file. */
static int enter_group(int cgroup)
{
	ssize_t n = write(cgroup, "0", 1); /* this process */

	return n < 0 || close(cgroup) < 0 ? -errno : 0;
}

static int wait_for_group(int connection)
{
	_Alignas(8) struct control_head head;
	ssize_t n = control_receive(connection, &head, sizeof(head), NULL, 0, NULL);

	if (n <= 0)
		return n < 0 ? (int)n : -ECONNRESET;
	return control_head_check(&head, (size_t)n) == CONTROL_PLACED ? 0 : -EBADMSG;
}

/* Before the region is touched, so that its pages count there. */
static int join_group(const struct session *session, const struct control_setup *setup, int cgroup)
{
	if (setup->cgroup == CGROUP_ENTER)
		return enter_group(cgroup);
	return setup->cgroup == CGROUP_WAIT ? wait_for_group(session->connection) : 0;
}

/*
 * Root makes the ring, so that what it pins leaves the client its RLIMIT_MEMLOCK; the daemon's
 * quota bounds it. The groups are the client's, because kernel.io_uring_group decides by them.
 */
static int make_ring(const struct control_setup *setup, const struct ring_setup *ring,
		     enum control_stage *stage, int *ret_fd)
{
	int r;

	*stage = STAGE_CREDENTIALS;
	r = identity_take_groups(setup->gid, control_setup_groups(setup), setup->n_groups);
	if (r < 0)
		return r;
	*stage = STAGE_RING;
	*ret_fd = ring_make(ring, NULL);
	return *ret_fd < 0 ? *ret_fd : 0;
}

static int become_client(const struct control_setup *setup, const struct ring_setup *ring,
			 enum control_stage *stage, int *ret_fd)
{
	int r;

	*stage = STAGE_LIMITS;
	r = identity_set_limits();
	if (r == 0)
		r = ignore_file_size_signal();
	if (r == 0)
		r = make_ring(setup, ring, stage, ret_fd);
	if (r < 0)
		return r;
	*stage = STAGE_CREDENTIALS;
	return identity_drop(setup->uid, setup->gid, control_setup_groups(setup), setup->n_groups);
}

/*
 * Returns the pages of code and constants to the kernel, most of which only the start needed. The
 * others come back by page faults.
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
	while (n-- > 0) { /* the first, which holds this table, goes last */
		uintptr_t start = (uintptr_t)base + segments[n].p_vaddr;
		uintptr_t end = (start + segments[n].p_memsz + mask) & ~mask;

		if (segments[n].p_type == PT_LOAD && !(segments[n].p_flags & PF_W))
			madvise((void *)(start & ~mask), end - (start & ~mask), MADV_DONTNEED);
	}
}

static int enter_sandbox(struct session *session, enum control_stage *stage)
{
	int notify_fd, r;

	*stage = STAGE_THREAD;
	notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (notify_fd < 0)
		return -errno;
	r = loop_thread_init(&session->loop, session->ring_fd, notify_fd);
	if (r < 0)
		return r;
	*stage = STAGE_SANDBOX;
	r = identity_close_limits();
	if (r < 0)
		return r;
	drop_startup_pages();
	return syscall_filter_install();
}

static int set_up(struct session *session, enum control_stage *stage)
{
	struct received_setup received;
	const struct control_setup *setup = (const struct control_setup *)received.message;
	struct ring_setup ring;
	int cgroup, files, r;

	*stage = STAGE_MESSAGE;
	r = receive_setup(session->connection, &received);
	if (r < 0)
		return r;
	describe_ring(&received, &ring, &session->lease, &cgroup, &files);
	*stage = STAGE_CGROUP;
	r = join_group(session, setup, cgroup);
	if (r < 0)
		return r;
	r = become_client(setup, &ring, stage, &session->ring_fd);
	/* Later connections show the client's uid, and this process, as their peer. */
	if (r == 0 && listen(CONTROL_LISTEN_FD, BACKLOG) < 0)
		r = -errno;
	if (r < 0)
		return r;
	*stage = STAGE_RECEIVE;
	r = receive_files(files, setup->slots_filled, &ring);
	if (r < 0)
		return r;
	*stage = STAGE_SANDBOX;
	r = reach_close(ring.opcodes);
	if (r == 0)
		r = ring_furnish(session->ring_fd, &ring, stage);
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

	/* Before a daemon is connected, nobody can receive a refusal. */
	if (take_control_socket() < 0 || close_others() < 0 ||
	    accept_first(&session.connection) < 0)
		return 1;
	r = set_up(&session, &stage);
	if (r < 0) {
		session_notify(&session, CONTROL_REFUSED, stage, -r);
		return 1;
	}
	session.state = CONTROL_READY;
	session_notify(&session, CONTROL_READY, 0, 0);
	session_run(&session);
}
