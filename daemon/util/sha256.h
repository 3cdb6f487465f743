/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sha256.h - the digest that names a program's object file (FIPS 180-4) */
#ifndef DAEMON_UTIL_SHA256_H
#define DAEMON_UTIL_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE	 32u /* bytes */
#define SHA256_TEXT_SIZE 65u /* bytes: in hexadecimal, with a NUL */

/* In hexadecimal digits. */
void sha256_text(const uint8_t digest[SHA256_SIZE], char ret[SHA256_TEXT_SIZE]);
/* False: @text does not begin with SHA256_SIZE bytes in lower-case hexadecimal digits. */
bool sha256_of_text(const char *text, uint8_t ret[SHA256_SIZE]);
void sha256(const void *data, size_t size, uint8_t ret_digest[SHA256_SIZE]);

#endif
