/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * interrupt.h - SIGINT, SIGTERM and SIGHUP
 *
 * An interrupt ends the process at once, unless interrupts are deferred: then it is counted.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* Installs the handlers, without SA_RESTART, so that a signal interrupts a wait. */
void interrupt_catch(void);
/* When they are no longer deferred, and one was counted, the process ends. */
void interrupt_defer(bool defer);
/* The number of interrupts that were counted. */
int interrupt_count(void);
/*
 * The file that an interrupt removes when it ends the process: @name, borrowed, in @directory, as
 * for unlinkat(). NULL: none. Only while interrupts are deferred.
 */
void interrupt_set_file(int directory, const char *name);

#endif
