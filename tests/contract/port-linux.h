/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port-linux.h - the real port for tests, and the paths of its objects */
#ifndef TESTS_CONTRACT_PORT_LINUX_H
#define TESTS_CONTRACT_PORT_LINUX_H

#include "kern/kern.h"

#define TEST_PIN_DIRECTORY "/sys/fs/bpf/iouringd-test"

/* The content of a file; the caller frees. */
void *read_object(const char *path, size_t *ret_size);
/* A memfd with these @size bytes; the caller closes. */
int make_object(const void *bytes, size_t size);

#endif
