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
	.help = "Something that the kernel can do, or cannot.",
	.fields = TABLE(
		F(name, "name", TEXT, "What it is called here and in the error KernelLacks."),
		F(present, "present", BOOL, "The running kernel has it."),
		F(required, "required", BOOL, "Without it no ring can be made."),
		F(since, "since", TEXT, "The first kernel that has it."),
		F(detail, "detail", TEXT, "What was found, or why it is missing.",
		  .optional = true)),
};
#undef F

#define F(...) FIELD(wire_limits, __VA_ARGS__)
const struct schema_type wire_limits_type = {
	.name = "Limits",
	.size = sizeof(struct wire_limits),
	.help = "Limits of the caller's user and of the protocol.",
	.fields = TABLE(
		F(rings, "ringsPerUser", INT, "Rings that one user may have."),
		F(region_bytes, "regionBytesPerUser", INT,
		  "Bytes that the param regions of one user's rings may have together."),
		F(entries, "submissionEntriesPerUser", INT,
		  "Entries that the submission queues of one user's rings may have together."),
		F(connections, "connectionsPerUser", INT,
		  "Connections that one user may hold open."),
		F(message_bytes, "messageBytes", INT, "Bytes of one message."),
		F(message_depth, "messageDepth", INT,
		  "Levels of objects and arrays in one message."),
		F(message_fds, "messageFileDescriptors", INT,
		  "File descriptors that may come with one message.")),
};
#undef F

#define F(...) FIELD(wire_problem, __VA_ARGS__)
const struct schema_type wire_problem_type = {
	.name = "Problem",
	.size = sizeof(struct wire_problem),
	.help = "What is wrong with the declaration of a ring.",
	.fields = TABLE(F(file, "file", TEXT, "The declaration's file."),
			F(text, "text", TEXT, "What is wrong, and what to do.")),
};
#undef F

#define F(...) FIELD(wire_program, __VA_ARGS__)
const struct schema_type wire_program_type = {
	.name = "Program",
	.size = sizeof(struct wire_program),
	.help = "A loop program.",
	.fields = TABLE(
		F(name, "name", TEXT, "Its name."),
		F(version, "version", INT, "Its version, as its author counts."),
		F(summary, "summary", TEXT, "What it does, in one sentence."),
		F(state, "state", CHOICE,
		  "Whether the kernel has verified it: available programs are loaded when a ring "
		  "first needs them.",
		  CHOICES("available", "loading", "loaded", "rejected")),
		F(reason, "reason", TEXT, "Why it was rejected.", .optional = true),
		F(shipped, "shipped", BOOL,
		  "It was found in the program directory, not loaded by LoadProgram."),
		F(digest, "digest", TEXT, "SHA-256 of its object file, hexadecimal."),
		F(rings, "rings", INT, "Rings that run it now.")),
};
#undef F

#define F(...) FIELD(wire_slot, __VA_ARGS__)
const struct schema_type wire_slot_type = {
	.name = "Slot",
	.size = sizeof(struct wire_slot),
	.help = "A place for a file that the program uses.",
	.fields = TABLE(
		F(name, "name", TEXT, "Its name, for CreateRing's files."),
		F(read, "read", BOOL, "The file must be open for reading."),
		F(write, "write", BOOL, "The file must be open for writing."),
		F(optional, "optional", BOOL, "It may stay empty."),
		F(distinct, "distinct", BOOL,
		  "Its file may not be the same as that of another distinct slot."),
		F(types, "types", TEXTS,
		  "The kinds of file that it takes: regular, block, socket, pipe, character."),
		F(help, "help", TEXT, "What the program does with the file.")),
};
#undef F

/* The two that follow describe what layout-json.c makes and reads: no struct is behind them. */
static const struct schema_type enum_value_type = {
	.name = "EnumValue",
	.help = "One value of an enum parameter.",
	.fields = TABLE(
		{.name = "name",
		 .kind = SCHEMA_TEXT,
		 .help = "Its name, as it is read and written."},
		{.name = "number", .kind = SCHEMA_INT, .help = "The number behind it."}),
};

