/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manager-types.c - the named types of org.iouringd.Manager
 */
#include "wire/tables.h"

/* clang-format off */
#define F(...) FIELD(wire_capability, __VA_ARGS__)
const struct schema_type wire_capability_type = {
	.name = "Capability",
	.size = sizeof(struct wire_capability),
	.help = "A capability that the kernel has or lacks.",
	.fields = TABLE(
		F(name, "name", TEXT, "Its name, also in the error KernelLacks."),
		F(present, "present", BOOL, "Whether the running kernel has it."),
		F(required, "required", BOOL, "Whether rings require it."),
		F(since, "since", TEXT, "The first kernel that has it."),
		F(detail, "detail", TEXT, "How it was found, or why it is missing.",
		  .optional = true)),
};
#undef F

#define F(...) FIELD(wire_limits, __VA_ARGS__)
const struct schema_type wire_limits_type = {
	.name = "Limits",
	.size = sizeof(struct wire_limits),
	.help = "Limits of the caller's user and of the protocol.",
	.fields = TABLE(
		F(rings, "ringsPerUser", INT, "Maximum number of rings of one user."),
		F(region_bytes, "regionBytesPerUser", INT,
		  "Maximum total size of the param regions of one user's rings in bytes."),
		F(entries, "submissionEntriesPerUser", INT,
		  "Maximum total number of submission queue entries of one user's rings."),
		F(connections, "connectionsPerUser", INT,
		  "Maximum number of open connections of one user."),
		F(descriptors, "descriptorsPerUser", INT,
		  "Maximum number of file descriptors that one user's waiting messages and rings hold."),
		F(queued_bytes, "queuedBytesPerUser", INT,
		  "Maximum memory for messages from and to one user in bytes."),
		F(programs, "loadedProgramsPerUser", INT,
		  "Maximum number of program objects that one user has loaded."),
		F(message_bytes, "messageBytes", INT, "Maximum size of a call in bytes."),
		F(message_depth, "messageDepth", INT,
		  "Maximum nesting of objects and arrays in a message."),
		F(message_fds, "messageFileDescriptors", INT,
		  "Maximum number of file descriptors sent with a message.")),
};
#undef F

#define F(...) FIELD(wire_problem, __VA_ARGS__)
const struct schema_type wire_problem_type = {
	.name = "Problem",
	.size = sizeof(struct wire_problem),
	.help = "A problem with the declaration of a ring.",
	.fields = TABLE(F(file, "file", TEXT, "The declaration's file."),
			F(text, "text", TEXT, "A description of the problem and its remedy.")),
};
#undef F

#define F(...) FIELD(wire_decision, __VA_ARGS__)
const struct schema_type wire_decision_type = {
	.name = "Decision",
	.size = sizeof(struct wire_decision),
	.help = "What the policy says about one right or quota of a client.",
	.fields = TABLE(
		F(key, "key", TEXT, "Its key in a rule."),
		F(result, "result", CHOICE, "For a right permitted or denied, for a quota limited.",
		  CHOICES("permitted", "denied", "limited")),
		F(allowed, "allowed", OPTIONAL_INT, "The value of a quota."),
		F(place, "place", TEXT, "Where that is set."),
		F(file, "file", TEXT, "The file of the rule that decided.", .optional = true),
		F(line, "line", OPTIONAL_INT, "The line in the file."),
		F(rule, "rule", TEXT, "The name of the rule, if it has one.", .optional = true)),
};
#undef F

#define F(...) FIELD(wire_program, __VA_ARGS__)
const struct schema_type wire_program_type = {
	.name = "Program",
	.size = sizeof(struct wire_program),
	.help = "A loop program.",
	.fields = TABLE(
		F(name, "name", TEXT, "Its name; UID/NAME if it is not among the caller's names."),
		F(version, "version", INT, "Its version, assigned by its author."),
		F(summary, "summary", TEXT, "A summary in one sentence."),
		F(state, "state", CHOICE,
		  "Whether the kernel has verified it. An available program is loaded when a ring "
		  "first needs it.",
		  CHOICES("available", "loading", "loaded", "rejected")),
		F(reason, "reason", TEXT, "Why it was rejected.", .optional = true),
		F(shipped, "shipped", BOOL,
		  "Whether it is from the program directory rather than LoadProgram."),
		F(digest, "digest", TEXT, "SHA-256 of its object file in hexadecimal."),
		F(rings, "rings", INT, "Number of rings that run it.")),
};
#undef F

