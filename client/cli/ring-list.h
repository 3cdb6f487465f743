/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring-list.h - iouctl ring list and ring show */
#ifndef CLI_RING_LIST_H
#define CLI_RING_LIST_H

#include "cli.h"

extern const struct column ring_columns[];
int ring_list(struct cli *cli);
int ring_show(struct cli *cli);

#endif
