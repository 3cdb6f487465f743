/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tap.h - cmocka with what it needs to be included first */
#ifndef TESTS_UNIT_KERN_TAP_H
#define TESTS_UNIT_KERN_TAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
