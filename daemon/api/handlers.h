/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* handlers.h - the handlers of the methods; method.c maps names to them */
#ifndef DAEMON_API_HANDLERS_H
#define DAEMON_API_HANDLERS_H

#include "api/call.h"

/* service.c */
int handle_get_info(struct call *call, const void *input);
int handle_get_interface_description(struct call *call, const void *input);
/* status.c */
int handle_get_status(struct call *call, const void *input);
/* explain.c */
int handle_explain_policy(struct call *call, const void *input);
/* programs.c, describe-program.c */
int handle_list_programs(struct call *call, const void *input);
int handle_describe_program(struct call *call, const void *input);
int handle_load_program(struct call *call, const void *input);
int handle_unload_program(struct call *call, const void *input);
/* rings.c */
int handle_create_ring(struct call *call, const void *input);
int handle_prepare_ring(struct call *call, const void *input);
int handle_adopt_ring(struct call *call, const void *input);
int handle_report_ring(struct call *call, const void *input);
int handle_open_ring(struct call *call, const void *input);
int handle_start_ring(struct call *call, const void *input);
int handle_pause_ring(struct call *call, const void *input);
int handle_resume_ring(struct call *call, const void *input);
int handle_destroy_ring(struct call *call, const void *input);
int handle_clear_ring(struct call *call, const void *input);
int handle_swap_program(struct call *call, const void *input);
int handle_rollback_program(struct call *call, const void *input);
int handle_list_rings(struct call *call, const void *input);
int handle_describe_ring(struct call *call, const void *input);
/* parameters.c */
int handle_read_parameters(struct call *call, const void *input);
int handle_write_parameters(struct call *call, const void *input);
/* watch.c */
int handle_watch(struct call *call, const void *input);

/* The interfaces of the service, and the handlers of their methods; both end with NULL. */
extern const struct schema_interface *const api_interfaces[];
extern const struct method api_methods[];

#endif
