/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads any bytes as a configuration file, and as the declaration of a ring.
 *
 * Input: the file; one that starts with 'R' is a declaration.
 */
#include "budget.h"
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "os/config.h"
#include "os/rings-d.h"

#define WORK_BASE     100000u
#define WORK_OF_BYTE  400u
#define BYTES_BASE    (4 << 20) /* a file of 1 MiB is read whole */
#define BYTES_OF_BYTE 1000

static char directory[32], file[64], drop_in[64];

static void remove_files(void)
{
	unlink(file);
	unlink(drop_in);
	rmdir(directory);
}

static void make_directory(void)
{
	if (directory[0])
		return;
	strcpy(directory, "/tmp/fuzz-config-XXXXXX");
	MUST(mkdtemp(directory));
	MUST(chmod(directory, 0755) == 0);
	snprintf(file, sizeof(file), "%s/a.json", directory);
	snprintf(drop_in, sizeof(drop_in), "%s/a.conf", directory);
	MUST(symlink(file, drop_in) == 0);
	atexit(remove_files);
}

static void put(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	MUST(fd >= 0 && fchmod(fd, 0644) == 0);
	MUST(write(fd, data, size) == (ssize_t)size);
}

/* The same bytes as a drop-in, and as an option of the command line. */
static void read_otherwise(const uint8_t *data, size_t size, bool good)
{
	_cleanup_free_ char *problem = NULL, *option = NULL,
			    *text = strndup((const char *)data, size);
	const struct config_key *key = config_keys;
	struct config config;

	MUST(text && config_init(&config) == 0);
	MUST((config_read_directory(&config, directory, &problem) == 0) == good);
	MUST(good || strstr(problem, drop_in));
	while (key->kind != CONFIG_PATH)
		key++;
	MUST((config_set_text(&config, key, text, &option) == 0) == (text[0] == '/'));
	config_done(&config);
}

/* What was read can be printed, and is the same when it is read again. */
static void read_config(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *problem = NULL, *printed = NULL, *again = NULL;
	struct config config, second;
	int r;

	MUST(config_init(&config) == 0);
	r = config_read_file(&config, file, &problem);
	MUST(r == 0 || (r < 0 && problem && strstr(problem, file)));
	read_otherwise(data, size, r == 0);
	MUST(config_print(&config, &printed) == 0);
	if (r == 0 && strlen(printed) < 4096) {
		put((const uint8_t *)printed, strlen(printed));
		MUST(config_init(&second) == 0);
		MUST(config_read_file(&second, file, &problem) == 0);
		MUST(config_print(&second, &again) == 0);
		MUST(strcmp(printed, again) == 0);
		config_done(&second);
	}
	config_done(&config);
}

static void read_ring(void)
{
	struct declarations rings = {};

	MUST(rings_d_read(directory, &rings) == 0);
	for (size_t i = 0; i < rings.n; i++) {
		const struct declaration *ring = &rings.items[i];

		if (ring->problem) {
			MUST(strstr(ring->problem, file));
			continue;
		}
		MUST(ring->name && ring->program && ring->user);
		MUST(ring->n_files <= 8);
		for (size_t n = 0; n < ring->n_files; n++)
			MUST(ring->files[n].slot && ring->files[n].path[0] == '/');
	}
	MUST(rings.n == 1);
	declarations_done(&rings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_ring = size > 0 && data[0] == 'R';

	make_directory();
	budget_begin();
	put(data + is_ring, size - is_ring);
	if (is_ring)
		read_ring();
	else
		read_config(data, size);
	budget_check(WORK_BASE + size * WORK_OF_BYTE, BYTES_BASE + (int64_t)size * BYTES_OF_BYTE);
	return 0;
}
