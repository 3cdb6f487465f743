/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench: what a step, a hop, a ring and a swap cost
 *
 * Prints figures with the goal beside them; never fails on one. Costs per operation are slopes: two
 * runs of different length, so that starting and waiting cancel out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cases.h"
#include "loops.h"
#include "many.h"
#include "measure.h"
#include "service.h"

static void heading(const char *text)
{
	printf("\n%s\n", text);
}

static const char *verdict(double figure, double goal)
{
	return figure <= goal ? "reached" : "not reached";
}

static void nop_rows(struct iouctl *c, const struct bench_paths *paths)
{
	static const struct {
		unsigned int depth;
		double goal;
	} rows[] = {{1, 0.71}, {8, 0.90}, {32, 0.95}};

	heading("NOP, instructions per operation (restricted: attached directly, but with the\n"
		"restrictions on opcodes and files that a host registers)");
	printf("%6s %9s %9s %11s %9s %21s %18s %22s\n", "depth", "daemon", "direct", "restricted",
	       "user", "daemon/direct (goal)", "daemon/restricted", "daemon/user (goal)");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double daemon = case_nop_daemon(c, rows[i].depth);
		double direct = case_nop_direct(paths->nop_object, false, rows[i].depth);
		double restricted = case_nop_direct(paths->nop_object, true, rows[i].depth);
		double user = case_nop_user(rows[i].depth);

		printf("%6u %9.1f %9.1f %11.1f %9.1f %14.3f (1.05) %18.3f %15.3f (%.2f) %s, %s\n",
		       rows[i].depth, daemon, direct, restricted, user, daemon / direct,
		       daemon / restricted, daemon / user, rows[i].goal,
		       verdict(daemon / direct, 1.05), verdict(daemon / user, rows[i].goal));
		fflush(stdout);
	}
}

static void stopped_rows(struct iouctl *c, pid_t daemon)
{
	static const unsigned int depths[] = {1, 8, 32};

	heading("NOP, instructions per operation, with the daemon and with the daemon stopped "
		"(SIGSTOP)");
	printf("%6s %9s %9s %9s %9s %9s %9s %16s\n", "depth", "hosted", "stopped", "ratio",
	       "adopted", "stopped", "ratio", "adopted/hosted");
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		double hosted = case_nop_hosted(c, 0, depths[i]);
		double alone = case_nop_hosted(c, daemon, depths[i]);
		double adopted = case_nop_adopted(c, 0, depths[i]);
		double adopted_alone = case_nop_adopted(c, daemon, depths[i]);

		printf("%6u %9.1f %9.1f %9.3f %9.1f %9.1f %9.3f %16.3f\n", depths[i], hosted, alone,
		       alone / hosted, adopted, adopted_alone, adopted_alone / adopted,
		       adopted / hosted);
		fflush(stdout);
	}
}

static void chase_rows(struct iouctl *c, const struct bench_paths *paths)
{
	static const unsigned int blocks[] = {4096, 512};

	heading("chase, instructions per hop (page cache, 1,000 hops, one in flight); liburing: as "
		"one\n"
		"writes it; fixed+fixed: the same with fixed file, fixed buffer and registered "
		"ring");
	printf("%6s %9s %9s %13s %9s %27s %24s\n", "block", "daemon", "liburing", "fixed+fixed",
	       "pread", "daemon/liburing (goal)", "daemon/fixed+fixed");
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct chase_figures f = case_chase(c, paths->directory, blocks[i]);

		printf("%6u %9.1f %9.1f %13.1f %9.1f %20.3f %6s %24.3f %s\n", blocks[i], f.daemon,
		       f.plain, f.fixed, f.pread, f.daemon / f.plain,
		       blocks[i] == 4096 ? "(0.60)" : "", f.daemon / f.fixed,
		       blocks[i] == 4096 ? verdict(f.daemon / f.plain, 0.60) : "");
		fflush(stdout);
	}
}

