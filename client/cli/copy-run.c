/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "copy-map.h"
#include "copy-run.h"
#include "fuse-file.h"
#include "output.h"
#include "run.h"

static const struct run_file *find_source(const struct run *run)
{
	if (strcmp(run->program, "copy") != 0 && strcmp(run->program, "copy-paced") != 0)
		return NULL;
	return files_find(&run->files, "source");
}

int copy_run_prepare(struct run *run)
{
	const struct run_file *source = find_source(run);
	int r;

	if (!source)
		return 0;
	copy_map_write(run->ring, source->fd);
	r = fuse_file_prepare(source->fd);
	if (r == 0)
		return 0;
	output_error("cannot make %s non-blocking: %s", source->path, strerror(-r));
	return STATUS_FAILED;
}

int copy_run_check(struct run *run, const struct iouctl_progress *progress)
{
	const struct run_file *source = find_source(run);
	const struct run_file *target = files_find(&run->files, "target");
	char amount[OUTPUT_NUMBER_MAX];
	uint64_t filled;

	if (!source || !target)
		return STATUS_OK;
	filled = copy_map_filled_holes(run->ring, source->fd);
	if (filled)
		output_error("note: %s of %s were holes when the copy began, and have data now; "
			     "%s has holes there",
			     output_amount(amount, filled, "bytes"), source->path, target->path);
	if (!fuse_file_exceeds(source->fd, progress->done))
		return STATUS_OK;
	output_error("%s is incomplete: %s has content behind the %" PRIu64
		     " bytes of its size, which io_uring cannot read on a FUSE file system; use "
		     "another program to copy it",
		     target->path, source->path, progress->done);
	return STATUS_WORK_FAILED;
}