#define F(...) FIELD(wire_slot, __VA_ARGS__)
const struct schema_type wire_slot_type = {
	.name = "Slot",
	.size = sizeof(struct wire_slot),
	.help = "A place for a file that the program uses.",
	.fields = TABLE(
		F(name, "name", TEXT, "Its name, for CreateRing's files."),
		F(read, "read", BOOL, "Whether the file must be open for reading."),
		F(write, "write", BOOL, "Whether the file must be open for writing."),
		F(optional, "optional", BOOL, "Whether it may be empty."),
		F(distinct, "distinct", BOOL,
		  "Whether its file must differ from those of other distinct slots."),
		F(types, "types", TEXTS,
		  "The accepted types of file: regular, block, socket, pipe, character."),
		F(help, "help", TEXT, "How the program uses the file.")),
};
#undef F

/* The next two describe JSON that layout-json.c makes. They have no C struct. */
static const struct schema_type enum_value_type = {
	.name = "EnumValue",
	.help = "One value of an enum parameter.",
	.fields = TABLE(
		{.name = "name",
		 .kind = SCHEMA_TEXT,
		 .help = "Its name, used when the parameter is read or written."},
		{.name = "number", .kind = SCHEMA_INT, .help = "Its number."}),
};

const struct schema_type wire_field_type = {
	.name = "Field",
	.help = "A parameter of a loop program: a member of its parameter struct.",
	.fields = TABLE(
		{.name = "name", .kind = SCHEMA_TEXT, .help = "Its name."},
		{.name = "type",
		 .kind = SCHEMA_CHOICE,
		 CHOICES("bool", "signed", "unsigned", "text", "enum", "struct"),
		 .help = "Its type. A text is an array of bytes of fixed size."},
		{.name = "offset",
		 .kind = SCHEMA_INT,
		 .help = "Offset in the enclosing struct in bytes."},
		{.name = "size",
		 .kind = SCHEMA_INT,
		 .help = "Size of one element in bytes; for a text, its capacity."},
		{.name = "count",
		 .kind = SCHEMA_OPTIONAL_INT,
		 .help = "Number of elements, if it is an array."},
		{.name = "access",
		 .kind = SCHEMA_CHOICE,
		 CHOICES("setting", "fixed", "progress"),
		 .help = "A setting may be written at any time, a fixed parameter until the ring is "
			 "started; progress is written by the program only."},
		{.name = "unit",
		 .kind = SCHEMA_TEXT,
		 .optional = true,
		 .help = "Its unit, one of the progress units."},
		{.name = "minimum",
		 .kind = SCHEMA_OPTIONAL_INT,
		 .help = "The minimum value, if it is narrower than its type's."},
		{.name = "maximum",
		 .kind = SCHEMA_OPTIONAL_INT,
		 .help = "The maximum value, if it is narrower than its type's."},
		{.name = "initial",
		 .kind = SCHEMA_OPTIONAL_INT,
		 .help = "Its value in a new ring, if not 0."},
		{.name = "help",
		 .kind = SCHEMA_TEXT,
		 .optional = true,
		 .help = "A description by the program's author."},
		{.name = "values",
		 .kind = SCHEMA_OBJECTS,
		 .optional = true,
		 .type = &enum_value_type,
		 .help = "The values of an enum."},
		{.name = "fields",
		 .kind = SCHEMA_OBJECTS,
		 .optional = true,
		 .type = &wire_field_type,
		 .help = "The members of a struct."}),
};

#define F(...) FIELD(wire_file, __VA_ARGS__)
const struct schema_type wire_file_type = {
	.name = "File",
	.size = sizeof(struct wire_file),
	.help = "The file for one slot.",
	.fields = TABLE(
		F(slot, "slot", TEXT, "The slot's name."),
		F(fd, "fileDescriptor", FD,
		  "Index of the open file among the descriptors sent with the call.")),
};
#undef F

#define F(...) FIELD(wire_work, __VA_ARGS__)
static const struct schema_type wire_work_type = {
	.name = "Work",
	.size = sizeof(struct wire_work),
	.help = "The progress that the loop program reports. It is not verified.",
	.fields = TABLE(
		F(state, "state", CHOICE, "The state of the work.",
		  .choices = manager_work_states),
		F(done, "done", INT, "The amount done, in the unit."),
		F(total, "total", INT, "The total amount, in the unit; 0 if unknown."),
		F(unit, "unit", CHOICE, "The unit of done and total.", .choices = manager_units),
		F(contiguous, "contiguous", INT,
		  "The amount done from the start without a gap, in the unit; 0 if unknown.",
		  .optional = true),
		F(in_flight, "inFlight", INT, "Requests in flight after the last step."),
		F(error, "error", TEXT,
		  "The errno of the first failure, such as ENOSPC.", .optional = true),
		F(error_slot, "errorSlot", TEXT, "The slot of the file on which it occurred.",
		  .optional = true),
		F(error_offset, "errorOffset", OPTIONAL_INT, "The offset in that file in bytes."),
		F(error_operation, "errorOperation", TEXT,
		  "The io_uring operation that failed, such as WRITE_FIXED.", .optional = true)),
};
#undef F

