/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create.h - iouctl ring create */
#ifndef CLI_CREATE_H
#define CLI_CREATE_H

#include "cli.h"

extern const struct option_spec create_options[];
int ring_create(struct cli *cli);

#endif
