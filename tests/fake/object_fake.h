/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* object_fake.h - reads fake objects for the fake kernel port (see kern_fake.h) */
#ifndef TESTS_FAKE_OBJECT_H
#define TESTS_FAKE_OBJECT_H

#include "fake/kern_fake.h"

/*
 * 0, FAULT_PROGRAM_REJECTED or -errno. Fills descriptor, layout, digest and id of @ret_info (whose
 * layout the caller owns), and @ret_object.
 */
int fake_object_read(int fd, struct note *note, struct kern_program_info *ret_info,
		     struct fake_object *ret_object);

#endif
