/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/host.h"

static const char *const texts[] = {
	[STAGE_MESSAGE] = "reading its setup message",
	[STAGE_CREDENTIALS] = "taking the client's identity",
	[STAGE_LIMITS] = "setting resource limits",
	[STAGE_RING] = "making the io_uring",
	[STAGE_REGION] = "registering the param region",
	[STAGE_FILES] = "registering the files",
	[STAGE_BUFFERS] = "registering the data area",
	[STAGE_RESTRICTIONS] = "restricting the io_uring to the program's operations",
	[STAGE_SANDBOX] = "closing its sandbox",
	[STAGE_ENABLE] = "enabling the io_uring",
};

const char *control_stage_text(enum control_stage stage)
{
	if ((unsigned int)stage >= sizeof(texts) / sizeof(texts[0]))
		return "a stage that this daemon does not know";
	return texts[stage];
}
