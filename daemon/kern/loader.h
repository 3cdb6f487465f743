/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loader.h - parses a program object in a process of its own, iouring-loader
 *
 * libbpf's parser is not made for hostile files: one that is damaged can crash it, and one that is
 * made for it might do more. The daemon does not run it. Each object has a process that lives for
 * this one task, in a sandbox (iouring-loader/confine.h): a crash there refuses the object.
 */
#ifndef KERN_LOADER_H
#define KERN_LOADER_H

#include <stddef.h>

struct note;

/* Limits of the process; the longest objects take a fraction of them in an emulated machine. */
#define LOADER_INSPECT_CPU_SECONDS 10u
#define LOADER_LOAD_CPU_SECONDS	   60u /* the verifier's time counts, too */
#define LOADER_INSPECT_DEADLINE_MS 30000u
#define LOADER_LOAD_DEADLINE_MS	   120000u

enum loader_task {
	LOADER_INSPECT, /* parses the object, without any privilege */
	LOADER_LOAD,	/* parses and loads it, with CAP_BPF and CAP_PERFMON */
};

/* What the process has sent, which is hostile: answer_read(). Free with loader_result_done(). */
struct loader_result {
	void *bytes;
	size_t size;
	int fd; /* that accompanied it; -1: none */
};

/*
 * Runs the program @path on the object and waits for its end, @deadline_ms at most. @name: the
 * object's, for the note; NULL while it is unknown. 0: the process has ended by itself.
 * FAULT_PROGRAM_REJECTED says how it failed: by a signal, a limit, the deadline, or too long an
 * answer. -errno: it could not be run. Slow.
 */
int loader_run(const char *path, enum loader_task task, const char *name, const void *image,
	       size_t size, unsigned int deadline_ms, struct note *note, struct loader_result *ret);
void loader_result_done(struct loader_result *result);

/* The argument that selects the task. */
static inline const char *loader_task_text(enum loader_task task)
{
	return task == LOADER_LOAD ? "load" : "inspect";
}

#endif
