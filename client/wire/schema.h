/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * schema.h - tables that map JSON objects to C structs
 *
 * The field table of a message is used to decode it, to encode it, and to print and document it as
 * Varlink IDL. A decoded struct borrows texts and objects from its JSON; its arrays are allocated,
 * and freed by schema_done().
 */
#ifndef WIRE_SCHEMA_H
#define WIRE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct note;

struct optional_int {
	bool set;
	int64_t value;
};

enum schema_kind {
	SCHEMA_BOOL,	     /* bool */
	SCHEMA_INT,	     /* int64_t */
	SCHEMA_OPTIONAL_INT, /* struct optional_int; ?int */
	SCHEMA_TEXT,	     /* const char *; NULL only if optional */
	SCHEMA_CHOICE,	     /* const char *, one of choices: an enum in the IDL */
	SCHEMA_FD, /* int: a descriptor; on the wire, its index among the message's; -1: absent */
	SCHEMA_OBJECT,	/* struct json_object *: any JSON object */
	SCHEMA_STRUCT,	/* an embedded struct, described by type */
	SCHEMA_TEXTS,	/* struct schema_array of const char * */
	SCHEMA_STRUCTS, /* struct schema_array of the struct described by type */
	SCHEMA_OBJECTS, /* struct schema_array of struct json_object *, each of (IDL) type */
};

struct schema_array {
	void *items; /* an array of structs, or of pointers */
	size_t n;
};

struct schema_type;

struct schema_field {
	const char *name; /* camelCase, as on the wire; NULL ends a table */
	enum schema_kind kind;
	bool optional; /* may be missing or null; encoded only if it has a value (schema-encode.c)
			*/
	size_t offset;
	const struct schema_type *type;
	const char *const *choices; /* NULL-terminated */
	int64_t minimum;	    /* of an int; both 0: no limit */
	int64_t maximum;
	size_t text_max;  /* of an error's text, in bytes; a longer text is shortened; 0: 1024 */
	const char *help; /* a comment in the IDL */
};

/* A struct with a name in the IDL ("Ring"), or without one (NULL): a method's input or output. */
struct schema_type {
	const char *name;
	size_t size;
	const struct schema_field *fields;
	const char *help;
};

/* The descriptors received, or to send, with a message. */
struct schema_fds {
	int *fds;
	size_t n;
	size_t allocated; /* entries for which fds has memory */
};

/*
 * Decodes @object (NULL: an empty one) into @ret (type->size bytes, zeroed first). An unknown,
 * missing or mistyped field, and a descriptor index that is out of range or used twice, is
 * FAULT_INVALID_PARAMETER with the dotted path, the value and what was expected. Descriptors are
 * borrowed from @fds. On failure nothing has to be freed.
 */
int schema_decode(const struct schema_type *type, struct json_object *object,
		  const struct schema_fds *fds, struct note *note, void *ret);
/* Frees what schema_decode() allocated. */
void schema_done(const struct schema_type *type, void *decoded);
/*
 * Encodes @value. Duplicates its descriptors, close-on-exec, into @fds, which the caller frees with
 * schema_fds_done(). -EINVAL: a required text or object is NULL; -EMFILE: too many descriptors.
 */
int schema_encode(const struct schema_type *type, const void *value, struct schema_fds *fds,
		  struct json_object **ret);
void schema_fds_done(struct schema_fds *fds); /* closes all of them */

struct schema_method {
	const char *name; /* "CreateRing"; NULL ends a table */
	const struct schema_type *input;
	const struct schema_type *output;
	bool more;	/* may be called only with "more" */
	bool takes_fds; /* descriptors sent with a call of any other method are refused */
	const char *help;
};

struct schema_error {
	const char *name; /* without the interface; NULL ends a table */
	const char *full_name;
	const struct schema_field *fields;
	const char *help;
	/*
	 * One line of text, in which {field} is replaced by the field's value. A part in brackets
	 * is omitted if a field in it is missing.
	 */
	const char *message;
};

struct schema_interface {
	const char *name; /* "org.iouringd.Manager" */
	const struct schema_method *methods;
	const struct schema_error *errors;
	const char *help;
};

const struct schema_method *schema_find_method(const struct schema_interface *interface,
					       const char *name);
/* Prints the Varlink interface description; the caller frees it. -E2BIG: too many types. */
int schema_print_idl(const struct schema_interface *interface, char **ret);

#endif
