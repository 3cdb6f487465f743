/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hold-regions.c - makes and destroys rings, and keeps their regions
 *
 * usage: hold-regions COUNT PARAMETERS
 *
 * Makes up to COUNT rings of the program copy, one after the other. It keeps a mapping and a
 * descriptor of each region, and prints "held N" and the reason if a ring is refused. Then it
 * follows the lines on its standard input, and answers each with a line:
 *
 *   refill N  writes to all of the first N regions' data areas
 *   make      makes one more ring, fills its data area, and keeps it
 *   destroy   destroys the last ring, and keeps its region
 *   free      gives up all regions
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iouctl.h"

#define COUNT_MAX 256 /* at the start; one more can be made */

struct held {
	struct iouctl_ring *ring;
	int fd;
};

static struct held held[COUNT_MAX + 1];
static size_t n_held;

static int open_region(struct iouctl *c, const struct iouctl_ring *ring, int *ret_fd)
{
	char parameters[128], *reply;
	size_t n_fds = 0;
	int *fds, r;

	snprintf(parameters, sizeof(parameters), "{\"ring\":\"%s\"}", iouctl_ring_name(ring));
	r = iouctl_call(c, "OpenRing", parameters, NULL, 0, &reply, &fds, &n_fds);
	if (r < 0)
		return r;
	if (n_fds > 0)
		*ret_fd = fds[0];
	free(fds);
	free(reply);
	return 0;
}

static void give_up(struct held *region)
{
	iouctl_ring_free(region->ring);
	if (region->fd >= 0)
		close(region->fd);
}

static int make(struct iouctl *c, const char *parameters, struct held *ret)
{
	struct iouctl_file files[] = {{"source", memfd_create("source", MFD_CLOEXEC)},
				      {"target", memfd_create("target", MFD_CLOEXEC)}};
	const struct iouctl_ring_options options = {
		.size = sizeof(options),
		.program = "copy",
		.files = files,
		.n_files = 2,
		.parameters = parameters,
	};
	struct held made = {.fd = -1};
	int r;

	r = iouctl_ring_create(c, &options, &made.ring);
	close(files[0].fd);
	close(files[1].fd);
	if (r < 0)
		return r;
	r = open_region(c, made.ring, &made.fd);
	if (r < 0) {
		give_up(&made);
		return r;
	}
	*ret = made;
	return 0;
}

static void fill(const struct held *region)
{
	size_t size;
	void *data = iouctl_ring_data(region->ring, &size);

	memset(data, 0xaa, size);
}

static void answer(struct iouctl *c, int r, const char *done)
{
	printf("%s\n", r == 0 ? done : iouctl_error_message(c));
}

static void follow(struct iouctl *c, const char *parameters, const char *line)
{
	size_t n;
	int r = 0;

	if (sscanf(line, "refill %zu", &n) == 1) {
		for (size_t i = 0; i < n && i < n_held; i++)
			fill(&held[i]);
		printf("refilled\n");
	} else if (strcmp(line, "make\n") == 0) {
		r = make(c, parameters, &held[n_held]);
		if (r == 0)
			fill(&held[n_held++]);
		answer(c, r, "made");
	} else if (strcmp(line, "destroy\n") == 0) {
		r = iouctl_ring_destroy(held[n_held - 1].ring);
		answer(c, r, "destroyed");
	} else {
		while (n_held > 0)
			give_up(&held[--n_held]);
		printf("freed\n");
	}
}

int main(int argc, char *argv[])
{
	struct iouctl *c = NULL;
	char line[80];
	size_t count;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: hold-regions COUNT PARAMETERS\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	count = strtoul(argv[1], NULL, 10);
	r = iouctl_connect(NULL, &c);
	while (r == 0 && n_held < count && n_held < COUNT_MAX) {
		r = make(c, argv[2], &held[n_held]);
		if (r == 0)
			r = iouctl_ring_destroy(held[n_held++].ring);
	}
	printf("held %zu %s\n", n_held, r < 0 ? c ? iouctl_error_message(c) : strerror(-r) : "");
	while (fgets(line, sizeof(line), stdin))
		follow(c, argv[2], line);
	follow(c, argv[2], "free");
	iouctl_free(c);
	return 0;
}
