/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manager.c - the methods of org.iouringd.Manager
 */
#include "wire/manager.h"

#include "iourd/abi.h"
#include "wire/fault.h"
#include "wire/tables.h"

/* clang-format off */
static const struct schema_type none = {.size = sizeof(struct in_none), .fields = EMPTY};

#define F(...) FIELD(in_ring, __VA_ARGS__)
static const struct schema_type in_ring = {
	.size = sizeof(struct in_ring),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name, as ListRings has it.")),
};
#undef F

#define F(...) FIELD(in_program, __VA_ARGS__)
static const struct schema_type in_program = {
	.size = sizeof(struct in_program),
	.fields = TABLE(F(program, "program", TEXT, "The program's name.")),
};
#undef F

#define F(...) FIELD(out_get_status, __VA_ARGS__)
static const struct schema_type out_get_status = {
	.size = sizeof(struct out_get_status),
	.fields = TABLE(
		F(version, "version", TEXT, "The daemon's version."),
		F(kernel, "kernel", TEXT, "The running kernel, as uname -r prints it."),
		F(ready, "ready", BOOL, "Whether every required capability is present, so that rings can be created."),
		F(capabilities, "capabilities", STRUCTS, "The capabilities that the kernel has or lacks.",
		  .type = &wire_capability_type),
		F(limits, "limits", STRUCT, "The limits in force.", .type = &wire_limits_type),
		F(rings, "rings", INT, "Number of rings of the caller; for root, of all users."),
		F(pinned_bytes, "pinnedBytes", INT, "Bytes of memory that the param regions of these rings lock."),
		F(programs, "programs", INT, "Number of known loop programs."),
		F(connections, "connections", INT, "Number of open connections of the caller; for root, of all users."),
		F(problems, "problems", STRUCTS, "Problems with declared rings; sent to root only.",
		  .type = &wire_problem_type, .optional = true)),
};
#undef F

#define F(...) FIELD(out_list_programs, __VA_ARGS__)
static const struct schema_type out_list_programs = {
	.size = sizeof(struct out_list_programs),
	.fields = TABLE(F(programs, "programs", STRUCTS, "All loop programs, sorted by name.",
			  .type = &wire_program_type)),
};
#undef F

#define F(...) FIELD(out_describe_program, __VA_ARGS__)
static const struct schema_type out_describe_program = {
	.size = sizeof(struct out_describe_program),
	.fields = TABLE(
		F(program, "program", STRUCT, "The program.", .type = &wire_program_type),
		F(submission_entries, "submissionEntries", INT,
		  "Entries of a ring's submission queue."),
		F(completion_entries, "completionEntries", INT,
		  "Entries of a ring's completion queue."),
		F(operations, "operations", TEXTS,
		  "The io_uring operations that the program may use, such as READ_FIXED."),
		F(slots, "slots", STRUCTS, "The places for the files that the program uses.", .type = &wire_slot_type),
		F(parameter_bytes, "parameterBytes", INT, "Size of the parameter struct in bytes."),
		F(data_bytes_initial, "dataBytesInitial", INT,
		  "Size of the data area in bytes if CreateRing does not set it."),
		F(data_bytes_maximum, "dataBytesMaximum", INT,
		  "Maximum size of the data area in bytes."),
		F(data_fields, "dataFields", TEXTS,
		  "The parameters whose product is the minimum size of the data area in bytes."),
		F(progress_unit, "progressUnit", CHOICE, "The unit of the program's progress.",
		  .choices = manager_units),
		F(fields, "fields", OBJECTS, "The parameters.", .type = &wire_field_type)),
};
#undef F

#define F(...) FIELD(in_explain_policy, __VA_ARGS__)
static const struct schema_type in_explain_policy = {
	.size = sizeof(struct in_explain_policy),
	.fields = TABLE(
		F(user, "user", OPTIONAL_INT, "The user's number; by default, all of it is about the caller.",
		  .maximum = UINT32_MAX - 1),
		F(group, "group", OPTIONAL_INT, "The number of the user's primary group.",
		  .maximum = UINT32_MAX - 1),
		F(groups, "groups", TEXTS, "The numbers of the user's supplementary groups.",
		  .optional = true),
		F(control_group, "controlGroup", TEXT,
		  "The control group of the client; by default that of no unit.", .optional = true),
		F(program, "program", TEXT, "A loop program, to explain whether it may be used.",
		  .optional = true)),
};
#undef F

