/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/journal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kern/pins.h"
#include "util/log.h"
#include "common/cleanup.h"

static bool is_ours(int fd)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	return bpf_map_get_info_by_fd(fd, &info, &size) == 0 && info.type == BPF_MAP_TYPE_ARRAY &&
	       (info.map_flags & BPF_F_MMAPABLE) && info.value_size >= IOURD_JOURNAL_SIZE_MIN;
}

static int map_journal(int fd, struct iourd_journal **ret)
{
	void *journal =
		mmap(NULL, sizeof(struct iourd_journal), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (journal == MAP_FAILED)
		return -errno;
	*ret = journal;
	return 0;
}

static int make_pinned(const char *path, int *ret_fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);
	_cleanup_close_ int fd = -1;
	int r;

	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "iourd_journal", sizeof(uint32_t),
			    sizeof(struct iourd_journal), 1, &mapped);
	if (fd < 0)
		return fd;
	r = bpf_obj_pin(fd, path);
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int open_pinned(const char *path, struct iourd_journal **ret)
{
	_cleanup_close_ int fd = bpf_obj_get(path);
	int r;

	if (fd >= 0 && !is_ours(fd)) {
		log_warning("%s is not a journal of iouringd: event numbers restart", path);
		close(take_fd(&fd));
		if (unlink(path) < 0)
			return -errno;
	}
	if (fd < 0) {
		r = make_pinned(path, &fd);
		if (r < 0)
			return r;
	}
	return map_journal(fd, ret);
}

int journal_open(const char *directory, struct iourd_journal **ret, bool *ret_is_mapped)
{
	_cleanup_free_ char *path = NULL;
	struct iourd_journal *journal = NULL;
	bool mapped;

	if (asprintf(&path, "%s/" PIN_JOURNAL, directory) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	(void)open_pinned(path, &journal);
	mapped = journal != NULL;
	if (!mapped) {
		journal = calloc(1, sizeof(*journal));
		if (!journal)
			return -ENOMEM;
	}
	if (journal->magic != IOURD_JOURNAL_MAGIC)
		*journal = (struct iourd_journal){.magic = IOURD_JOURNAL_MAGIC, .version = 1};
	*ret = journal;
	*ret_is_mapped = mapped;
	return 0;
}

void journal_close(struct iourd_journal *journal, bool is_mapped)
{
	if (is_mapped)
		munmap(journal, sizeof(*journal));
	else
		free(journal);
}
