/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * confine.h - the sandbox of a loader, which it enters before it touches the object
 *
 * It becomes the user "nobody" (if it is root), keeps no capability, or CAP_BPF and CAP_PERFMON to
 * load, gets limits for memory, processor time and descriptors, and a system call filter. A call
 * that the filter does not allow fails with EPERM: a newer libc or libbpf that tries one more call
 * goes on without it, where a signal would refuse every program.
 */
#ifndef IOURING_LOADER_CONFINE_H
#define IOURING_LOADER_CONFINE_H

#include "kern/loader.h"

/* 0 or -errno; then the process may be confined in part, and must not go on. */
int confine(enum loader_task task);

#endif
