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
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name.")),
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
		F(ready, "ready", BOOL, "Every required capability is present: rings can be made."),
		F(capabilities, "capabilities", STRUCTS, "What the kernel has and lacks.",
		  .type = &wire_capability_type),
		F(limits, "limits", STRUCT, "Limits that hold.", .type = &wire_limits_type),
		F(rings, "rings", INT, "Rings of all users."),
		F(programs, "programs", INT, "Loop programs that are known."),
		F(connections, "connections", INT, "Open connections of all users."),
		F(problems, "problems", STRUCTS, "What is wrong with declared rings; told to root only.",
		  .type = &wire_problem_type, .optional = true)),
};
#undef F

#define F(...) FIELD(out_list_programs, __VA_ARGS__)
static const struct schema_type out_list_programs = {
	.size = sizeof(struct out_list_programs),
	.fields = TABLE(F(programs, "programs", STRUCTS, "All of them, by name.",
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
		  "The io_uring operations that it may use, such as READ_FIXED."),
		F(slots, "slots", STRUCTS, "The files that it works on.", .type = &wire_slot_type),
		F(parameter_bytes, "parameterBytes", INT, "Bytes of its parameter struct."),
		F(data_bytes_initial, "dataBytesInitial", INT,
		  "Bytes of the data area if CreateRing names none."),
		F(data_bytes_maximum, "dataBytesMaximum", INT,
		  "Bytes that the data area may have."),
		F(data_fields, "dataFields", TEXTS,
		  "Parameters whose product the data area must hold."),
		F(progress_unit, "progressUnit", CHOICE, "The unit of its progress.",
		  .choices = manager_units),
		F(fields, "fields", OBJECTS, "Its parameters.", .type = &wire_field_type)),
};
#undef F

#define F(...) FIELD(in_load_program, __VA_ARGS__)
static const struct schema_type in_load_program = {
	.size = sizeof(struct in_load_program),
	.fields = TABLE(F(object_fd, "objectFileDescriptor", FD,
			  "Index of the descriptor of the BPF object file."),
			F(check_only, "checkOnly", BOOL, "Verify, report, keep nothing.",
			  .optional = true)),
};
#undef F

#define F(...) FIELD(out_load_program, __VA_ARGS__)
static const struct schema_type out_load_program = {
	.size = sizeof(struct out_load_program),
	.fields = TABLE(F(program, "program", STRUCT, "The program.", .type = &wire_program_type)),
};
#undef F

/* What CreateRing and PrepareRing have alike. */
#define RING_REQUEST                                                                               \
	F(program, "program", TEXT, "The program's name."),                                        \
		F(name, "name", TEXT,                                                              \
		  "The ring's name; if there is none, the program's name and a number.",           \
		  .optional = true),                                                               \
		F(files, "files", STRUCTS, "A file for each slot of the program.",                 \
		  .type = &wire_file_type, .optional = true),                                      \
		F(parameters, "parameters", OBJECT,                                                \
		  "Parameters by name; the others are initial.", .optional = true),                \
		F(data_bytes, "dataBytes", OPTIONAL_INT, "Bytes of the data area.",                \
		  .maximum = IOURD_DATA_MAX),                                                      \
		F(rollback, "rollback", BOOL,                                                      \
		  "If its program fails, also after its probation, the one that it ran well "      \
		  "before is put back.",                                                           \
		  .optional = true)

#define F(...) FIELD(in_create_ring, __VA_ARGS__)
static const struct schema_type in_create_ring = {
	.size = sizeof(struct in_create_ring),
	.fields = TABLE(
		RING_REQUEST,
		F(persistent, "persistent", BOOL,
		  "It has no lease: it lives until DestroyRing. Not everybody may have such rings.",
		  .optional = true)),
};
#undef F

