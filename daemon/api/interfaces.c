/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* interfaces.c - the Varlink interfaces of the service */
#include "api/handlers.h"
#include "wire/manager.h"

const struct schema_interface *const api_interfaces[] = {
	&manager_interface,
	&service_interface,
	NULL,
};
