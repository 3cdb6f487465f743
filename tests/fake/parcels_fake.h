/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parcels_fake.h - clients' descriptors, held by the test itself */
#ifndef TESTS_FAKE_PARCELS_H
#define TESTS_FAKE_PARCELS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/parcel.h"

struct parcels_fake {
	struct parcels port;
	struct list waiting; /* receipts and copies, in order */
	size_t n_parcels;
	bool held;  /* set by the test: nothing arrives */
	bool stuck; /* set by the test: receive() refuses */
};

void parcels_fake_init(struct parcels_fake *fake);
/* Asserts that no parcel is left. */
void parcels_fake_done(struct parcels_fake *fake);
/* One thing arrives. False: nothing is awaited, or it is held. */
bool parcels_fake_step(struct parcels_fake *fake);
/* What is awaited fails, as if the process that does it had ended. */
void parcels_fake_lose(struct parcels_fake *fake);

#endif
