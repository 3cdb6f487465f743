/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-kern.c - what only the real port can show: what it leaves, what it costs */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#include "contract.h"
#include "kern/kernel-btf.h"
#include "kernel-objects.h"
#include "port-linux.h"
#include "ring-process.h"
#include "tally.h"

#define CYCLES 20

static struct tally_params *params_of(const struct ring_process *process)
{
	return (struct tally_params *)(process->region + 1);
}

static void set_params(struct ring_process *process, uint64_t operations)
{
	params_of(process)->depth = 8;
	params_of(process)->operations = operations;
	params_of(process)->answer = -1;
}

static uint64_t thread_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* ---- what is left ---- */

static void one_life(struct kern *kern, unsigned int n)
{
	struct kern_program *program = contract_load(kern, n % 2 ? CONTRACT_A : CONTRACT_B);
	struct ring_process_result result;
	struct kern_dispatcher *dispatcher;
	struct ring_process process;

	ring_process_start(64, 128, &process);
	set_params(&process, 100);
	assert_int_equal(kern->ops->dispatcher_new(kern, "life", &dispatcher), 0);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, process.pidfd, process.ring_fd),
			 0);
	assert_int_equal(kern->ops->dispatcher_set(dispatcher, program), 0);
	ring_process_enable(&process);
	ring_process_enter(&process);
	ring_process_wait(&process, &result);
	assert_int_equal(result.result, 0);
	ring_process_end(&process);
	kern->ops->dispatcher_free(dispatcher);
	kern->ops->program_free(program);
}

static void nothing_is_left(void **state)
{
	struct kernel_objects before;
	struct kern *kern;

	/* once before counting: what libbpf and the C library keep for good */
	contract_port.kern_new(&kern);
	one_life(kern, 0);
	kern->ops->free(kern);
	kernel_objects_count(&before);

	contract_port.kern_new(&kern);
	for (unsigned int i = 0; i < CYCLES; i++)
		one_life(kern, i);
	assert_int_equal(contract_count_pins(kern), 0);
	kern->ops->free(kern);
	kernel_objects_assert_back(&before);
}

static void refusals_leave_nothing(void **state)
{
	struct kernel_objects before;
	struct kern_dispatcher *dispatcher;
	struct kern_program *program;
	struct note note = {};
	struct kern *kern;
	void *bytes;
	size_t size;
	int fd;

	contract_port.kern_new(&kern);
	bytes = read_object(TEST_OBJECTS "/careless.bpf.o", &size);
	fd = make_object(bytes, size);
	free(bytes);
	kernel_objects_count(&before);
	for (unsigned int i = 0; i < CYCLES; i++) {
		assert_int_equal(kern->ops->program_open(kern, fd, NULL, &program), 0);
		assert_int_equal(kern->ops->program_load(program, &note), FAULT_PROGRAM_REJECTED);
		note_done(&note);
		kern->ops->program_free(program);
		assert_int_equal(kern->ops->dispatcher_new(kern, "bad/name", &dispatcher), -EINVAL);
		assert_int_equal(kern->ops->dispatcher_new(kern, "..", &dispatcher), -EINVAL);
		assert_int_equal(kern->ops->dispatcher_new(kern, "", &dispatcher), -EINVAL);
	}
	kernel_objects_assert_back(&before);
	close(fd);
	kern->ops->free(kern);
}

