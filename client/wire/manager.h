/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manager.h - the messages of the interface org.iouringd.Manager as C structs
 *
 * The tables in manager.c and manager-types.c describe these structs. Texts are borrowed. To add a
 * method, add its structs here, its tables to manager.c, and its handler to daemon/api/.
 */
#ifndef WIRE_MANAGER_H
#define WIRE_MANAGER_H

#include "wire/schema.h"

#define MANAGER_INTERFACE   "org.iouringd.Manager"
#define SERVICE_INTERFACE   "org.varlink.service"
#define MANAGER_SOCKET_PATH "/run/iouringd/org.iouringd.Manager"

/*
 * Limits of the protocol: bytes of a call and of any message, levels of nesting, and descriptors of
 * one message. A call may have one descriptor for each slot of a program.
 */
#define MANAGER_CALL_MAX    (64u << 10)
#define MANAGER_MESSAGE_MAX (1u << 20)
#define MANAGER_DEPTH_MAX   16
#define MANAGER_FDS_MAX	    8

/* ---- named types ---- */

struct wire_capability { /* type Capability */
	const char *name;
	bool present;
	bool required;
	const char *since;
	const char *detail; /* optional */
};

struct wire_limits {	       /* type Limits */
	int64_t rings;	       /* ringsPerUser */
	int64_t region_bytes;  /* regionBytesPerUser */
	int64_t entries;       /* submissionEntriesPerUser */
	int64_t connections;   /* connectionsPerUser */
	int64_t descriptors;   /* descriptorsPerUser */
	int64_t queued_bytes;  /* queuedBytesPerUser */
	int64_t programs;      /* loadedProgramsPerUser */
	int64_t message_bytes; /* messageBytes */
	int64_t message_depth; /* messageDepth */
	int64_t message_fds;   /* messageFileDescriptors */
};

struct wire_problem { /* type Problem: of a declared ring */
	const char *file;
	const char *text;
};

struct wire_decision { /* type Decision: of the policy */
	const char *key;
	const char *result;	     /* choice: permitted, denied, limited */
	struct optional_int allowed; /* of a quota */
	const char *place;	     /* where it is decided, for people */
	const char *file;	     /* optional, as are the next two: of the rule that decided */
	struct optional_int line;
	const char *rule;
};

struct wire_program { /* type Program */
	const char *name;
	int64_t version;
	const char *summary;
	const char *state;  /* choice: available, loading, loaded, rejected */
	const char *reason; /* optional: why the program was rejected */
	bool shipped;	    /* found in the program directory, not loaded by LoadProgram */
	const char *digest; /* SHA-256 of the object, hexadecimal */
	int64_t rings;	    /* number of rings that run it */
};

struct wire_slot { /* type Slot */
	const char *name;
	bool read;
	bool write;
	bool optional;
	bool distinct;
	struct schema_array types; /* of const char *: regular, block, socket, pipe, character */
	const char *help;
};

struct wire_file { /* type File: the file for a slot, in a call */
	const char *slot;
	int fd; /* fileDescriptor */
};

struct wire_work {	   /* type Work: as reported by the program; not verified */
	const char *state; /* choice: idle, running, done, stopped, failed, unknown */
	int64_t done;
	int64_t total;			  /* 0: unknown */
	const char *unit;		  /* choice: a text of manager_unit_text() */
	int64_t contiguous;		  /* optional; 0: unknown */
	int64_t in_flight;		  /* inFlight: requests */
	const char *error;		  /* optional: the name of an errno, such as ENOSPC */
	const char *error_slot;		  /* errorSlot, optional */
	struct optional_int error_offset; /* errorOffset, bytes */
	const char *error_operation;	  /* errorOperation, optional: such as WRITE_FIXED */
};

struct wire_wait {	   /* type Wait */
	const char *place; /* choice: submission, readiness, worker, elsewhere */
	int64_t age;	   /* microseconds */
	int64_t requests;
	const char *operation; /* optional, as are the next two */
	const char *slot;
	const char *function;
	const char *text;
};

struct wire_ring { /* type Ring */
	const char *name;
	const char *program;
	int64_t program_version; /* programVersion */
	const char *state; /* choice: creating, created, running, paused, stopped, failed, ending */
	const char *
		reason; /* optional: why it is paused, stopped, failed, ending or was rolled back */
	int64_t user;	/* user id of the owner */
	int64_t generation;
	const char *kind;     /* choice: hosted, adopted */
	bool persistent;      /* optional: it exists without a client */
	bool probation;	      /* optional */
	const char *fallback; /* optional: the program that RollbackProgram swaps to */
	bool rollback;	      /* optional */
	bool declared;	      /* optional: in rings.d */
	const char *note;     /* optional: changes in its declaration that require a new ring */
	int64_t process;      /* process id of its host, or of its application */
	int64_t created;      /* microseconds since the epoch */
	int64_t steps;	      /* of the loop, counted by the dispatcher */
	struct optional_int last_step; /* lastStep: microseconds of CLOCK_MONOTONIC */
	int64_t region_bytes;	       /* regionBytes */
	int64_t data_bytes;	       /* dataBytes */
	int64_t submission_entries;    /* submissionEntries */
	int64_t completion_entries;    /* completionEntries */
	struct wire_work work;
	struct schema_array waits; /* optional, of struct wire_wait */
};

/* ---- methods ---- */

struct in_none {
	char nothing;
};

struct in_ring { /* OpenRing, StartRing, PauseRing, ResumeRing, DestroyRing, ClearRing, DescribeRing
		  */
	const char *ring;
};

struct in_program { /* DescribeProgram, UnloadProgram */
	const char *program;
};

