/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault-table.c - the table of faults: their names, fields and texts in replies, IDL and messages
 *
 * To add a fault, add its constant and function to fault.h, its row here, and its function to
 * fault.c.
 */
#include "wire/fault.h"

#include "wire/tables.h"

/* clang-format off */
#define LOG_MAX (128u << 10) /* bytes */

#define MANAGER_ERROR(n) .name = n, .full_name = MANAGER_INTERFACE "." n
#define SERVICE_ERROR(n) .name = n, .full_name = SERVICE_INTERFACE "." n
#define SERVICE(fault)	 (fault - FAULT_INVALID_PARAMETER)

#define FIELDS(...) ((const struct schema_field[]){__VA_ARGS__ __VA_OPT__(, ){}})
#define TEXT(n, h)     {.name = n, .kind = SCHEMA_TEXT, .help = h}
#define OPTIONAL(n, h) {.name = n, .kind = SCHEMA_TEXT, .optional = true, .help = h}
#define LOG(n, h)                                                                                  \
	{.name = n, .kind = SCHEMA_TEXT, .optional = true, .text_max = LOG_MAX, .help = h}
#define NUMBER(n, h)   {.name = n, .kind = SCHEMA_INT, .help = h}

const struct schema_error fault_manager_errors[] = {
	[FAULT_RING_NOT_FOUND - 1] = {
		MANAGER_ERROR("RingNotFound"),
		.fields = FIELDS(TEXT("ring", "The requested name.")),
		.help = "No ring of this name exists that the caller may see.",
		.message = "no ring named \"{ring}\"; run 'iouctl ring list' for yours",
	},
	[FAULT_PROGRAM_NOT_FOUND - 1] = {
		MANAGER_ERROR("ProgramNotFound"),
		.fields = FIELDS(TEXT("program", "The requested name.")),
		.help = "No loop program of this name exists.",
		.message = "no loop program named \"{program}\"; run 'iouctl program list' for "
			   "the full list",
	},
	[FAULT_PROGRAM_REJECTED - 1] = {
		MANAGER_ERROR("ProgramRejected"),
		.fields = FIELDS(TEXT("program", "The program's name, or an empty string if the object has none."),
				 TEXT("reason", "What is wrong with it."),
				 LOG("log", "The end of the kernel verifier's log.")),
		.help = "The object is not a valid loop program, or the kernel rejected it.",
		.message = "program \"{program}\" was rejected: {reason}",
	},
	[FAULT_LAYOUT_MISMATCH - 1] = {
		MANAGER_ERROR("LayoutMismatch"),
		.fields = FIELDS(TEXT("field", "The first parameter that differs."),
				 TEXT("reason", "How it differs.")),
		.help = "The programs' parameter structs differ, so the new program cannot "
			"continue the old one's work. The ring still runs its old program.",
		.message = "the two programs' parameters differ at \"{field}\": {reason}; the ring "
			   "still runs its old program",
	},
	[FAULT_GENERATION_MISMATCH - 1] = {
		MANAGER_ERROR("GenerationMismatch"),
		.fields = FIELDS(NUMBER("current", "The ring's current generation.")),
		.help = "The ring's program was swapped after the caller read its generation. "
			"Nothing was changed.",
		.message = "the ring is now at generation {current}, because its program was "
			   "swapped in the meantime; nothing was changed",
	},
	[FAULT_SLOT_MISSING - 1] = {
		MANAGER_ERROR("SlotMissing"),
		.fields = FIELDS(TEXT("slot", "The slot that requires a file.")),
		.help = "The program requires a file in a slot for which none was passed.",
		.message = "the program requires a file in slot \"{slot}\"; pass one with --file "
			   "{slot}=PATH",
	},
	[FAULT_FILE_REFUSED - 1] = {
		MANAGER_ERROR("FileRefused"),
		.fields = FIELDS(TEXT("slot", "The slot that the file was passed for."),
				 TEXT("reason", "What is wrong with it.")),
		.help = "A file does not meet the requirements of its slot.",
		.message = "the file for slot \"{slot}\" was refused: {reason}",
	},
	[FAULT_QUOTA_EXCEEDED - 1] = {
		MANAGER_ERROR("QuotaExceeded"),
		.fields = FIELDS(TEXT("limit", "The name of the limit, as in GetStatus."),
				 NUMBER("allowed", "Its value."),
				 OPTIONAL("rule", "Where the limit is set: FILE:LINE of the policy's rule.")),
		.help = "The call would exceed a limit of the user. A ring releases what it holds "
			"when it has ended and no process has its region open.",
		.message = "this would exceed your limit {limit} of {allowed}[, which {rule} sets]; "
			   "destroy a ring, close a connection or unload a program that you no longer need, "
			   "end the processes that have regions of ended rings open, or ask the administrator "
			   "for a higher limit",
	},
	[FAULT_NOT_PERMITTED - 1] = {
		MANAGER_ERROR("NotPermitted"),
		.fields = FIELDS(TEXT("reason", "The required permission.")),
		.help = "The caller does not have the required permission.",
		.message = "not permitted: {reason}",
	},
	[FAULT_KERNEL_LACKS - 1] = {
		MANAGER_ERROR("KernelLacks"),
		.fields = FIELDS(TEXT("capability", "The missing capability, named as in GetStatus."),
				 OPTIONAL("since", "The first kernel that has it."),
				 OPTIONAL("reason", "Why it is missing, and what can be done.")),
		.help = "The running kernel, or the service on it, lacks a capability that the call requires.",
		.message = "this machine lacks {capability}[ (available since {since})][: {reason}]; run "
			   "'iouctl status' for the full list",
	},
	[FAULT_RING_BUSY - 1] = {
		MANAGER_ERROR("RingBusy"),
		.fields = FIELDS(TEXT("ring", "The ring's name."),
				 TEXT("reason", "The operation under way, or the state that the ring is in.")),
		.help = "The ring's state does not allow the call.",
		.message = "ring \"{ring}\" cannot do this now: {reason}",
	},
	[FAULT_MESSAGE_REFUSED - 1] = {
		MANAGER_ERROR("MessageRefused"),
		.fields = FIELDS(TEXT("reason", "What is wrong with it.")),
		.help = "The message violates the protocol. The daemon closes the connection "
			"after this reply.",
		.message = "iouringd refused the message: {reason}",
	},
	[FAULT_CANNOT_START - 1] = {
		MANAGER_ERROR("CannotStart"),
		.fields = FIELDS(TEXT("reason", "What keeps it from starting, and where its messages are.")),
		.help = "The daemon was started for this client, and cannot start. It closes the "
			"connection after this reply.",
		.message = "iouringd cannot start: {reason}",
	},
	[FAULT_INTERNAL - 1] = {
		MANAGER_ERROR("Internal"),
		.fields = FIELDS(TEXT("reason", "The name of an errno, such as ENOMEM.")),
		.help = "An operating system call of the daemon failed. See the journal for details.",
		.message = "iouringd could not complete the call ({reason}); run "
			   "'journalctl -u iouringd' for details",
	},
	{},
};

