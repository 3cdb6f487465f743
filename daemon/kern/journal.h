/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.h - what the daemon writes down of itself: a pinned map, mapped */
#ifndef KERN_JOURNAL_H
#define KERN_JOURNAL_H

#include <stdbool.h>

#include "kern/ledger.h"

/*
 * The journal under @directory, made if it is not there or not of ours. Where BPF cannot keep it:
 * of this process's memory (*ret_is_mapped false), because without rings there is nothing to keep.
 */
int journal_open(const char *directory, struct iourd_journal **ret, bool *ret_is_mapped);
void journal_close(struct iourd_journal *journal, bool is_mapped);

#endif