#define F(...) FIELD(out_create_ring, __VA_ARGS__)
static const struct schema_type out_create_ring = {
	.size = sizeof(struct out_create_ring),
	.fields = TABLE(
		F(ring, "ring", STRUCT, "The ring; it is not started yet.",
		  .type = &wire_ring_type),
		F(region_fd, "regionFileDescriptor", FD,
		  "Index of the descriptor of the param region, a memfd to be mapped."),
		F(lease_fd, "leaseFileDescriptor", FD,
		  "Index of the descriptor of the lease: the ring ends when its last copy is "
		  "closed. A persistent ring has none.",
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
		F(ring, "ring", STRUCT, "What there is of the ring so far.",
		  .type = &wire_ring_type),
		F(region_fd, "regionFileDescriptor", FD,
		  "Index of the descriptor of the param region, a memfd to be mapped and registered."),
		F(lease_fd, "leaseFileDescriptor", FD,
		  "Index of the descriptor of the lease, a socket on which the caller calls listen(2), "
		  "and nothing else: the ring ends when its last copy is closed."),
		F(slots, "slots", TEXTS,
		  "The program's slots, in the order in which the ring must have their files.")),
};
#undef F

#define F(...) FIELD(in_adopt_ring, __VA_ARGS__)
static const struct schema_type in_adopt_ring = {
	.size = sizeof(struct in_adopt_ring),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name."),
			F(ring_fd, "ringDescriptor", INT,
			  "The number of the io_uring's descriptor in the caller's process. It is "
			  "still disabled.",
			  .maximum = INT32_MAX),
			F(region_fd, "regionDescriptor", INT,
			  "The same of the param region, which the caller keeps open.",
			  .maximum = INT32_MAX),
			F(region_address, "regionAddress", INT,
			  "Where the caller has mapped the param region.", .minimum = 4096,
			  .maximum = INT64_MAX)),
};
#undef F

#define F(...) FIELD(in_report_ring, __VA_ARGS__)
static const struct schema_type in_report_ring = {
	.size = sizeof(struct in_report_ring),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name."),
			F(result, "result", INT,
			  "What io_uring_enter returned: 0, or a negative errno.",
			  .minimum = -4095, .maximum = 0)),
};
#undef F

#define F(...) FIELD(out_open_ring, __VA_ARGS__)
static const struct schema_type out_open_ring = {
	.size = sizeof(struct out_open_ring),
	.fields = TABLE(F(ring, "ring", STRUCT, "The ring.", .type = &wire_ring_type),
			F(region_fd, "regionFileDescriptor", FD,
			  "Index of the descriptor of the param region, a memfd to be mapped.")),
};
#undef F

#define F(...) FIELD(out_ring, __VA_ARGS__)
static const struct schema_type out_ring = {
	.size = sizeof(struct out_ring),
	.fields = TABLE(F(ring, "ring", STRUCT, "The ring as it is now.",
			  .type = &wire_ring_type)),
};
#undef F

#define F(...) FIELD(out_list_rings, __VA_ARGS__)
static const struct schema_type out_list_rings = {
	.size = sizeof(struct out_list_rings),
	.fields = TABLE(F(rings, "rings", STRUCTS, "Those that the caller may see.",
			  .type = &wire_ring_type)),
};
#undef F

#define F(...) FIELD(in_read_parameters, __VA_ARGS__)
static const struct schema_type in_read_parameters = {
	.size = sizeof(struct in_read_parameters),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name."),
			F(fields, "fields", TEXTS,
			  "Which to read: names, or paths such as table[3].hops; none: all.",
			  .optional = true)),
};
#undef F

#define F(...) FIELD(out_read_parameters, __VA_ARGS__)
static const struct schema_type out_read_parameters = {
	.size = sizeof(struct out_read_parameters),
	.fields = TABLE(F(parameters, "parameters", OBJECT,
			  "Values, under the names or paths that were asked for."),
			F(generation, "generation", INT, "The ring's generation.")),
};
#undef F

#define F(...) FIELD(in_write_parameters, __VA_ARGS__)
static const struct schema_type in_write_parameters = {
	.size = sizeof(struct in_write_parameters),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name."),
			F(parameters, "parameters", OBJECT,
			  "Values by name; all or none are set.")),
};
#undef F

