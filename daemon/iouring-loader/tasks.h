/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tasks.h - what a loader does with its object once it is confined */
#ifndef IOURING_LOADER_TASKS_H
#define IOURING_LOADER_TASKS_H

#include <stdio.h>

struct note;

/*
 * Each writes its answer to @to if it returns 0, and nothing otherwise: FAULT_PROGRAM_REJECTED, or
 * -errno if the environment failed.
 */
int task_inspect(int object, FILE *to, struct note *note);
/* *ret_program: the loaded program's descriptor. */
int task_load(int object, FILE *to, struct note *note, int *ret_program);

#endif
