/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * region.h - the param region of a ring, a sealed memfd; the daemon maps its head and parameters
 *
 * The client and its host can write every byte. The daemon never reads back what it wrote, and
 * what it reads there is shown to people but decides nothing that affects others.
 */
#ifndef RING_REGION_H
#define RING_REGION_H

#include <stddef.h>
#include <stdint.h>

#include "iourd/abi.h"

/* Owned by its ring. */
struct region {
	int fd; /* -1: none */
	struct iourd_head *head;
	size_t mapped;	      /* bytes: up to the data area */
	uint64_t size;	      /* bytes */
	uint64_t data_offset; /* bytes */
	uint64_t data_size;   /* bytes */
	uint32_t event;	      /* the daemon's own count of head.life.event */
	uint64_t device;      /* st_dev and st_ino of the memfd */
	uint64_t inode;
};

#define REGION_NONE ((struct region){.fd = -1})

/* Bytes, rounded up to pages. */
uint64_t region_round(uint64_t size);
uint64_t region_size(uint32_t params_size, uint64_t data_size);

struct region_setup {
	const char *name;   /* of the ring */
	const void *params; /* initial content */
	uint32_t params_size;
	uint64_t data_size; /* a multiple of the page size */
	const struct iourd_slot *slots;
	uint32_t n_slots;
};

int region_new(const struct region_setup *setup, struct region *ret);

/* A region that an earlier daemon made, with its sizes from the ledger. */
struct region_found {
	int fd;
	uint64_t size;
	uint64_t data_size;
	uint32_t params_size;
};

/* Takes over @found's descriptor if it succeeds. -EPROTO: it differs from the ledger. */
int region_open(const struct region_found *found, struct region *ret);
/*
 * Gives the memory of the data area back to the system, also if others hold the region: they find
 * zeros. Head and parameters stay, for those that read how the ring ended. May take long. 0 or
 * -errno.
 */
int region_empty(const struct region *region);
/* Bytes that the region has in memory. */
uint64_t region_memory(const struct region *region);
void region_done(struct region *region);
/* The parameter struct, shared. */
void *region_params(const struct region *region);
/* Wakes a loop that waits for the doorbell, without ringing it: the loop takes a step. */
void region_wake_doorbell(const struct region *region);
/* Stores these for all that map the region, and wakes those that wait for a change. */
void region_publish(struct region *region, uint32_t state, int error, uint64_t generation,
		    uint64_t program_id);

#endif
