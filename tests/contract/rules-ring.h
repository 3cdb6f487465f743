/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules-ring.h - rules for running rings */
#ifndef TESTS_CONTRACT_RULES_RING_H
#define TESTS_CONTRACT_RULES_RING_H

#include "tap.h"

extern const struct CMUnitTest ring_rules[];
extern const size_t n_ring_rules;

#endif
