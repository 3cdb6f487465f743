/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* layout-describe.h - adds the descriptor's facts about fields to a layout */
#ifndef KERN_LAYOUT_DESCRIBE_H
#define KERN_LAYOUT_DESCRIBE_H

#include "layout/layout.h"

struct iourd_descriptor;
struct note;

/* Of the parameter struct's member @name. */
enum layout_access layout_describe_access(const struct iourd_descriptor *descriptor,
					  const char *name);

/*
 * Adds units, bounds, initial values and help texts to @layout, whose fields have types and access
 * already. FAULT_PROGRAM_REJECTED if the descriptor names a missing field or gives values that the
 * field's type cannot hold, or if data_fields are not unsigned settings.
 */
int layout_describe(const struct iourd_descriptor *descriptor, struct layout *layout,
		    struct note *note);

#endif
