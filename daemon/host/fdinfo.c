/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/fdinfo.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"

/* Linux 7 shows no ring at all then, and 6.12 the number of its files, but not the files. */
bool fdinfo_lock_is_held(const char *fdinfo)
{
	const char *files = strstr(fdinfo, "\nUserFiles:"), *line;

	if (!files)
		return true;
	line = strchr(files + 1, '\n');
	if (!line || strtoul(files + strlen("\nUserFiles:"), NULL, 10) == 0)
		return false;
	line++;
	return *line != ' ' || !isdigit((unsigned char)line[strspn(line, " ")]);
}

void waits_add(struct host_waits *waits, int opcode, int slot)
{
	if (waits->requests++ == 0) {
		waits->opcode = opcode;
		waits->slot = slot;
	}
	if (waits->opcode != opcode)
		waits->opcode = -1;
	if (waits->slot != slot)
		waits->slot = -1;
}

void fdinfo_read_poll_list(const char *fdinfo, struct host_waits *waits)
{
	const char *line = strstr(fdinfo, "\nPollList:\n");
	int opcode;

	for (line = line ? strchr(line + 1, '\n') : NULL;
	     line && sscanf(line + 1, " op=%d,", &opcode) == 1; line = strchr(line + 1, '\n'))
		waits_add(waits, opcode, -1);
}
