/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stage.c - texts for messages: "its host failed at …" */
#include "host/host.h"

static const char *const texts[] = {
	[STAGE_MESSAGE] = "receiving its setup",
	[STAGE_CREDENTIALS] = "changing to the client's identity",
	[STAGE_LIMITS] = "setting resource limits",
	[STAGE_RING] = "making the io_uring",
	[STAGE_REGION] = "registering the param region",
	[STAGE_FILES] = "registering the files",
	[STAGE_BUFFERS] = "registering the data area",
	[STAGE_RESTRICTIONS] = "restricting the io_uring to the program's operations",
	[STAGE_SANDBOX] = "entering its sandbox",
	[STAGE_ENABLE] = "enabling the io_uring",
	[STAGE_CGROUP] = "joining its client's control group",
	[STAGE_RECEIVE] = "receiving its files, which its user's processes hold",
	[STAGE_THREAD] = "starting its thread",
};

const char *control_stage_text(enum control_stage stage)
{
	if ((unsigned int)stage >= sizeof(texts) / sizeof(texts[0]))
		return "a stage unknown to this daemon";
	return texts[stage];
}
