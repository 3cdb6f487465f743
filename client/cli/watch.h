/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* watch.h - iouctl ring watch and iouctl monitor */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli.h"

int watch_ring(struct cli *cli);
int watch_all(struct cli *cli);

#endif
