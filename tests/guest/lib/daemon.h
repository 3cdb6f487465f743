/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * daemon.h - the real daemon, for tests in a guest, and files to give to rings
 */
#ifndef TESTS_GUEST_LIB_DAEMON_H
#define TESTS_GUEST_LIB_DAEMON_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <sys/types.h>
#include <cmocka.h>

#include "iouctl.h"

/* Milliseconds after which a condition is taken for one that never comes: the machine may be slow.
 */
#define PATIENCE_MS 300000

/* A cmocka group set-up: starts the daemon's socket. */
int daemon_start(void **state);

/* A connection, or the test fails. */
struct iouctl *daemon_connect(void);
/* Fails the test with the connection's message unless @r is @expected. */
#define assert_call(c, expected, r) check_call(c, expected, r, #r, __FILE__, __LINE__)
void check_call(struct iouctl *c, int expected, int r, const char *what, const char *file,
		int line);

/* A ring of a program with files in its slots; fails the test. */
struct iouctl_ring *make_ring(struct iouctl *c, const char *program, const char *parameters,
			      const struct iouctl_file *files, size_t n_files);
/* The same on a ring of this process. */
struct iouctl_ring *adopt_ring(struct iouctl *c, const char *program, const char *parameters,
			       const struct iouctl_file *files, size_t n_files);
/* A number out of DescribeRing's answer: "steps", "process", "generation". */
uint64_t ring_number(struct iouctl *c, const char *ring, const char *member);

/* Is @part in DescribeRing's answer? That there is no such ring says nothing. */
bool ring_says(struct iouctl *c, const char *ring, const char *part);
/* Wait until it is, or until the ring has taken another step; they fail the test. */
void await_word(struct iouctl *c, const char *ring, const char *part);
void await_steps(struct iouctl *c, const char *ring);

/* A nameless file on a real disk, with @size bytes that no two blocks have alike. */
int make_file(size_t size);
void assert_same_content(int a, int b, size_t size);

#endif
