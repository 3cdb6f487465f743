/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-fake.c - the shared rules on the fake port */
#include "tap.h"

#include "contract.h"

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("contract on the fake", contract_rules, contract_n_rules,
				       NULL, NULL);
}