#define F(...) FIELD(out_explain_policy, __VA_ARGS__)
static const struct schema_type out_explain_policy = {
	.size = sizeof(struct out_explain_policy),
	.fields = TABLE(F(user, "user", INT, "The user's number."),
			F(payer, "payer", INT,
			  "The user that the quotas count for: the owner, if it is a subordinate uid."),
			F(decisions, "decisions", STRUCTS, "Each right and each quota.",
			  .type = &wire_decision_type)),
};
#undef F

#define F(...) FIELD(in_load_program, __VA_ARGS__)
static const struct schema_type in_load_program = {
	.size = sizeof(struct in_load_program),
	.fields = TABLE(F(object_fd, "objectFileDescriptor", FD,
			  "Index of the descriptor of the BPF object file."),
			F(check_only, "checkOnly", BOOL, "Verify the program and report the result, but do not add it.",
			  .optional = true)),
};
#undef F

#define F(...) FIELD(out_load_program, __VA_ARGS__)
static const struct schema_type out_load_program = {
	.size = sizeof(struct out_load_program),
	.fields = TABLE(F(program, "program", STRUCT, "The program.", .type = &wire_program_type)),
};
#undef F

/* The parameters that CreateRing and PrepareRing share. */
#define RING_REQUEST                                                                               \
	F(program, "program", TEXT, "The program's name."),                                        \
		F(name, "name", TEXT,                                                              \
		  "The ring's name among its owner's; by default the program's and a number.",           \
		  .optional = true),                                                               \
		F(files, "files", STRUCTS, "The files for the program's slots.",                 \
		  .type = &wire_file_type, .optional = true),                                      \
		F(parameters, "parameters", OBJECT,                                                \
		  "Parameters by name; others get their initial values.", .optional = true),                \
		F(data_bytes, "dataBytes", OPTIONAL_INT, "Size of the data area in bytes.",                \
		  .maximum = IOURD_DATA_MAX),                                                      \
		F(rollback, "rollback", BOOL,                                                      \
		  "Roll back to the fallback program if a program fails, also after its "          \
		  "probation.",                                                                    \
		  .optional = true)

#define F(...) FIELD(in_create_ring, __VA_ARGS__)
static const struct schema_type in_create_ring = {
	.size = sizeof(struct in_create_ring),
	.fields = TABLE(
		RING_REQUEST,
		F(persistent, "persistent", BOOL,
		  "The ring has no lease and exists until DestroyRing. This requires permission.",
		  .optional = true)),
};
#undef F

#define F(...) FIELD(out_create_ring, __VA_ARGS__)
static const struct schema_type out_create_ring = {
	.size = sizeof(struct out_create_ring),
	.fields = TABLE(
		F(ring, "ring", STRUCT, "The ring. It is not started.",
		  .type = &wire_ring_type),
		F(region_fd, "regionFileDescriptor", FD,
		  "Index of the descriptor of the param region, a memfd to map."),
		F(lease_fd, "leaseFileDescriptor", FD,
		  "Index of the descriptor of the lease. The ring ends when its last copy is "
		  "closed. A persistent ring has no lease.",
		  .optional = true)),
};
#undef F

#define F(...) FIELD(in_prepare_ring, __VA_ARGS__)
static const struct schema_type in_prepare_ring = {
	.size = sizeof(struct in_prepare_ring),
	.fields = TABLE(RING_REQUEST),
};
#undef F

#define F(...) FIELD(out_prepare_ring, __VA_ARGS__)
static const struct schema_type out_prepare_ring = {
	.size = sizeof(struct out_prepare_ring),
	.fields = TABLE(
		F(ring, "ring", STRUCT, "The ring, which is still being created.",
		  .type = &wire_ring_type),
		F(region_fd, "regionFileDescriptor", FD,
		  "Index of the descriptor of the param region, a memfd to map and register."),
		F(lease_fd, "leaseFileDescriptor", FD,
		  "Index of the descriptor of the lease, a socket on which the caller must call "
		  "listen(2) and nothing else. The ring ends when its last copy is closed."),
		F(slots, "slots", TEXTS,
		  "The program's slots, in the order in which the caller must register their files.")),
};
#undef F

#define F(...) FIELD(in_adopt_ring, __VA_ARGS__)
static const struct schema_type in_adopt_ring = {
	.size = sizeof(struct in_adopt_ring),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name, as ListRings has it."),
			F(ring_fd, "ringDescriptor", INT,
			  "Number of the descriptor of the io_uring, still disabled, in the caller's "
			  "process.",
			  .maximum = INT32_MAX),
			F(region_fd, "regionDescriptor", INT,
			  "Number of the descriptor of the param region, which the caller keeps open.",
			  .maximum = INT32_MAX),
			F(region_address, "regionAddress", INT,
			  "Address at which the caller has mapped the param region.", .minimum = 4096,
			  .maximum = INT64_MAX)),
};
#undef F