#define F(...) FIELD(wire_wait, __VA_ARGS__)
static const struct schema_type wire_wait_type = {
	.name = "Wait",
	.size = sizeof(struct wire_wait),
	.help = "What requests of a ring wait for that has taken no step for a second or longer.",
	.fields = TABLE(
		F(place, "place", CHOICE,
		  "Where they wait, as the kernel shows it: in the submission, so that the loop "
		  "waits, too; until their file is ready; or in worker threads. Elsewhere: the "
		  "kernel does not show it, and the program counts them as in flight.",
		  CHOICES("submission", "readiness", "worker", "suspended", "elsewhere")),
		F(age, "age", INT,
		  "Microseconds since the last step, which is the least age of all requests in "
		  "flight."),
		F(requests, "requests", INT, "Number of requests that wait there."),
		F(operation, "operation", TEXT, "Their io_uring operation, if it is one and known.",
		  .optional = true),
		F(slot, "slot", TEXT, "The slot of their file, if it is one and known.",
		  .optional = true),
		F(function, "function", TEXT, "The function of the kernel in which the first sleeps.",
		  .optional = true),
		F(text, "text", TEXT, "The same as a sentence.")),
};
#undef F

#define F(...) FIELD(wire_ring, __VA_ARGS__)
const struct schema_type wire_ring_type = {
	.name = "Ring",
	.size = sizeof(struct wire_ring),
	.help = "A ring with its loop program.",
	.fields = TABLE(
		F(name, "name", TEXT, "Its name; UID/NAME if it is not among the caller's names."),
		F(program, "program", TEXT, "Its current program."),
		F(program_version, "programVersion", INT, "The version of that program."),
		F(state, "state", CHOICE, "The ring's state.",
		  CHOICES("creating", "created", "running", "paused", "stopped", "failed",
			  "ending")),
		F(reason, "reason", TEXT,
		  "Why the ring is paused, stopped, failed or ending, or was rolled back.",
		  .optional = true),
		F(user, "user", INT, "User ID of its owner."),
		F(generation, "generation", INT, "1 after creation; increases by one with each swap."),
		F(kind, "kind", CHOICE,
		  "Whether a host of the daemon runs it, or the application that made it.",
		  CHOICES("hosted", "adopted")),
		F(persistent, "persistent", BOOL, "Whether it exists without a client, until DestroyRing.",
		  .optional = true),
		F(probation, "probation", BOOL,
		  "Whether its program is on probation after a start or a swap.",
		  .optional = true),
		F(fallback, "fallback", TEXT,
		  "The last program that passed probation, to which RollbackProgram returns.",
		  .optional = true),
		F(rollback, "rollback", BOOL,
		  "Whether a failure after probation is rolled back, too.",
		  .optional = true),
		F(declared, "declared", BOOL, "Whether the administrator has declared it.",
		  .optional = true),
		F(note, "note", TEXT,
		  "Changes in its declaration that require a new ring.",
		  .optional = true),
		F(process, "process", INT, "Process ID of its host or its application."),
		F(created, "created", INT, "Time of its creation in microseconds since the epoch."),
		F(steps, "steps", INT,
		  "Number of steps of its loop, counted by the dispatcher."),
		F(last_step, "lastStep", OPTIONAL_INT,
		  "Time of the last step in microseconds of CLOCK_MONOTONIC."),
		F(region_bytes, "regionBytes", INT, "Size of its param region in bytes."),
		F(data_bytes, "dataBytes", INT, "Size of the data area in the region in bytes."),
		F(submission_entries, "submissionEntries", INT, "Number of entries of its submission queue."),
		F(completion_entries, "completionEntries", INT, "Number of entries of its completion queue."),
		F(work, "work", STRUCT, "The progress of its program.",
		  .type = &wire_work_type),
		F(waits, "waits", STRUCTS,
		  "What its requests wait for, if the loop has taken no step for a second; only "
		  "DescribeRing and ListRings look.",
		  .type = &wire_wait_type, .optional = true)),
};
#undef F
