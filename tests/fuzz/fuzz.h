/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz.h - the interface of the fuzzers
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Called once for each input, by libFuzzer or by driver.c. Aborts if a check fails. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts the run if @what does not hold. */
#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what))                                                                       \
			fuzz_fail(#what, __FILE__, __LINE__);                                      \
	} while (0)

_Noreturn void fuzz_fail(const char *what, const char *file, int line);

#endif
