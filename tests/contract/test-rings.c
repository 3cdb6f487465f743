/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-rings.c - rings that run, under the real port */
#include "tap.h"

#include "rules-ring.h"

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("rings that run", ring_rules, n_ring_rules, NULL, NULL);
}