/* A dispatcher that cannot be made for want of descriptors takes back what it made of it. */
static void half_made_dispatchers_are_unwound(void **state)
{
	struct rlimit old, tight;
	struct kernel_objects before;
	struct kern_dispatcher *dispatcher;
	unsigned int failures = 0;
	struct kern *kern;
	int r, lowest;

	contract_port.kern_new(&kern);
	kernel_objects_count(&before);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	lowest = dup(0);
	close(lowest);
	for (unsigned int room = 0; room < 8; room++) {
		tight = (struct rlimit){.rlim_cur = (rlim_t)lowest + room,
					.rlim_max = old.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
		r = kern->ops->dispatcher_new(kern, "tight", &dispatcher);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		if (r == 0)
			kern->ops->dispatcher_free(dispatcher);
		else
			failures++;
		assert_int_equal(contract_count_pins(kern), 0);
	}
	assert_true(failures >= 3 && failures < 8);
	kernel_objects_assert_back(&before);
	kern->ops->free(kern);
}

/* ---- pins ---- */

static void pins_are_root_s_alone(void **state)
{
	static const char *const names[] = {"array", "state", "dispatcher", "link"};
	struct kern_dispatcher *dispatcher;
	struct ring_process process;
	struct stat status;
	struct kern *kern;
	char path[256];

	contract_port.kern_new(&kern);
	ring_process_start(8, 16, &process);
	assert_int_equal(kern->ops->dispatcher_new(kern, "mine", &dispatcher), 0);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, process.pidfd, process.ring_fd),
			 0);
	assert_int_equal(stat(TEST_PIN_DIRECTORY "/mine", &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(status.st_uid, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), TEST_PIN_DIRECTORY "/mine/%s", names[i]);
		assert_int_equal(stat(path, &status), 0);
	}
	ring_process_end(&process);
	kern->ops->dispatcher_free(dispatcher);
	assert_int_equal(stat(TEST_PIN_DIRECTORY "/mine", &status), -1);
	kern->ops->free(kern);
}

