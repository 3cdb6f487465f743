/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * method.c - the handler of each method
 *
 * A unit test compares the rows with the interfaces' methods.
 */
#include "api/handlers.h"

#include "wire/manager.h"

const struct method api_methods[] = {
	{&manager_interface, "GetStatus", handle_get_status},
	{&manager_interface, "ListPrograms", handle_list_programs},
	{&manager_interface, "DescribeProgram", handle_describe_program},
	{&manager_interface, "ExplainPolicy", handle_explain_policy},
	{&manager_interface, "LoadProgram", handle_load_program},
	{&manager_interface, "UnloadProgram", handle_unload_program},
	{&manager_interface, "CreateRing", handle_create_ring},
	{&manager_interface, "OpenRing", handle_open_ring},
	{&manager_interface, "PrepareRing", handle_prepare_ring},
	{&manager_interface, "AdoptRing", handle_adopt_ring},
	{&manager_interface, "ReportRing", handle_report_ring},
	{&manager_interface, "StartRing", handle_start_ring},
	{&manager_interface, "PauseRing", handle_pause_ring},
	{&manager_interface, "ResumeRing", handle_resume_ring},
	{&manager_interface, "DestroyRing", handle_destroy_ring},
	{&manager_interface, "ClearRing", handle_clear_ring},
	{&manager_interface, "ListRings", handle_list_rings},
	{&manager_interface, "DescribeRing", handle_describe_ring},
	{&manager_interface, "ReadParameters", handle_read_parameters},
	{&manager_interface, "WriteParameters", handle_write_parameters},
	{&manager_interface, "SwapProgram", handle_swap_program},
	{&manager_interface, "RollbackProgram", handle_rollback_program},
	{&manager_interface, "Watch", handle_watch},
	{&service_interface, "GetInfo", handle_get_info},
	{&service_interface, "GetInterfaceDescription", handle_get_interface_description},
	{NULL, NULL, NULL},
};
