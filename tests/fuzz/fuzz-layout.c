/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes and reads JSON through arbitrary layouts. The struct lies at the end of a page that an
 * inaccessible page follows, and after guard bytes.
 *
 * Input: JSON {"size": N, "fields": [Field], "values": {}, "paths": [string]}; or, if it does not
 * start with a brace, 8 bytes for each field of a layout as a hostile object's BTF may give it.
 */
#include "fuzz.h"
#include "layout-input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <json-c/json.h>

#include "wire/fault.h"
#include "wire/json.h"
#include "layout/layout.h"

#define AREA	   (128u << 10)
#define FIELDS_MAX 64u

static char *area; /* AREA bytes; the page after them cannot be touched */

static void make_area(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (area)
		return;
	area = mmap(NULL, AREA + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(area != MAP_FAILED);
	MUST(mprotect(area + AREA, page, PROT_NONE) == 0);
}

static void read_paths(const struct layout *layout, const char *bytes, struct json_object *paths)
{
	const char *names[16];
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(paths) && n < 16; i++) {
		struct json_object *path = json_object_array_get_idx(paths, i);

		if (json_object_is_type(path, json_type_string))
			names[n++] = json_object_get_string(path);
	}
	for (size_t i = 0; i < n; i++) {
		struct json_object *object = NULL;
		int r = layout_read(layout, bytes, &names[i], 1, NULL, &object);

		MUST(r == 0 || r == FAULT_INVALID_PARAMETER);
		layout_number(layout, bytes, names[i]);
		json_put(object);
	}
}

/* The layout is valid, so every operation stays within layout->size bytes. */
static void use(const struct layout *layout, struct json_object *values, struct json_object *paths)
{
	_cleanup_json_ struct json_object *all = NULL, *described = NULL;
	_cleanup_free_ char *before = malloc(layout->size + 1);
	char *bytes = area + AREA - layout->size;
	struct note note = {};
	int r;

	MUST(before && layout->size <= AREA / 2);
	memset(bytes - 64, 0x77, 64);
	memset(bytes, 0, layout->size);
	layout_write_initial(layout, bytes);
	MUST(layout_read(layout, bytes, NULL, 0, NULL, &all) == 0);
	memset(bytes, 0x99, layout->size);
	memcpy(before, bytes, layout->size);
	r = layout_write(layout, values, false, bytes, &note);
	MUST(r == 0 || r == FAULT_INVALID_PARAMETER);
	MUST(r == 0 || memcmp(before, bytes, layout->size) == 0);
	note_done(&note);
	/* what was read can be written, except for fields that may not be set */
	r = layout_write(layout, all, false, bytes, &note);
	MUST(r == 0 || r == FAULT_INVALID_PARAMETER);
	note_done(&note);
	if (json_object_is_type(paths, json_type_array))
		read_paths(layout, bytes, paths);
	MUST(layout_compare(layout, layout, NULL) == 0);
	MUST(layout_to_json(layout, &described) == 0);
	for (size_t i = 1; i <= 64; i++)
		MUST(bytes[-(ptrdiff_t)i] == 0x77);
}

static void from_json(const uint8_t *data, size_t size)
{
	_cleanup_json_ struct json_object *root = NULL;
	struct json_object *values = NULL, *paths = NULL;
	struct layout layout;

	if (json_parse((const char *)data, size, NULL, &root) != 0)
		return;
	json_object_object_get_ex(root, "values", &values);
	json_object_object_get_ex(root, "paths", &paths);
	layout_input(root, &layout);
	if (layout_check(&layout) == 0)
		use(&layout, values, paths);
	layout_done(&layout);
}

static struct layout_field field_from(const uint8_t *d)
{
	static char *const names[] = {(char *)"a", (char *)"b", (char *)"c", (char *)"long_name"};
	static struct layout_value values[] = {{(char *)"one", 1}, {(char *)"minus", -1}};
	struct layout_field field = {
		.name = names[d[0] & 3],
		.kind = (d[0] >> 2) % 7, /* includes an invalid one */
		.access = d[1] & 3,
		.offset = (uint32_t)(d[2] | d[3] << 8) * (d[1] & 0x80 ? 65537u : 1u),
		.size = (uint32_t)(d[4] | (d[1] & 0x40 ? d[5] << 8 | (uint32_t)d[7] << 24 : 0u)),
		.count = d[6] | (d[1] & 0x20 ? (uint32_t)d[7] << 24 : 0u),
		.bounded = d[1] & 0x10,
		.minimum = (int8_t)d[5],
		.maximum = (int8_t)d[7],
		.initial = (int8_t)d[5],
	};

	if (field.kind == LAYOUT_ENUM)
		field.values = values, field.n_values = 2;
	return field;
}

static void from_bytes(const uint8_t *data, size_t size)
{
	struct layout_field fields[FIELDS_MAX];
	struct layout layout = {.size = (uint32_t)(data[0] | data[1] << 8), .fields = fields};
	_cleanup_json_ struct json_object *values = NULL;
	static const char text[] =
		"{\"a\":1,\"b\":[{\"a\":\"one\"}],\"c\":\"one\",\"long_name\":true}";
	size_t n = (size - 2) / 8;

	if (n > FIELDS_MAX)
		n = FIELDS_MAX;
	for (size_t i = 0; i < n; i++)
		fields[i] = field_from(data + 2 + 8 * i);
	/* the first half are the fields; each struct among them has the rest as its members */
	layout.n_fields = (n + 1) / 2;
	for (size_t i = 0; i < layout.n_fields; i++) {
		if (fields[i].kind != LAYOUT_STRUCT)
			continue;
		fields[i].fields = fields + layout.n_fields;
		fields[i].n_fields = n - layout.n_fields;
	}
	if (layout_check(&layout) != 0)
		return;
	MUST(json_parse(text, sizeof(text) - 1, NULL, &values) == 0);
	use(&layout, values, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	make_area();
	if (size > 0 && data[0] == '{')
		from_json(data, size);
	else if (size >= 2)
		from_bytes(data, size);
	return 0;
}
