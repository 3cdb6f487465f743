/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "os/turn-away.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "common/cleanup.h"
#include "wire/fault.h"
#include "wire/message.h"
#include "wire/socket.h"

/* As many as can wait at a socket. The next ones find another daemon. */
#define CLIENTS_MAX 4096

void turn_away_clients(const char *reason)
{
	_cleanup_free_ char *text = NULL;
	struct note note = {};
	size_t length;
	int r, fd;

	if (sd_listen_fds(0) != 1 || fcntl(SD_LISTEN_FDS_START, F_SETFL,
					   fcntl(SD_LISTEN_FDS_START, F_GETFL) | O_NONBLOCK) < 0)
		return;
	r = message_build_fault(fault_cannot_start(&note, reason), &note, &text, &length);
	note_done(&note);
	for (unsigned int i = 0; r == 0 && i < CLIENTS_MAX; i++) {
		fd = accept4(SD_LISTEN_FDS_START, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return;
		(void)socket_send(fd, text, length + 1, NULL, 0); /* unless it has gone */
		safe_close(fd);
	}
}