static void create_rows(struct iouctl *c, pid_t daemon)
{
	struct create_figures f = case_create(c, daemon);

	heading("ring creation, million instructions, 100 rings (program loaded)");
	printf("%22s %10s %10s\n", "", "p50", "p99");
	printf("%22s %10.2f %10.2f  (goal 10) %s\n", "in the daemon", (double)f.daemon[0] / 1e6,
	       (double)f.daemon[1] / 1e6, verdict((double)f.daemon[1] / 1e6, 10));
	printf("%22s %10.2f %10.2f\n", "in the host", (double)f.host[0] / 1e6,
	       (double)f.host[1] / 1e6);
	printf("%22s %10.2f %10.2f\n", "until the answer", (double)f.answer[0] / 1e6,
	       (double)f.answer[1] / 1e6);
	printf("%22s %10.2f %10.2f\n", "destroying, daemon", (double)f.destroy[0] / 1e6,
	       (double)f.destroy[1] / 1e6);
	printf("%22s %10.2f %10.2f\n", "adopted: until there", (double)f.adopted[0] / 1e6,
	       (double)f.adopted[1] / 1e6);
	fflush(stdout);
}

static void swap_rows(struct iouctl *c, const struct bench_paths *paths)
{
	struct swap_figures f = case_swap(c, paths->nop_object);

	heading("swap of a running ring, 100 swaps");
	printf("%22s %10.2f %10.2f\n", "ms p50, p99", (double)f.time[0] / 1e6,
	       (double)f.time[1] / 1e6);
	printf("%22s %10" PRIu64 "\n", "steps meanwhile", f.steps);
	printf("%22s %10" PRIu64 "\n", "swaps that stopped it", f.stopped);
	fflush(stdout);
}

static void many_rows(struct service *service)
{
	static const size_t numbers[] = {1, 100, 1000};

	heading("many idle hosted rings at once, then kill -9 of the daemon; ms, KiB");
	printf("%6s %9s %11s %9s %9s %9s %10s %9s %11s %9s\n", "rings", "creation", "daemon RSS",
	       "host PSS", "swap p50", "swap p99", "recovery", "rings", "daemon RSS", "destroy");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct many_figures f = case_many(service, numbers[i]);

		printf("%6zu %9.2f %11" PRIu64 " %9" PRIu64 " %9.2f %9.2f %10.2f %9zu %11" PRIu64
		       " %9.2f  (PSS goal 300) %s\n",
		       numbers[i], (double)f.create / 1e6, f.daemon_rss, f.host_pss,
		       (double)f.swap[0] / 1e6, (double)f.swap[1] / 1e6, (double)f.recovery / 1e6,
		       f.recovered, f.recovered_rss, (double)f.destroy / 1e6,
		       verdict((double)f.host_pss, 300));
		fflush(stdout);
	}
}

/* A daemon of 1,000 rings has some thousand descriptors, as its unit allows; the bench some, too.
 */
static void raise_file_limit(void)
{
	const struct rlimit limit = {.rlim_cur = 65536, .rlim_max = 65536};

	measure_check(setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0, "RLIMIT_NOFILE");
}

/* The default is for a user who shares the machine with others. */
static void allow_many(void)
{
	static const char directory[] = "/etc/iouringd/iouringd.conf.d";
	FILE *file;

	mkdir("/etc/iouringd", 0755);
	mkdir(directory, 0755);
	file = fopen("/etc/iouringd/iouringd.conf.d/90-bench.conf", "we");
	measure_check(file ? 0 : -errno, directory);
	fprintf(file, "{ \"ringsPerUser\": 2000, \"regionBytesPerUser\": 4294967296, "
		      "\"submissionEntriesPerUser\": 1048576 }\n");
	fclose(file);
}

int main(int argc, char **argv)
{
	struct bench_paths paths = {
		.daemon = argc > 1 ? argv[1] : IOURINGD_LIBEXECDIR "/iouringd",
		.nop_object = IOURINGD_LIBEXECDIR "/programs/nop.bpf.o",
		.directory = argc > 2 ? argv[2] : "/var/scratch",
	};
	struct iouctl *c;
	struct service service;

	if (geteuid() != 0) {
		fprintf(stderr, "bench: needs root: it loads BPF programs\n");
		return 1;
	}
	if (access(paths.directory, W_OK) < 0)
		paths.directory = "/tmp";
	raise_file_limit();
	allow_many();
	service_start(&service, paths.daemon);
	measure_check(iouctl_connect(NULL, &c), "connecting");
	case_settle();
	nop_rows(c, &paths);
	stopped_rows(c, service.pid);
	chase_rows(c, &paths);
	create_rows(c, service.pid);
	swap_rows(c, &paths);
	iouctl_free(c);
	many_rows(&service);
	service_stop(&service);
	return 0;
}
