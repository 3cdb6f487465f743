/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decodes any JSON as the parameters of any method, encodes it, and decodes it again.
 *
 * Input: a byte that selects the message, and the JSON.
 */
#include "../fds.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "wire/fault.h"
#include "wire/json.h"
#include "wire/manager.h"

/* Messages of all methods, inputs and outputs; the byte wraps around. */
static const struct schema_type *pick(uint8_t number)
{
	const struct schema_interface *interfaces[] = {&manager_interface, &service_interface};
	size_t n = 0;

	for (;;) {
		for (size_t i = 0; i < 2; i++) {
			for (const struct schema_method *m = interfaces[i]->methods; m->name; m++) {
				if (n++ == number)
					return m->input;
				if (n++ == number)
					return m->output;
			}
		}
	}
}

static void check_again(const struct schema_type *type, struct json_object *object)
{
	int fds[3] = {0, 1, 2};
	struct schema_fds borrowed = {.fds = fds, .n = 3}, owned = {};
	_cleanup_json_ struct json_object *encoded = NULL;
	void *first = malloc(type->size), *second = malloc(type->size);
	struct note note = {};
	int r;

	MUST(first && second);
	r = schema_decode(type, object, &borrowed, &note, first);
	if (r == 0) {
		MUST(note.fault == FAULT_NONE);
		MUST(schema_encode(type, first, &owned, &encoded) == 0);
		MUST(schema_decode(type, encoded, &owned, &note, second) == 0);
		schema_done(type, second);
		schema_done(type, first);
		schema_fds_done(&owned);
	} else {
		MUST(r == FAULT_INVALID_PARAMETER && note.texts[0] && note.texts[2]);
	}
	note_done(&note);
	free(first);
	free(second);
}

static bool keep_texts(void *arg, struct json_object *single)
{
	size_t *n = arg;

	return (*n)++ % 2 == 0 && !json_is_empty(single);
}

/* The other functions that take values of others. */
static void use_json(struct json_object *object, const uint8_t *bytes, size_t size)
{
	_cleanup_json_ struct json_object *copy = NULL, *some = NULL, *array = NULL;
	_cleanup_free_ struct json_object **elements = NULL;
	_cleanup_free_ char *text = NULL;
	size_t n = 0;

	MUST(json_copy(object, &copy) == 0);
	if (json_object_is_type(object, json_type_object))
		MUST(json_select(object, keep_texts, &n, &some) == 0);
	array = json_object_new_array();
	MUST(array && json_append(array, json_object_get(object)) == 0);
	/* bytes that are no UTF-8 become a text that is */
	MUST(json_append(array, json_new_text((const char *)bytes, size < 300 ? size : 300)) == 0);
	MUST(json_elements(array, &elements, &n) == 0 && n == 2 && elements[0] == object);
	MUST(json_print(elements[1], false, &text) == 0);
	json_put(copy);
	copy = NULL;
	MUST(json_parse(text, strlen(text), NULL, &copy) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t fds_before = count_fds();
	_cleanup_json_ struct json_object *object = NULL;
	struct note note = {};

	if (size < 1)
		return 0;
	if (json_parse((const char *)data + 1, size - 1, &note, &object) == 0) {
		_cleanup_json_ struct json_object *again = NULL;
		_cleanup_free_ char *text = NULL, *described = json_describe(object);

		check_again(pick(data[0]), object);
		use_json(object, data, size);
		MUST(described);
		MUST(json_print(object, data[0] & 1, &text) == 0);
		MUST(json_parse(text, strlen(text), NULL, &again) == 0);
	} else {
		MUST(note.fault == FAULT_MESSAGE_REFUSED && note.texts[0]);
	}
	note_done(&note);
	MUST(count_fds() == fds_before);
	return 0;
}