const struct schema_error fault_service_errors[] = {
	[SERVICE(FAULT_INVALID_PARAMETER)] = {
		SERVICE_ERROR("InvalidParameter"),
		.fields = FIELDS(TEXT("parameter",
				      "Its name, as a path with dots and indices if it is nested."),
				 OPTIONAL("value",
					  "The value that was passed, shortened; absent if none was."),
				 OPTIONAL("expected", "The values that are accepted.")),
		.help = "A parameter is unknown, missing, or has an invalid value.",
		.message = "parameter \"{parameter}\"[ cannot be {value}][: expected {expected}]",
	},
	[SERVICE(FAULT_INTERFACE_NOT_FOUND)] = {
		SERVICE_ERROR("InterfaceNotFound"),
		.fields = FIELDS(TEXT("interface", "The requested name.")),
		.help = "The service has no such interface.",
		.message = "iouringd has no interface \"{interface}\"",
	},
	[SERVICE(FAULT_METHOD_NOT_FOUND)] = {
		SERVICE_ERROR("MethodNotFound"),
		.fields = FIELDS(TEXT("method", "The requested name.")),
		.help = "The interface has no such method.",
		.message = "iouringd has no method \"{method}\"; it may be older than this program",
	},
	[SERVICE(FAULT_METHOD_NOT_IMPLEMENTED)] = {
		SERVICE_ERROR("MethodNotImplemented"),
		.fields = FIELDS(TEXT("method", "The requested name.")),
		.help = "The interface describes the method, but the service does not implement it.",
		.message = "the service does not implement the method \"{method}\"",
	},
	[SERVICE(FAULT_EXPECTED_MORE)] = {
		SERVICE_ERROR("ExpectedMore"),
		.fields = FIELDS(),
		.help = "The method sends several replies and must be called with \"more\".",
		.message = "this method sends several replies; call it with \"more\" "
			   "(varlinkctl call --more)",
	},
	{},
};

_Static_assert(sizeof(fault_manager_errors) / sizeof(*fault_manager_errors) == FAULT_INTERNAL + 1,
	       "a row for each fault of the manager");
_Static_assert(sizeof(fault_service_errors) / sizeof(*fault_service_errors) ==
		       SERVICE(FAULT_MAX) + 1,
	       "a row for each fault of the service");
/* clang-format on */

const struct schema_error *fault_describe(enum fault fault)
{
	if (fault <= FAULT_NONE || fault >= FAULT_MAX)
		return NULL;
	if (fault >= FAULT_INVALID_PARAMETER)
		return &fault_service_errors[SERVICE(fault)];
	return &fault_manager_errors[fault - 1];
}
