/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.h - the daemon's own record: a pinned map, mapped */
#ifndef KERN_JOURNAL_H
#define KERN_JOURNAL_H

#include <stdbool.h>

#include "kern/ledger.h"

/*
 * Opens the journal under @directory, or creates it if it is missing or not a journal. If BPF
 * cannot keep it, it is memory of this process (*ret_is_mapped false): without rings nothing needs
 * keeping.
 */
int journal_open(const char *directory, struct iourd_journal **ret, bool *ret_is_mapped);
void journal_close(struct iourd_journal *journal, bool is_mapped);

#endif
