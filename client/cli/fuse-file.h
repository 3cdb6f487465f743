/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuse-file.h - what io_uring does wrong with files of FUSE file systems
 *
 * Two faults of the kernel concern files that the server opens with FOPEN_DIRECT_IO, so that the
 * page cache has no part in it (seen on Linux 7.3.4):
 *  - If the server returns less than a read asks for, io_uring goes on reading by itself, but from
 *    the offset of the first part. It does not go on if a registered file is non-blocking and was
 *    not so when it was registered: then the program gets the short read.
 *  - Nothing is read behind the size that the server has reported, unlike by read(). Servers whose
 *    files have no size before they are read report 0.
 */
#ifndef CLI_FUSE_FILE_H
#define CLI_FUSE_FILE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Makes the file non-blocking if it is a regular file of such a file system. Other files stay as
 * they are. To be called when the ring exists, before it is started. 0 or -errno
 */
int fuse_file_prepare(int fd);
/* Whether it is one, and has content at @offset although that is not less than its size. */
bool fuse_file_exceeds(int fd, uint64_t offset);

#endif
