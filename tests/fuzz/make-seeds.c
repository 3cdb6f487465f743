/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * make-seeds.c - writes seeds from the tables of the interface
 *
 * usage: make-seeds NAME FOLDER
 *
 * schema: the input and the output of each method. api: each method on a ring that was created
 * before it, by its owner and by others, and attacks that were once possible. lib: each output as
 * the reply of a daemon. control: each message of a host, at the right time and at others.
 * takeover: a change of each word of a ledger. region: a change of each word of a region's head and
 * parameters, before all that reads them. object: changes of a descriptor and of BTF.
 */
#include "seeds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "wire/manager.h"

static const char *folder;

FILE *seed_open(const char *name)
{
	_cleanup_free_ char *path = NULL;
	FILE *file;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		exit(1);
	file = fopen(path, "we");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

void seed_close(FILE *file)
{
	if (fclose(file) != 0) {
		perror(folder);
		exit(1);
	}
}

/* ---- values that a field's type allows, and where the name says more, that mean something ---- */

static void write_text(const char *name, FILE *to)
{
	static const char *const known[][2] = {
		{"ring", "r"},
		{"name", "r"},
		{"program", "copy"},
		{"slot", "source"},
		{"interface", MANAGER_INTERFACE},
		{"digest", "00ff"},
		{"errorName", "EIO"},
		{"url", "https://example.org"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(known[i][0], name) == 0) {
			fprintf(to, "\"%s\"", known[i][1]);
			return;
		}
	}
	fprintf(to, "\"text\"");
}

static void write_value(const struct schema_field *field, unsigned int *n_fds, FILE *to)
{
	switch (field->kind) {
	case SCHEMA_BOOL:
		fprintf(to, "true");
		break;
	case SCHEMA_INT:
	case SCHEMA_OPTIONAL_INT:
		fprintf(to, "%lld", (long long)(field->maximum ? field->maximum : 4096));
		break;
	case SCHEMA_TEXT:
		write_text(field->name, to);
		break;
	case SCHEMA_CHOICE:
		fprintf(to, "\"%s\"", field->choices[0]);
		break;
	case SCHEMA_FD:
		fprintf(to, "%u", (*n_fds)++);
		break;
	case SCHEMA_OBJECT:
		fprintf(to, "{\"depth\":4}");
		break;
	case SCHEMA_STRUCT:
		seed_object(field->type, true, n_fds, to);
		break;
	case SCHEMA_TEXTS:
		fprintf(to, "[\"depth\",\"operations\"]");
		break;
	case SCHEMA_STRUCTS:
		fprintf(to, "[");
		seed_object(field->type, true, n_fds, to);
		fprintf(to, ",");
		seed_object(field->type, false, n_fds, to);
		fprintf(to, "]");
		break;
	case SCHEMA_OBJECTS:
		fprintf(to, "[{\"name\":\"depth\",\"type\":\"unsigned\"}]");
		break;
	}
}

void seed_object(const struct schema_type *type, bool optional, unsigned int *n_fds, FILE *to)
{
	bool first = true;

	fprintf(to, "{");
	for (const struct schema_field *field = type->fields; field && field->name; field++) {
		if (field->optional && !optional)
			continue;
		fprintf(to, "%s\"%s\":", first ? "" : ",", field->name);
		write_value(field, n_fds, to);
		first = false;
	}
	fprintf(to, "}");
}

/* ---- schema: the byte that selects the message, and the message ---- */

static void make_schema(void)
{
	const struct schema_interface *interfaces[] = {&manager_interface, &service_interface};
	unsigned int number = 0;

	for (size_t i = 0; i < 2; i++) {
		for (const struct schema_method *m = interfaces[i]->methods; m->name; m++) {
			for (unsigned int kind = 0; kind < 4; kind++) {
				_cleanup_free_ char *name = NULL;
				unsigned int n_fds = 0;
				FILE *file;

				if (asprintf(&name, "made-%s-%s%s", kind & 1 ? "out" : "in",
					     m->name, kind & 2 ? "-all" : "") < 0)
					exit(1);
				file = seed_open(name);
				fputc((int)(number + (kind & 1)), file);
				seed_object(kind & 1 ? m->output : m->input, kind & 2, &n_fds,
					    file);
				seed_close(file);
			}
			number += 2;
		}
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} kinds[] = {
		{"api", seeds_of_api},		 {"control", seeds_of_control},
		{"lib", seeds_of_lib},		 {"object", seeds_of_object},
		{"region", seeds_of_region},	 {"schema", make_schema},
		{"takeover", seeds_of_takeover},
	};

	if (argc != 3) {
		fprintf(stderr, "usage: make-seeds NAME FOLDER\n");
		return 2;
	}
	folder = argv[2];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]) == 0) {
			kinds[i].make();
			return 0;
		}
	}
	fprintf(stderr, "%s has no tables\n", argv[1]);
	return 2;
}