#define F(...) FIELD(in_swap_program, __VA_ARGS__)
static const struct schema_type in_swap_program = {
	.size = sizeof(struct in_swap_program),
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name."),
			F(program, "program", TEXT, "The name of its new program."),
			F(expected_generation, "expectedGeneration", OPTIONAL_INT,
			  "Refuse if the ring is at another generation than this.", .minimum = 1,
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
	.fields = TABLE(F(ring, "ring", TEXT, "The ring's name."),
			F(expected_generation, "expectedGeneration", OPTIONAL_INT,
			  "Refuse if the ring is at another generation than this.", .minimum = 1,
			  .maximum = INT64_MAX)),
};
#undef F

#define F(...) FIELD(in_watch, __VA_ARGS__)
static const struct schema_type in_watch = {
	.size = sizeof(struct in_watch),
	.fields = TABLE(F(ring, "ring", TEXT, "Tell of this ring only.", .optional = true)),
};
#undef F

#define F(...) FIELD(out_watch, __VA_ARGS__)
static const struct schema_type out_watch = {
	.size = sizeof(struct out_watch),
	.fields = TABLE(
		F(kind, "kind", CHOICE,
		  "What happened. The first answer is watching and comes at once; lost says that "
		  "the reader was too slow.",
		  CHOICES("watching", "created", "started", "paused", "resumed", "swapped",
			  "rolledBack", "stopped", "failed", "destroyed", "lost")),
		F(number, "number", INT, "The event's number, one more for each of the daemon."),
		F(time, "time", INT, "When it happened, in microseconds since the epoch."),
		F(ring, "ring", TEXT, "The ring's name.", .optional = true),
		F(program, "program", TEXT, "The ring's program after it.", .optional = true),
		F(user, "user", OPTIONAL_INT, "User id of the ring's owner."),
		F(generation, "generation", OPTIONAL_INT, "The ring's generation after it."),
		F(reason, "reason", TEXT, "Why it happened.", .optional = true),
		F(lost, "lost", OPTIONAL_INT, "How many events this reader has missed.")),
};
#undef F

static const struct schema_method methods[] = {
	{"GetStatus", &none, &out_get_status,
	 .help = "The daemon, the kernel under it, and limits."},
	{"ListPrograms", &none, &out_list_programs, .help = "All loop programs."},
	{"DescribeProgram", &in_program, &out_describe_program,
	 .help = "What a loop program needs, and its parameters."},
	{"LoadProgram", &in_load_program, &out_load_program, .takes_fds = true,
	 .help = "Adds a loop program, or checks one. For administrators."},
	{"UnloadProgram", &in_program, &none,
	 .help = "Removes a loop program that no ring runs. For administrators."},
	{"CreateRing", &in_create_ring, &out_create_ring, .takes_fds = true,
	 .help = "Makes a ring for the caller, run by a process with the caller's identity."},
	{"OpenRing", &in_ring, &out_open_ring,
	 .help = "Gives access to the param region of a ring that is there."},
	{"PrepareRing", &in_prepare_ring, &out_prepare_ring, .takes_fds = true,
	 .help = "Makes the param region of a ring that the caller will make and run itself: then it "
		 "calls AdoptRing."},
	{"AdoptRing", &in_adopt_ring, &out_ring,
	 .help = "Attaches the program to the io_uring that the caller has made for it. StartRing lets "
		 "the program take steps when the caller enters the ring."},
	{"ReportRing", &in_report_ring, &out_ring,
	 .help = "Tells that the loop of an adopted ring was left, and answers what is to be done."},
	{"StartRing", &in_ring, &out_ring, .help = "Starts a ring's loop for the first time."},
	{"PauseRing", &in_ring, &out_ring,
	 .help = "Halts a ring's loop between two steps; requests in flight go on."},
	{"ResumeRing", &in_ring, &out_ring, .help = "Lets a paused ring go on."},
	{"DescribeRing", &in_ring, &out_ring, .help = "A ring's state and its program's progress."},
	{"DestroyRing", &in_ring, &none,
	 .help = "Ends a ring at once, and answers when nothing is left of it."},
	{"ListRings", &none, &out_list_rings, .help = "The rings that the caller may see."},
	{"ReadParameters", &in_read_parameters, &out_read_parameters,
	 .help = "Parameters of a ring's program as they are now."},
	{"WriteParameters", &in_write_parameters, &none,
	 .help = "Sets parameters of a ring's program while it runs."},
	{"SwapProgram", &in_swap_program, &out_swap_program,
	 .help = "Replaces the program of a ring between two steps; parameters and requests in "
		 "flight stay. Both programs must have the same parameters."},
	{"RollbackProgram", &in_rollback_program, &out_swap_program,
	 .help = "Puts back the program that the ring ran well before its present one, as SwapProgram "
		 "does."},
	{"Watch", &in_watch, &out_watch, .more = true, .help = "Tells of events as they happen."},
	{},
};

const struct schema_interface manager_interface = {
	.name = MANAGER_INTERFACE,
	.methods = methods,
	.errors = fault_manager_errors,
	.help = "BPF-controlled io_uring rings: administrators approve loop programs, ordinary "
		"processes run them on their own files. Names of parameters that end in "
		"FileDescriptor hold the index of a descriptor that is sent with the first byte of "
		"the message.",
};