const struct schema_type wire_field_type = {
	.name = "Field",
	.help = "A parameter of a loop program: a member of its parameter struct.",
	.fields = TABLE(
		{.name = "name", .kind = SCHEMA_TEXT, .help = "Its name."},
		{.name = "type",
		 .kind = SCHEMA_CHOICE,
		 CHOICES("bool", "signed", "unsigned", "text", "enum", "struct"),
		 .help = "What it holds. A text is a fixed array of bytes."},
		{.name = "offset",
		 .kind = SCHEMA_INT,
		 .help = "Bytes from the start of the enclosing struct."},
		{.name = "size",
		 .kind = SCHEMA_INT,
		 .help = "Bytes of one element; of a text: its capacity."},
		{.name = "count",
		 .kind = SCHEMA_OPTIONAL_INT,
		 .help = "Elements, if it is an array."},
		{.name = "access",
		 .kind = SCHEMA_CHOICE,
		 CHOICES("setting", "fixed", "progress"),
		 .help = "Settings may be written at any time, fixed ones until the ring is "
			 "started; progress is written by the program only."},
		{.name = "unit",
		 .kind = SCHEMA_TEXT,
		 .optional = true,
		 .help = "What it counts, as progress units are named."},
		{.name = "minimum",
		 .kind = SCHEMA_OPTIONAL_INT,
		 .help = "The smallest value that it takes, if its type does not say it."},
		{.name = "maximum",
		 .kind = SCHEMA_OPTIONAL_INT,
		 .help = "The largest value that it takes, if its type does not say it."},
		{.name = "initial",
		 .kind = SCHEMA_OPTIONAL_INT,
		 .help = "Its value in a new ring, if that is not 0."},
		{.name = "help",
		 .kind = SCHEMA_TEXT,
		 .optional = true,
		 .help = "What it means, in the words of the program's author."},
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
		  "Index, among the descriptors sent with the call, of the open file.")),
};
#undef F

#define F(...) FIELD(wire_work, __VA_ARGS__)
static const struct schema_type wire_work_type = {
	.name = "Work",
	.size = sizeof(struct wire_work),
	.help = "What the loop program says of its work. Nobody checks it.",
	.fields = TABLE(
		F(state, "state", CHOICE, "How far the work is.",
		  .choices = manager_work_states),
		F(done, "done", INT, "What has been done, in the unit."),
		F(total, "total", INT, "What is to be done, in the unit; 0: not known."),
		F(unit, "unit", CHOICE, "The unit of both.", .choices = manager_units),
		F(in_flight, "inFlight", INT, "Requests in flight after the last step."),
		F(error, "error", TEXT,
		  "The name of the errno of the first failure, such as ENOSPC.", .optional = true),
		F(error_slot, "errorSlot", TEXT, "The slot of the file that it happened on.",
		  .optional = true),
		F(error_offset, "errorOffset", OPTIONAL_INT, "Where in that file, in bytes."),
		F(error_operation, "errorOperation", TEXT,
		  "The io_uring operation that failed, such as WRITE_FIXED.", .optional = true)),
};
#undef F

#define F(...) FIELD(wire_ring, __VA_ARGS__)
const struct schema_type wire_ring_type = {
	.name = "Ring",
	.size = sizeof(struct wire_ring),
	.help = "A ring with its loop program.",
	.fields = TABLE(
		F(name, "name", TEXT, "Its name."),
		F(program, "program", TEXT, "The program that it runs now."),
		F(program_version, "programVersion", INT, "That program's version."),
		F(state, "state", CHOICE, "What the ring is doing.",
		  CHOICES("creating", "created", "running", "paused", "stopped", "failed",
			  "ending")),
		F(reason, "reason", TEXT,
		  "Why it is paused, stopped, failed, ending, or was rolled back.",
		  .optional = true),
		F(user, "user", INT, "User id of its owner."),
		F(user_name, "userName", TEXT, "Name of its owner.", .optional = true),
		F(generation, "generation", INT, "1 when it was made, one more with each swap."),
		F(kind, "kind", CHOICE,
		  "Who runs it: a host of the daemon's, or the application that made it itself.",
		  CHOICES("hosted", "adopted")),
		F(persistent, "persistent", BOOL, "It lives without a client, until DestroyRing.",
		  .optional = true),
		F(probation, "probation", BOOL,
		  "Its program was started or put in a moment ago, and has to prove itself.",
		  .optional = true),
		F(fallback, "fallback", TEXT,
		  "The program that it ran well before: what RollbackProgram puts back.",
		  .optional = true),
		F(rollback, "rollback", BOOL,
		  "It goes back to that also if its program fails after probation.",
		  .optional = true),
		F(declared, "declared", BOOL, "The administrator has declared it.",
		  .optional = true),
		F(note, "note", TEXT,
		  "What its declaration asks for that is not done: it needs a new ring.",
		  .optional = true),
		F(process, "process", INT, "Process id of its host, or of its application."),
		F(created, "created", INT, "When it was made, in microseconds since the epoch."),
		F(steps, "steps", INT,
		  "Steps that its loop has taken, as the daemon's dispatcher counts them."),
		F(last_step, "lastStep", OPTIONAL_INT,
		  "When it took the last step, in microseconds of CLOCK_MONOTONIC."),
		F(region_bytes, "regionBytes", INT, "Bytes of its param region."),
		F(data_bytes, "dataBytes", INT, "Bytes of the data area in it."),
		F(submission_entries, "submissionEntries", INT, "Entries of its submission queue."),
		F(completion_entries, "completionEntries", INT, "Entries of its completion queue."),
		F(work, "work", STRUCT, "What its program says of its work.",
		  .type = &wire_work_type)),
};
#undef F
