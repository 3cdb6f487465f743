/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seeds.h - the parts of make-seeds */
#ifndef TESTS_FUZZ_SEEDS_H
#define TESTS_FUZZ_SEEDS_H

#include <stdbool.h>
#include <stdio.h>

#include "wire/schema.h"

/* A seed of that name; both exit if the disk does not allow it. */
FILE *seed_open(const char *name);
void seed_close(FILE *file);
/* An object of @type, as JSON; with all @optional fields or none. Adds to *n_fds. */
void seed_object(const struct schema_type *type, bool optional, unsigned int *n_fds, FILE *to);

void seeds_of_api(void);
void seeds_of_lib(void);
void seeds_of_control(void);
void seeds_of_object(void);
void seeds_of_region(void);
void seeds_of_takeover(void);

#endif
