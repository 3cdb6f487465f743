/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout-input.h - the layout that an input of fuzz-layout describes
 */
#ifndef TESTS_FUZZ_LAYOUT_INPUT_H
#define TESTS_FUZZ_LAYOUT_INPUT_H

#include "layout/layout.h"

struct json_object;

/*
 * Fills a layout from {"size": N, "fields": [Field]}, Field as in the IDL. Nothing is checked: the
 * result may be any layout, and layout_check() decides whether it can be used. layout_done() frees
 * it.
 */
void layout_input(struct json_object *root, struct layout *ret);

#endif
