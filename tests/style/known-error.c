/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* known-error.c - not compiled: tests/style/analysis expects that each tool finds the error */
#include <stdlib.h>

int known_error(int number);

int known_error(int number)
{
	int *p = malloc(sizeof(*p));
	int *q = NULL;

	free(p);
	return number + *p + *q;
}
