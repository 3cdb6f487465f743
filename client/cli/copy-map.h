/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copy-map.h - the holes of a copy's source, for the loop programs copy and copy-paced */
#ifndef CLI_COPY_MAP_H
#define CLI_COPY_MAP_H

#include <stdint.h>

struct copy_params;
struct iouctl_ring;

/*
 * Finds the parts of the regular file @fd that have data, without reading them, and stores them in
 * the region of @ring, which is not started yet. Stores nothing if the file has no holes, if its
 * file system does not tell, or if the ring's parameters are not those of copy.
 */
void copy_map_write(struct iouctl_ring *ring, int fd);
/* The same for @params. */
void copy_map_fill(struct copy_params *params, int fd);
/*
 * After the copy: bytes of mapped holes that have data now. They were written meanwhile and were
 * not copied.
 */
uint64_t copy_map_filled_holes(const struct iouctl_ring *ring, int fd);

#endif
