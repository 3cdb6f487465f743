/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manager-texts.c - the names of numbers in the param region and of the kernel
 */
#include <string.h>

#include "iourd/abi.h"
#include "wire/tables.h"

const char *const manager_units[] = {
	[IOURD_UNIT_NONE] = "none",
	[IOURD_UNIT_BYTES] = "bytes",
	[IOURD_UNIT_OPERATIONS] = "operations",
	[IOURD_UNIT_BYTES_PER_SECOND] = "bytesPerSecond",
	[IOURD_UNIT_NANOSECONDS] = "nanoseconds",
	[IOURD_UNIT_REQUESTS] = "requests",
	[IOURD_UNIT_BLOCKS] = "blocks",
	"unknown",
	NULL,
};

const char *const manager_work_states[] = {
	[IOURD_WORK_IDLE] = "idle",
	[IOURD_WORK_RUNNING] = "running",
	[IOURD_WORK_DONE] = "done",
	[IOURD_WORK_STOPPED] = "stopped",
	[IOURD_WORK_FAILED] = "failed",
	"unknown",
	NULL,
};

/* enum io_uring_op of Linux 7.3, by number, without the prefix IORING_OP_. */
/* clang-format off */
static const char *const opcodes[] = {
	"NOP", "READV", "WRITEV", "FSYNC", "READ_FIXED", "WRITE_FIXED", "POLL_ADD", "POLL_REMOVE",
	"SYNC_FILE_RANGE", "SENDMSG", "RECVMSG", "TIMEOUT", "TIMEOUT_REMOVE", "ACCEPT",
	"ASYNC_CANCEL", "LINK_TIMEOUT", "CONNECT", "FALLOCATE", "OPENAT", "CLOSE", "FILES_UPDATE",
	"STATX", "READ", "WRITE", "FADVISE", "MADVISE", "SEND", "RECV", "OPENAT2", "EPOLL_CTL",
	"SPLICE", "PROVIDE_BUFFERS", "REMOVE_BUFFERS", "TEE", "SHUTDOWN", "RENAMEAT", "UNLINKAT",
	"MKDIRAT", "SYMLINKAT", "LINKAT", "MSG_RING", "FSETXATTR", "SETXATTR", "FGETXATTR",
	"GETXATTR", "SOCKET", "URING_CMD", "SEND_ZC", "SENDMSG_ZC", "READ_MULTISHOT", "WAITID",
	"FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_WAITV", "FIXED_FD_INSTALL", "FTRUNCATE", "BIND",
	"LISTEN", "RECV_ZC", "EPOLL_WAIT", "READV_FIXED", "WRITEV_FIXED", "PIPE", "NOP128",
	"URING_CMD128",
};
/* clang-format on */

const char *manager_unit_text(uint32_t unit)
{
	return unit <= IOURD_UNIT_BLOCKS ? manager_units[unit] : "unknown";
}

const char *manager_work_state_text(uint32_t state)
{
	return state <= IOURD_WORK_FAILED ? manager_work_states[state] : "unknown";
}

const char *manager_opcode_text(uint32_t opcode)
{
	return opcode < sizeof(opcodes) / sizeof(*opcodes) ? opcodes[opcode] : NULL;
}

const char *manager_errno_text(int error)
{
	return error > 0 ? strerrorname_np(error) : NULL;
}
