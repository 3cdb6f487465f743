/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault-table.c - what is known of each fault: drives the notes, the wire, the IDL and the messages
 *
 * To add a fault: its constant and its function in fault.h, its row here, and its function in
 * fault.c.
 */
#include "wire/fault.h"

#include "wire/tables.h"

/* clang-format off */
#define LOG_MAX (128u << 10)

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
		.fields = FIELDS(TEXT("ring", "The name that was asked for.")),
		.help = "There is no ring of this name that the caller may see.",
		.message = "no ring named \"{ring}\"; `iouctl ring list` shows yours",
	},
	[FAULT_PROGRAM_NOT_FOUND - 1] = {
		MANAGER_ERROR("ProgramNotFound"),
		.fields = FIELDS(TEXT("program", "The name that was asked for.")),
		.help = "There is no loop program of this name.",
		.message = "no loop program named \"{program}\"; `iouctl program list` shows those "
			   "that there are",
	},
	[FAULT_PROGRAM_REJECTED - 1] = {
		MANAGER_ERROR("ProgramRejected"),
		.fields = FIELDS(TEXT("program", "The program's name, if the object says one."),
				 TEXT("reason", "What is wrong with it."),
				 LOG("log", "The end of the kernel verifier's log.")),
		.help = "The object is not a loop program that can be run.",
		.message = "program \"{program}\" was rejected: {reason}",
	},
	[FAULT_LAYOUT_MISMATCH - 1] = {
		MANAGER_ERROR("LayoutMismatch"),
		.fields = FIELDS(TEXT("field", "The first parameter that differs."),
				 TEXT("reason", "How it differs.")),
		.help = "The programs' parameter structs differ, so one cannot go on where the "
			"other stops; the ring still runs its old program.",
		.message = "the two programs' parameters differ at \"{field}\": {reason}; the ring "
			   "still runs its old program",
	},
	[FAULT_GENERATION_MISMATCH - 1] = {
		MANAGER_ERROR("GenerationMismatch"),
		.fields = FIELDS(NUMBER("current", "The ring's generation now.")),
		.help = "The ring's program was swapped since the caller looked; nothing was "
			"changed.",
		.message = "the ring is at generation {current} now: its program was swapped since "
			   "you looked; nothing was changed",
	},
	[FAULT_SLOT_MISSING - 1] = {
		MANAGER_ERROR("SlotMissing"),
		.fields = FIELDS(TEXT("slot", "The slot that needs a file.")),
		.help = "The program needs a file in a slot for which none was passed.",
		.message = "the program needs a file in its slot \"{slot}\": pass one with --file "
			   "{slot}=PATH",
	},
	[FAULT_FILE_REFUSED - 1] = {
		MANAGER_ERROR("FileRefused"),
		.fields = FIELDS(TEXT("slot", "The slot that the file was passed for."),
				 TEXT("reason", "What is wrong with it.")),
		.help = "A file is not what its slot takes.",
		.message = "the file for slot \"{slot}\" was refused: {reason}",
	},
	[FAULT_QUOTA_EXCEEDED - 1] = {
		MANAGER_ERROR("QuotaExceeded"),
		.fields = FIELDS(TEXT("limit", "The limit, as GetStatus names it."),
				 NUMBER("allowed", "Its value.")),
		.help = "The call would take the user over a limit; ending a ring frees what it "
			"holds.",
		.message = "this would exceed your limit {limit}, which is {allowed}; destroy a "
			   "ring that you no longer need, or ask the administrator for more",
	},
	[FAULT_NOT_PERMITTED - 1] = {
		MANAGER_ERROR("NotPermitted"),
		.fields = FIELDS(TEXT("reason", "Who may do it.")),
		.help = "The caller may not do this.",
		.message = "not permitted: {reason}",
	},
	[FAULT_KERNEL_LACKS - 1] = {
		MANAGER_ERROR("KernelLacks"),
		.fields = FIELDS(TEXT("capability", "What is missing, as GetStatus names it."),
				 OPTIONAL("since", "The first kernel that has it.")),
		.help = "The running kernel cannot do what the call needs.",
		.message = "the running kernel lacks {capability}[, which is there since {since}]; "
			   "`iouctl status` lists all that is missing",
	},
	[FAULT_RING_BUSY - 1] = {
		MANAGER_ERROR("RingBusy"),
		.fields = FIELDS(TEXT("ring", "The ring."),
				 TEXT("reason", "What it is doing, or the state it is in.")),
		.help = "The ring's state does not allow the call.",
		.message = "ring \"{ring}\" cannot do this now: {reason}",
	},
	[FAULT_MESSAGE_REFUSED - 1] = {
		MANAGER_ERROR("MessageRefused"),
		.fields = FIELDS(TEXT("reason", "What is wrong with it.")),
		.help = "The message breaks the protocol; the connection is closed after this "
			"answer.",
		.message = "the message was refused: {reason}",
	},
	[FAULT_INTERNAL - 1] = {
		MANAGER_ERROR("Internal"),
		.fields = FIELDS(TEXT("reason", "The name of an errno, such as ENOMEM.")),
		.help = "The daemon's environment failed; its journal says more.",
		.message = "iouringd could not do it ({reason}); its journal says more "
			   "(journalctl -u iouringd)",
	},
	{},
};

const struct schema_error fault_service_errors[] = {
	[SERVICE(FAULT_INVALID_PARAMETER)] = {
		SERVICE_ERROR("InvalidParameter"),
		.fields = FIELDS(TEXT("parameter",
				      "Its name, with dots and indices if it is inside another."),
				 OPTIONAL("value",
					  "What was passed, shortened; nothing if it is missing."),
				 OPTIONAL("expected", "What it takes.")),
		.help = "A parameter is unknown, missing, or not what it must be.",
		.message = "parameter \"{parameter}\"[ cannot be {value}][: expected {expected}]",
	},
	[SERVICE(FAULT_INTERFACE_NOT_FOUND)] = {
		SERVICE_ERROR("InterfaceNotFound"),
		.fields = FIELDS(TEXT("interface", "The name that was asked for.")),
		.help = "The service has no such interface.",
		.message = "the service has no interface \"{interface}\"",
	},
	[SERVICE(FAULT_METHOD_NOT_FOUND)] = {
		SERVICE_ERROR("MethodNotFound"),
		.fields = FIELDS(TEXT("method", "The name that was asked for.")),
		.help = "The interface has no such method.",
		.message = "there is no method \"{method}\"; the daemon may be older than this "
			   "program",
	},
	[SERVICE(FAULT_METHOD_NOT_IMPLEMENTED)] = {
		SERVICE_ERROR("MethodNotImplemented"),
		.fields = FIELDS(TEXT("method", "The name that was asked for.")),
		.help = "The method is described, but this service does not have it.",
		.message = "the daemon does not have the method \"{method}\"",
	},
	[SERVICE(FAULT_EXPECTED_MORE)] = {
		SERVICE_ERROR("ExpectedMore"),
		.fields = FIELDS(),
		.help = "The method answers many times: it must be called with \"more\".",
		.message = "this method answers many times: it must be called with \"more\" "
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