/* In a child that is then killed, as a daemon can be. */
__attribute__((noreturn)) static void make_pins_and_wait(const struct ring_process *process,
							 int ready)
{
	struct kern_dispatcher *dispatcher;
	struct kern_program *program;
	struct kern *kern;

	contract_port.kern_new(&kern);
	program = contract_load(kern, CONTRACT_A);
	assert_int_equal(kern->ops->dispatcher_new(kern, "orphan", &dispatcher), 0);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, process->pidfd, process->ring_fd),
			 0);
	assert_int_equal(kern->ops->dispatcher_set(dispatcher, program), 0);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void killed_daemon_stops_no_ring(void **state)
{
	struct ring_process_result result;
	struct ring_process process;
	int ready[2], status;
	struct kern *kern;
	char **names, byte;
	size_t n;
	pid_t pid;

	ring_process_start(64, 128, &process);
	set_params(&process, 5000);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		make_pins_and_wait(&process, ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);

	/* the daemon is gone with all its descriptors, the ring runs */
	ring_process_enable(&process);
	ring_process_enter(&process);
	ring_process_wait(&process, &result);
	assert_int_equal(result.result, 0);
	assert_true(params_of(&process)->completed == 5000);
	ring_process_end(&process);

	/* a later one finds what is left, and removes it */
	contract_port.kern_new(&kern);
	assert_int_equal(kern->ops->pins_list(kern, &names, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(names[0], "orphan");
	assert_int_equal(kern->ops->pins_remove(kern, names[0]), 0);
	assert_int_equal(kern->ops->pins_remove(kern, names[0]), -ENOENT);
	assert_int_equal(contract_count_pins(kern), 0);
	free(names[0]);
	free(names);
	kern->ops->free(kern);
}

/* ---- privilege ---- */

static int use_as_nobody(const char *path)
{
	struct kern_dispatcher *dispatcher;
	struct kern_program *program;
	struct note note = {};
	struct kern *kern;
	int fd = contract_port.object(CONTRACT_A);

	if (setresuid(65534, 65534, 65534) < 0)
		return 1;
	if (kern_linux_new(path, TEST_LOADER, NULL, TEST_PIN_DIRECTORY, &kern) != 0)
		return 2;
	if (kern->ops->dispatcher_new(kern, "nobody", &dispatcher) != -EOPNOTSUPP)
		return 3;
	if (kern->ops->program_open(kern, fd, &note, &program) != 0)
		return 4;
	if (kern->ops->program_load(program, &note) != FAULT_KERNEL_LACKS)
		return 5;
	if (!note.texts[0] || !note.texts[1])
		return 6;
	note_done(&note);
	kern->ops->program_free(program);
	kern->ops->free(kern);
	return 0;
}

static void without_privilege_it_says_what_is_missing(void **state)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(use_as_nobody(TEST_DISPATCHER));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void wrong_dispatchers_are_refused(void **state)
{
	struct kern *kern;

	assert_int_equal(
		kern_linux_new("/nonexistent", TEST_LOADER, NULL, TEST_PIN_DIRECTORY, &kern),
		-ENOENT);
	assert_int_equal(
		kern_linux_new("/etc/passwd", TEST_LOADER, NULL, TEST_PIN_DIRECTORY, &kern),
		-ENOEXEC);
	assert_int_equal(kern_linux_new(TEST_OBJECTS "/tally-a.bpf.o", TEST_LOADER, NULL,
					TEST_PIN_DIRECTORY, &kern),
			 -ENOEXEC);
}

static void the_kernels_types_are_as_libbpf_reads_them(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct kernel_btf facts;

	assert_non_null(btf);
	kernel_btf_read(&facts);
	assert_int_equal(facts.error, 0);
	assert_true(facts.ops && facts.submit_sqes && facts.get_region);
	assert_int_equal(facts.ops_id,
			 btf__find_by_name_kind(btf, "io_uring_bpf_ops", BTF_KIND_STRUCT));
	assert_int_equal(
		facts.value_id,
		btf__find_by_name_kind(btf, "bpf_struct_ops_io_uring_bpf_ops", BTF_KIND_STRUCT));
	assert_int_equal(facts.get_region_id,
			 btf__find_by_name_kind(btf, "bpf_io_uring_get_region", BTF_KIND_FUNC));
	btf__free(btf);
}

/* ---- the programs that come with the daemon ---- */

static void load_file(struct kern *kern, const char *path)
{
	struct kern_program *program;
	struct note note = {};
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	assert_true(fd >= 0);
	r = kern->ops->program_open(kern, fd, &note, &program);
	close(fd);
	if (r != 0)
		fail_msg("%s: %d %s", path, r, note.texts[1]);
	r = kern->ops->program_load(program, &note);
	if (r != 0)
		fail_msg("%s: %d %s\n%s", path, r, note.texts[1], note.texts[2]);
	/* loading what is loaded does nothing */
	assert_int_equal(kern->ops->program_load(program, &note), 0);
	kern->ops->program_free(program);
}

static void shipped_programs_load(void **state)
{
	struct dirent *entry;
	struct kern *kern;
	unsigned int n = 0;
	char path[512];
	DIR *directory;

	contract_port.kern_new(&kern);
	directory = opendir(TEST_PROGRAMS);
	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		if (!strstr(entry->d_name, ".bpf.o"))
			continue;
		snprintf(path, sizeof(path), TEST_PROGRAMS "/%s", entry->d_name);
		load_file(kern, path);
		n++;
	}
	closedir(directory);
	assert_true(n >= 4);
	kern->ops->free(kern);
}

/* ---- cost ---- */

/* What libbpf takes to read the kernel's types is a measure of this machine. */
static uint64_t types_time_ns(void)
{
	uint64_t start = thread_time_ns();
	struct btf *btf = btf__load_vmlinux_btf();

	assert_non_null(btf);
	btf__free(btf);
	return thread_time_ns() - start;
}

static void kernel_types_are_read_once(void **state)
{
	struct kern_dispatcher *dispatchers[10];
	uint64_t start, first, ring, types = types_time_ns();
	struct kern *kern;
	char name[16];

	start = thread_time_ns();
	contract_port.kern_new(&kern);
	first = thread_time_ns() - start;
	start = thread_time_ns();
	for (unsigned int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "cost-%u", i);
		assert_int_equal(kern->ops->dispatcher_new(kern, name, &dispatchers[i]), 0);
	}
	ring = (thread_time_ns() - start) / 10;
	print_message(
		"# libbpf's types: %llu us; the port: %llu us; a ring's dispatcher: %llu us\n",
		(unsigned long long)(types / 1000), (unsigned long long)(first / 1000),
		(unsigned long long)(ring / 1000));
	assert_true(first < types);
	assert_true(ring * 4 < types);
	for (unsigned int i = 0; i < 10; i++)
		kern->ops->dispatcher_free(dispatchers[i]);
	kern->ops->free(kern);
}

