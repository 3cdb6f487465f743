/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iouring-host/reach.h"

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>

#include "sandbox/landlock.h"

#define OP_BIND 56 /* IORING_OP_BIND, which the kernel headers of some build machines lack */

/* A socket that the client passes is the client's, and so is what the program connects it to. */
static bool takes_address(const uint64_t *opcodes)
{
	static const unsigned char taking[] = {
		IORING_OP_CONNECT, IORING_OP_SENDMSG,	 IORING_OP_SEND,
		IORING_OP_SEND_ZC, IORING_OP_SENDMSG_ZC, OP_BIND,
	};

	for (size_t i = 0; i < sizeof(taking); i++)
		if (opcodes[taking[i] / 64] & (1ull << taking[i] % 64))
			return true;
	return false;
}

int reach_close(const uint64_t *opcodes)
{
	const struct landlock_exceptions exceptions = {.addresses = takes_address(opcodes)};

	return landlock_enter(&exceptions);
}
