/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "app.h"

#define REGISTER_MEM_REGION 34u

#define PREPARED_JSON                                                                              \
	"{\"parameters\":{\"ring\":" RING_JSON ",\"regionFileDescriptor\":0,"                      \
	"\"leaseFileDescriptor\":1,\"slots\":[\"source\",\"target\"]}}"

static void answer_with(const struct answers *answers)
{
#define RETURN(errno_)	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (errno_))
#define IF_NOT(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		IF_NOT(SYS_io_uring_setup, 1),
		RETURN(answers->setup),
		IF_NOT(SYS_io_uring_enter, 1),
		RETURN(answers->enter),
		IF_NOT(SYS_io_uring_register, 13),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		IF_NOT(REGISTER_MEM_REGION, 1),
		RETURN(answers->region),
		IF_NOT(IORING_REGISTER_FILES, 1),
		RETURN(answers->files),
		IF_NOT(IORING_REGISTER_BUFFERS, 1),
		RETURN(answers->buffers),
		IF_NOT(IORING_REGISTER_RING_FDS, 1),
		RETURN(0),
		IF_NOT(IORING_UNREGISTER_RING_FDS, 1),
		RETURN(0),
		IF_NOT(IORING_REGISTER_ENABLE_RINGS, 1),
		RETURN(answers->enable),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		abort();
}

void make_fd_0(void)
{
	int fd = open("/dev/null", O_RDWR);

	assert_true(fd >= 0);
	if (fd == 0)
		return;
	assert_int_equal(dup2(fd, 0), 0);
	close(fd);
}

void app_init(struct app *app)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	make_fd_0(); /* otherwise the lease would get this number */
	*app = (struct app){.adopted = 1};
	app->lease = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(app->lease >= 0);
	assert_int_equal(bind(app->lease, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	app->region = make_good_region(100, 4096);
	app->size = lseek(app->region, 0, SEEK_END);
	app->head = mmap(NULL, app->size, PROT_READ | PROT_WRITE, MAP_SHARED, app->region, 0);
	assert_ptr_not_equal(app->head, MAP_FAILED);
	app->steps[app->n_steps++] = (struct step){
		.expect = "PrepareRing",
		.expect_fds = 2,
		.reply = PREPARED_JSON,
		.fds = {app->region, app->lease},
		.n_fds = 2,
	};
}

void expect(struct app *app, const char *method, const char *part, const char *reply)
{
	app->steps[app->n_steps++] =
		(struct step){.expect = method, .expect2 = part, .reply = reply};
}

void expect_adoption(struct app *app, uint32_t state, uint32_t work)
{
	expect(app, "AdoptRing", "\"ringDescriptor\":0", STATE_JSON("created"));
	app->head->life.state = state;
	app->head->progress.state = work;
}

static void *app_thread(void *arg)
{
	const struct iouctl_file files[] = {{"source", STDOUT_FILENO}, {"target", STDERR_FILENO}};
	const struct iouctl_ring_options options = {
		.size = sizeof(options), .program = "copy", .files = files, .n_files = 2};
	struct app *app = arg;

	answer_with(&app->answers);
	app->adopted = iouctl_ring_adopt(app->c, &options, &app->ring);
	if (app->adopted < 0)
		return NULL;
	if (app->no_daemon) {
		server_stop(app->server);
		app->server = NULL;
	}
	__atomic_store_n(&app->tid, gettid(), __ATOMIC_SEQ_CST);
	app->results[0] = iouctl_ring_run(app->ring);
	if (app->twice)
		app->results[1] = iouctl_ring_run(app->ring);
	return NULL;
}

void app_start(struct app *app)
{
	app->server = server_start(app->steps, app->n_steps);
	app->c = connect_to(app->server);
	assert_int_equal(pthread_create(&app->thread, NULL, app_thread, app), 0);
}

void app_join(struct app *app)
{
	assert_int_equal(pthread_join(app->thread, NULL), 0);
	if (app->server)
		server_stop(app->server);
}

void app_done(struct app *app)
{
	iouctl_ring_free(app->ring);
	iouctl_free(app->c);
	munmap(app->head, app->size);
	close(app->region);
	close(app->lease);
}

int app_run(struct app *app)
{
	app_start(app);
	app_join(app);
	assert_int_equal(app->adopted, 0);
	app_done(app);
	return app->results[0];
}
