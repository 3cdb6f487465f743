/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules-next.h - rules for objects that outlive a daemon; rules.c lists them */
#ifndef TESTS_CONTRACT_RULES_NEXT_H
#define TESTS_CONTRACT_RULES_NEXT_H

void next_daemon_takes_up(void **state);
void next_daemons_read_what_was_written(void **state);
void what_is_not_there_cannot_be_taken_up(void **state);
void array_is_empty_at_first(void **state);
void program_has_an_image_or_an_id(void **state);
void journal_stays(void **state);

#endif