#define F(...) FIELD(in_report_ring, __VA_ARGS__)
static const struct schema_type in_report_ring = {
	.size = sizeof(struct in_report_ring),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name, as ListRings has it."),
			F(result, "result", INT,
			  "The result of io_uring_enter: 0 or a negative errno.",
			  .minimum = -4095, .maximum = 0)),
};
#undef F

#define F(...) FIELD(out_open_ring, __VA_ARGS__)
static const struct schema_type out_open_ring = {
	.size = sizeof(struct out_open_ring),
	.fields = TABLE(F(ring, "ring", STRUCT, "The ring.", .type = &wire_ring_type),
			F(region_fd, "regionFileDescriptor", FD,
			  "Index of the descriptor of the param region, a memfd to map.")),
};
#undef F

#define F(...) FIELD(out_ring, __VA_ARGS__)
static const struct schema_type out_ring = {
	.size = sizeof(struct out_ring),
	.fields = TABLE(F(ring, "ring", STRUCT, "The ring's current state.",
			  .type = &wire_ring_type)),
};
#undef F

#define F(...) FIELD(out_list_rings, __VA_ARGS__)
static const struct schema_type out_list_rings = {
	.size = sizeof(struct out_list_rings),
	.fields = TABLE(F(rings, "rings", STRUCTS, "The rings that the caller may see.",
			  .type = &wire_ring_type)),
};
#undef F

#define F(...) FIELD(in_read_parameters, __VA_ARGS__)
static const struct schema_type in_read_parameters = {
	.size = sizeof(struct in_read_parameters),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name, as ListRings has it."),
			F(fields, "fields", TEXTS,
			  "Names or paths, such as table[3].hops, of the parameters to read; by default all.",
			  .optional = true)),
};
#undef F

#define F(...) FIELD(out_read_parameters, __VA_ARGS__)
static const struct schema_type out_read_parameters = {
	.size = sizeof(struct out_read_parameters),
	.fields = TABLE(F(parameters, "parameters", OBJECT,
			  "The values, under the requested names or paths."),
			F(generation, "generation", INT, "The ring's generation.")),
};
#undef F

#define F(...) FIELD(in_write_parameters, __VA_ARGS__)
static const struct schema_type in_write_parameters = {
	.size = sizeof(struct in_write_parameters),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name, as ListRings has it."),
			F(parameters, "parameters", OBJECT,
			  "Values by name. Either all of them are set or none.")),
};
#undef F

#define F(...) FIELD(in_swap_program, __VA_ARGS__)
static const struct schema_type in_swap_program = {
	.size = sizeof(struct in_swap_program),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name, as ListRings has it."),
			F(program, "program", TEXT, "The name of the new program."),
			F(expected_generation, "expectedGeneration", OPTIONAL_INT,
			  "Refuse the call if the ring's generation differs.", .minimum = 1,
			  .maximum = INT64_MAX)),
};
#undef F

#define F(...) FIELD(out_swap_program, __VA_ARGS__)
static const struct schema_type out_swap_program = {
	.size = sizeof(struct out_swap_program),
	.fields = TABLE(F(generation, "generation", INT, "The ring's new generation.")),
};
#undef F

#define F(...) FIELD(in_rollback_program, __VA_ARGS__)
static const struct schema_type in_rollback_program = {
	.size = sizeof(struct in_rollback_program),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name, as ListRings has it."),
			F(expected_generation, "expectedGeneration", OPTIONAL_INT,
			  "Refuse the call if the ring's generation differs.", .minimum = 1,
			  .maximum = INT64_MAX)),
};
#undef F

#define F(...) FIELD(in_watch, __VA_ARGS__)
static const struct schema_type in_watch = {
	.size = sizeof(struct in_watch),
	.fields = TABLE(F(ring, "ring", TEXT, "Report events of this ring only.", .optional = true)),
};
#undef F

