/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port-linux.h - the real port for tests, and where its objects are installed */
#ifndef TESTS_CONTRACT_PORT_LINUX_H
#define TESTS_CONTRACT_PORT_LINUX_H

#include "kern/kern.h"

#define TEST_PIN_DIRECTORY "/sys/fs/bpf/iouringd-test"

/* A file's content; the caller frees. */
void *read_object(const char *path, size_t *ret_size);
/* A memfd that holds @size bytes; the caller closes. */
int make_object(const void *bytes, size_t size);

#endif
