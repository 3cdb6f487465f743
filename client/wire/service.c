/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * service.c - the interface org.varlink.service, which every Varlink service implements
 */
#include "wire/fault.h"
#include "wire/tables.h"

/* clang-format off */
static const struct schema_type in_get_info = {.size = sizeof(struct in_none), .fields = EMPTY};

#define F(...) FIELD(out_get_info, __VA_ARGS__)
static const struct schema_type out_get_info = {
	.size = sizeof(struct out_get_info),
	.fields = TABLE(F(vendor, "vendor", TEXT, "The vendor of the service."),
			F(product, "product", TEXT, "The name of the service."),
			F(version, "version", TEXT, "Its version."),
			F(url, "url", TEXT, "The address of its documentation."),
			F(interfaces, "interfaces", TEXTS, "The interfaces that it implements.")),
};
#undef F

#define F(...) FIELD(in_get_interface_description, __VA_ARGS__)
static const struct schema_type in_get_interface_description = {
	.size = sizeof(struct in_get_interface_description),
	.fields = TABLE(F(interface, "interface", TEXT, "The interface's name.")),
};
#undef F

#define F(...) FIELD(out_get_interface_description, __VA_ARGS__)
static const struct schema_type out_get_interface_description = {
	.size = sizeof(struct out_get_interface_description),
	.fields = TABLE(F(description, "description", TEXT,
			  "The interface in the Varlink interface definition language.")),
};
#undef F

static const struct schema_method methods[] = {
	{"GetInfo", &in_get_info, &out_get_info, .help = "Describes the service."},
	{"GetInterfaceDescription", &in_get_interface_description, &out_get_interface_description,
	 .help = "Returns the description of an interface."},
	{},
};

const struct schema_interface service_interface = {
	.name = SERVICE_INTERFACE,
	.methods = methods,
	.errors = fault_service_errors,
	.help = "The interface that every Varlink service implements.",
};
