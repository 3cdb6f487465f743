/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* case-many.c - 1, 100, 1,000 rings at once, and a daemon that dies under them */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "many.h"
#include "measure.h"
#include "objects.h"

#define SWAPS 50u

/* A line "NAME: N kB" of /proc/@pid/@file, in KiB. */
static uint64_t proc_kib(pid_t pid, const char *file, const char *name)
{
	char path[64], line[256], format[64];
	uint64_t value = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	snprintf(format, sizeof(format), "%s: %%" SCNu64 " kB", name);
	stream = fopen(path, "re");
	measure_check(stream ? 0 : -errno, path);
	while (fgets(line, sizeof(line), stream))
		if (sscanf(line, format, &value) == 1)
			break;
	fclose(stream);
	return value;
}

static struct json_object *call(struct iouctl *c, const char *method)
{
	struct json_object *reply;
	char *text;

	measure_check(iouctl_call(c, method, NULL, NULL, 0, &text, NULL, NULL),
		      iouctl_error_message(c));
	reply = json_tokener_parse(text);
	free(text);
	measure_check(reply ? 0 : -EPROTO, method);
	return reply;
}

/* KiB of a host but for its param region: that is its ring's, and as large as its program wants. */
static uint64_t host_pss(pid_t pid)
{
	char path[64], line[512];
	bool is_region = false;
	uint64_t pss = 0, n;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	stream = fopen(path, "re");
	measure_check(stream ? 0 : -errno, path);
	while (fgets(line, sizeof(line), stream)) {
		/* a mapping's first line begins with its address, the others with a name */
		if (!isupper((unsigned char)line[0]))
			is_region = strstr(line, "/memfd:iouringd:") != NULL;
		if (!is_region && sscanf(line, "Pss: %" SCNu64 " kB", &n) == 1)
			pss += n;
	}
	fclose(stream);
	return pss;
}

/* How many rings there are, and the mean PSS of their hosts if that is asked for. */
static size_t look_at_rings(struct iouctl *c, uint64_t *ret_pss)
{
	struct json_object *reply = call(c, "ListRings"), *rings, *process;
	uint64_t pss = 0;
	size_t n;

	json_object_object_get_ex(reply, "rings", &rings);
	n = json_object_array_length(rings);
	for (size_t i = 0; ret_pss && i < n; i++) {
		json_object_object_get_ex(json_object_array_get_idx(rings, i), "process", &process);
		pss += host_pss((pid_t)json_object_get_int64(process));
	}
	if (ret_pss)
		*ret_pss = n ? pss / n : 0;
	json_object_put(reply);
	return n;
}

static int make_file(void)
{
	static const char block[4096];
	int fd = memfd_create("chain", MFD_CLOEXEC);

	measure_check(fd < 0 || write(fd, block, sizeof(block)) != sizeof(block) ? -errno : 0,
		      "a file for chase");
	return fd;
}

static void create_all(struct iouctl *c, struct iouctl_ring **rings, size_t n)
{
	struct iouctl_file file = {.slot = "file", .fd = make_file()};
	const struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "chase",
		.files = &file,
		.n_files = 1,
	};

	for (size_t i = 0; i < n; i++) {
		measure_check(iouctl_ring_create(c, &options, &rings[i]), iouctl_error_message(c));
		measure_check(iouctl_ring_start(rings[i]), iouctl_error_message(c));
	}
	close(file.fd);
}

static void swap_some(struct iouctl *c, struct iouctl_ring *ring, uint64_t ret[2])
{
	uint64_t time[SWAPS];

	for (unsigned int i = 0; i < SWAPS; i++) {
		uint64_t begin = measure_now();

		measure_check(iouctl_ring_swap(ring, i % 2 ? "chase" : MANY_OTHER, 0, NULL),
			      iouctl_error_message(c));
		time[i] = measure_now() - begin;
	}
	ret[0] = measure_percentile(time, SWAPS, 50);
	ret[1] = measure_percentile(time, SWAPS, 99);
}

struct many_figures case_many(struct service *service, size_t n)
{
	struct iouctl_ring **rings = calloc(n, sizeof(*rings));
	struct many_figures f = {0};
	struct iouctl *c;
	uint64_t begin;

	measure_check(rings ? 0 : -ENOMEM, "rings");
	measure_check(iouctl_connect(NULL, &c), "connecting");
	load_renamed(c, IOURINGD_LIBEXECDIR "/programs/chase.bpf.o", MANY_OTHER);

	begin = measure_now();
	create_all(c, rings, n);
	f.create = (measure_now() - begin) / n;
	f.daemon_rss = proc_kib(service->pid, "status", "VmRSS");
	look_at_rings(c, &f.host_pss);
	swap_some(c, rings[n / 2], f.swap);

	service_kill(service);
	begin = measure_now();
	service_again(service);
	json_object_put(call(c, "GetStatus"));
	f.recovery = measure_now() - begin;
	f.recovered = look_at_rings(c, NULL);
	f.recovered_rss = proc_kib(service->pid, "status", "VmRSS");

	begin = measure_now();
	for (size_t i = 0; i < n; i++) {
		measure_check(iouctl_ring_destroy(rings[i]), iouctl_error_message(c));
		iouctl_ring_free(rings[i]);
	}
	f.destroy = (measure_now() - begin) / n;
	iouctl_free(c);
	free(rings);
	return f;
}