#define F(...) FIELD(out_watch, __VA_ARGS__)
static const struct schema_type out_watch = {
	.size = sizeof(struct out_watch),
	.fields = TABLE(
		F(kind, "kind", CHOICE,
		  "The kind of event. The first reply is watching and is sent at once; lost means "
		  "that the reader was too slow.",
		  CHOICES("watching", "created", "started", "paused", "resumed", "swapped",
			  "rolledBack", "stopped", "failed", "destroyed", "lost")),
		F(number, "number", INT,
		  "The event's number. It increases by one with each event of the rings that the "
		  "reader may see."),
		F(time, "time", INT, "Time of the event in microseconds since the epoch."),
		F(ring, "ring", TEXT, "The ring's name, as ListRings has it.", .optional = true),
		F(program, "program", TEXT, "The ring's program after the event.", .optional = true),
		F(user, "user", OPTIONAL_INT, "User id of the ring's owner."),
		F(generation, "generation", OPTIONAL_INT, "The ring's generation after the event."),
		F(reason, "reason", TEXT, "The reason for the event.", .optional = true),
		F(lost, "lost", OPTIONAL_INT, "Number of events that this reader has missed.")),
};
#undef F

static const struct schema_method methods[] = {
	{"GetStatus", &none, &out_get_status,
	 .help = "Describes the daemon, the kernel and the limits."},
	{"ListPrograms", &none, &out_list_programs, .help = "Lists all loop programs."},
	{"DescribeProgram", &in_program, &out_describe_program,
	 .help = "Describes the requirements and the parameters of a loop program."},
	{"ExplainPolicy", &in_explain_policy, &out_explain_policy,
	 .help = "Explains what the policy lets a client do, and which rule says so."},
	{"LoadProgram", &in_load_program, &out_load_program, .takes_fds = true,
	 .help = "Adds a loop program, or only verifies one. Requires administrator privileges."},
	{"UnloadProgram", &in_program, &none,
	 .help = "Removes a loop program that no ring runs. Requires administrator privileges."},
	{"CreateRing", &in_create_ring, &out_create_ring, .takes_fds = true,
	 .help = "Creates a ring for the caller, run by a process with the caller's identity."},
	{"OpenRing", &in_ring, &out_open_ring,
	 .help = "Returns the param region of an existing ring."},
	{"PrepareRing", &in_prepare_ring, &out_prepare_ring, .takes_fds = true,
	 .help = "Creates the param region of a ring that the caller makes and runs itself. The caller "
		 "then makes the io_uring and calls AdoptRing."},
	{"AdoptRing", &in_adopt_ring, &out_ring,
	 .help = "Attaches the program to the io_uring that the caller has made. After StartRing the "
		 "program runs whenever the caller enters the ring."},
	{"ReportRing", &in_report_ring, &out_ring,
	 .help = "Reports that the loop of an adopted ring has returned. The ring's state in the reply "
		 "determines how the caller proceeds."},
	{"StartRing", &in_ring, &out_ring, .help = "Starts a ring's loop for the first time."},
	{"PauseRing", &in_ring, &out_ring,
	 .help = "Pauses a ring's loop between two steps. Requests in flight continue."},
	{"ResumeRing", &in_ring, &out_ring, .help = "Resumes a paused ring."},
	{"DescribeRing", &in_ring, &out_ring, .help = "Returns a ring's state and its program's progress."},
	{"DestroyRing", &in_ring, &none,
	 .help = "Ends a ring at once. The reply is sent when the ring is gone."},
	{"ClearRing", &in_ring, &none,
	 .help = "Does the same to a ring that is stopped or failed, and refuses any other."},
	{"ListRings", &none, &out_list_rings, .help = "Lists the rings that the caller may see."},
	{"ReadParameters", &in_read_parameters, &out_read_parameters,
	 .help = "Reads the current parameters of a ring's program."},
	{"WriteParameters", &in_write_parameters, &none,
	 .help = "Sets parameters of a ring's program, also while it runs."},
	{"SwapProgram", &in_swap_program, &out_swap_program,
	 .help = "Replaces the program of a ring between two steps. Parameters and requests in flight "
		 "are kept. Both programs must have the same parameters."},
	{"RollbackProgram", &in_rollback_program, &out_swap_program,
	 .help = "Swaps the ring's program for its fallback, the last program that passed probation "
		 "before the current one."},
	{"Watch", &in_watch, &out_watch, .more = true, .help = "Reports events as they occur."},
	{},
};

const struct schema_interface manager_interface = {
	.name = MANAGER_INTERFACE,
	.methods = methods,
	.errors = fault_manager_errors,
	.help = "Manages BPF-controlled io_uring rings. Administrators approve loop programs; ordinary "
		"processes run them on their own files. A parameter whose name ends in "
		"FileDescriptor holds the index of a descriptor that is sent with the first byte of "
		"the message.",
};
