/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sha256.h - the digest that names a program's object file (FIPS 180-4) */
#ifndef DAEMON_UTIL_SHA256_H
#define DAEMON_UTIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32u /* bytes */

void sha256(const void *data, size_t size, uint8_t ret_digest[SHA256_SIZE]);

#endif