/* Replaces the pinned record of @name by one of @size bytes, with a ledger's magic in it. */
static void pin_record(const char *name, uint32_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	struct iourd_record *record = calloc(1, size + sizeof(*record));
	uint32_t slot = 0;
	char path[128];
	int fd;

	assert_non_null(record);
	record->ledger.magic = IOURD_LEDGER_MAGIC;
	record->ledger.generation = 5;
	record->ledger.committed = 1;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "record", sizeof(slot), size, 1, &options);
	assert_true(fd >= 0);
	assert_int_equal(bpf_map_update_elem(fd, &slot, record, BPF_ANY), 0);
	snprintf(path, sizeof(path), TEST_PIN_DIRECTORY "/%s/state", name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bpf_obj_pin(fd, path), 0);
	close(fd);
	free(record);
}

/* The ledger has grown since, and will: what is not there counts as zero, and is kept once written.
 */
static void records_of_other_versions(void **state)
{
	static const uint32_t sizes[] = {IOURD_RECORD_SIZE_MIN, sizeof(struct iourd_record) + 64};
	struct kern_dispatcher *dispatcher, *again = NULL;
	struct contract_ring ring;
	struct kern_pins pins;
	struct kern *kern;
	void *made;

	contract_setup(&made);
	kern = made;
	contract_port.ring_start(&ring);
	assert_int_equal(kern->ops->dispatcher_new(kern, "other", &dispatcher), 0);
	assert_int_equal(kern->ops->dispatcher_attach(dispatcher, ring.pidfd, ring.ring_fd), 0);
	for (size_t i = 0; i < 2; i++) {
		pin_record("other", sizes[i]);
		assert_int_equal(kern->ops->pins_inspect(kern, "other", &pins), 0);
		assert_true(pins.has_ledger);
		assert_int_equal(pins.ledger.generation, 5);
		assert_int_equal(pins.ledger.declared_digest[31], 0);
		for (int round = 0; round < 2; round++) {
			assert_int_equal(kern->ops->dispatcher_open(kern, "other", &again), 0);
			assert_int_equal(kern->ops->dispatcher_ledger(again)->declared_digest[31],
					 round);
			kern->ops->dispatcher_ledger(again)->declared_digest[31] = 1;
			if (round == 0) /* one that goes on holds the memory */
				kern->ops->dispatcher_release(again);
		}
		kern->ops->dispatcher_release(again);
	}
	/* of before there was a ledger */
	pin_record("other", sizeof(struct iourd_dispatch));
	assert_int_equal(kern->ops->pins_inspect(kern, "other", &pins), 0);
	assert_true(pins.state);
	assert_false(pins.has_ledger);
	assert_int_equal(kern->ops->dispatcher_open(kern, "other", &again), -EPROTO);
	contract_port.ring_end(&ring);
	kern->ops->dispatcher_free(dispatcher);
	contract_teardown(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(refusals_leave_nothing),
		cmocka_unit_test(half_made_dispatchers_are_unwound),
		cmocka_unit_test(pins_are_root_s_alone),
		cmocka_unit_test(killed_daemon_stops_no_ring),
		cmocka_unit_test(records_of_other_versions),
		cmocka_unit_test(without_privilege_it_says_what_is_missing),
		cmocka_unit_test(wrong_dispatchers_are_refused),
		cmocka_unit_test(the_kernels_types_are_as_libbpf_reads_them),
		cmocka_unit_test(shipped_programs_load),
		cmocka_unit_test(kernel_types_are_read_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("the kernel port", tests, NULL, NULL);
}
