/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring-probe.h - probes the features of io_uring by trying them */
#ifndef KERN_RING_PROBE_H
#define KERN_RING_PROBE_H

/* Each is 0 if it works, else -errno. */
struct ring_probe {
	int plain; /* any ring at all */
	int defer_taskrun;
	int no_sqarray;
	int sq_rewind;
	int mem_region;
	int restrictions;
	int futex;
};

void ring_probe(struct ring_probe *ret);

#endif