struct out_get_status {
	const char *version;
	const char *kernel; /* release, as uname -r prints it */
	bool ready;	    /* every required capability is present, so rings can be created */
	struct schema_array capabilities; /* of struct wire_capability */
	struct wire_limits limits;
	int64_t rings;
	int64_t pinned_bytes; /* pinnedBytes: of these rings' regions */
	int64_t programs;
	int64_t connections;
	struct schema_array problems; /* optional, of struct wire_problem */
};

struct out_list_programs {
	struct schema_array programs; /* of struct wire_program */
};

struct out_describe_program {
	struct wire_program program;
	int64_t submission_entries;
	int64_t completion_entries;
	struct schema_array operations; /* of const char *: READ_FIXED, ... */
	struct schema_array slots;	/* of struct wire_slot */
	int64_t parameter_bytes;
	int64_t data_bytes_initial;
	int64_t data_bytes_maximum;
	struct schema_array
		data_fields;	   /* of const char *: the data area must hold their product */
	const char *progress_unit; /* choice, as in Work */
	struct schema_array
		fields; /* of struct json_object *: type Field, made by layout_to_json() */
};

struct in_explain_policy {
	struct optional_int user; /* absent: the caller */
	struct optional_int group;
	struct schema_array groups; /* optional, of const char *: numbers of supplementary groups */
	const char *control_group;  /* controlGroup, optional */
	const char *program;	    /* optional */
};

struct out_explain_policy {
	int64_t user;
	int64_t payer;
	struct schema_array decisions; /* of struct wire_decision */
};

struct in_load_program {
	int object_fd;	 /* objectFileDescriptor */
	bool check_only; /* checkOnly, optional: verify and report only */
};

struct out_load_program {
	struct wire_program program;
};

struct in_create_ring {
	const char *program;
	const char *name;		/* optional: by default the program's name and a number */
	struct schema_array files;	/* optional, of struct wire_file */
	struct json_object *parameters; /* optional */
	struct optional_int data_bytes; /* dataBytes */
	bool rollback;			/* optional */
	bool persistent;		/* optional */
};

struct out_create_ring {
	struct wire_ring ring;
	int region_fd; /* regionFileDescriptor */
	/* leaseFileDescriptor: the ring ends when its last copy is closed; -1: persistent */
	int lease_fd;
};

struct in_prepare_ring {
	const char *program;
	const char *name; /* optional, as are the following; as in in_create_ring */
	struct schema_array files;
	struct json_object *parameters;
	struct optional_int data_bytes;
	bool rollback;
};

struct out_prepare_ring {
	struct wire_ring ring;
	int region_fd; /* regionFileDescriptor */
	int lease_fd;  /* leaseFileDescriptor: a socket, on which the caller calls listen(2) */
	struct schema_array slots; /* of const char *, in the order of the ring's fixed files */
};

struct in_adopt_ring {
	const char *ring;
	int64_t ring_fd;	/* ringDescriptor: a number in the caller's process */
	int64_t region_fd;	/* regionDescriptor: the same */
	int64_t region_address; /* regionAddress: in the caller's process */
};

struct in_report_ring {
	const char *ring;
	int64_t result; /* of io_uring_enter: 0 or -errno */
};

struct out_open_ring {
	struct wire_ring ring;
	int region_fd;
};

struct out_ring { /* AdoptRing, ReportRing, StartRing, PauseRing, ResumeRing, DescribeRing */
	struct wire_ring ring;
};

struct out_list_rings {
	struct schema_array rings; /* of struct wire_ring */
};

struct in_read_parameters {
	const char *ring;
	struct schema_array fields; /* optional, of const char *: dotted paths; none: all */
};

struct out_read_parameters {
	struct json_object *parameters;
	int64_t generation;
};

struct in_write_parameters {
	const char *ring;
	struct json_object *parameters;
};

struct in_swap_program {
	const char *ring;
	const char *program;
	struct optional_int expected_generation; /* expectedGeneration */
};

struct out_swap_program {
	int64_t generation;
};

struct in_rollback_program {
	const char *ring;
	struct optional_int expected_generation; /* expectedGeneration */
};

struct in_watch {
	const char *ring; /* optional: only this ring's events */
};

struct out_watch {	     /* one event; the first, of kind "watching", is sent at once */
	const char *kind;    /* choice: watching, created, started, paused, resumed, swapped,
				rolledBack, stopped, failed, destroyed, lost */
	int64_t number;	     /* increases by one with each event of the daemon */
	int64_t time;	     /* microseconds since the epoch */
	const char *ring;    /* optional */
	const char *program; /* optional */
	struct optional_int user;
	struct optional_int generation;
	const char *reason;	  /* optional */
	struct optional_int lost; /* events that this watcher missed */
};

extern const struct schema_interface manager_interface;

/* ---- org.varlink.service (SERVICE_INTERFACE) ---- */

struct out_get_info {
	const char *vendor;
	const char *product;
	const char *version;
	const char *url;
	struct schema_array interfaces; /* of const char * */
};

struct in_get_interface_description {
	const char *interface;
};

struct out_get_interface_description {
	const char *description;
};

extern const struct schema_interface service_interface;

/* The names of the numbers in iourd/abi.h; "unknown" for others. */
const char *manager_unit_text(uint32_t unit);
const char *manager_work_state_text(uint32_t state);
/* The name of an IORING_OP_*, such as "READ_FIXED"; NULL if it is unknown. */
const char *manager_opcode_text(uint32_t opcode);
/* The name of an errno, "ENOSPC" for 28; NULL if it is unknown. */
const char *manager_errno_text(int error);

#endif
