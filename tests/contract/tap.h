/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tap.h - cmocka with the headers that must precede it */
#ifndef TESTS_CONTRACT_TAP_H
#define TESTS_CONTRACT_TAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
