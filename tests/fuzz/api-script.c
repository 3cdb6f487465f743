/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api-script.h"

#include <string.h>

#include "wire/manager.h"

enum { REPEAT = 1, END = 2, NUL = 3 };

static char text[API_TEXT_MAX];

void api_script_init(struct api_script *script, const uint8_t *data, size_t size)
{
	*script = (struct api_script){.at = data, .end = data + size};
}

static unsigned int take(struct api_script *script)
{
	return script->at < script->end ? *script->at++ : 0;
}

static const char *method_name(unsigned int number)
{
	const struct schema_method *methods = manager_interface.methods;
	size_t n = 0;

	while (methods[n].name)
		n++;
	return methods[number % n].name;
}

static void put(const uint8_t *bytes, size_t n, size_t limit, struct api_operation *to)
{
	if (n > limit - to->n)
		n = limit - to->n;
	for (size_t i = 0; i < n; i++)
		text[to->n++] = bytes[i] == NUL ? '\0' : (char)bytes[i];
}

static void take_repetition(struct api_script *script, size_t limit, struct api_operation *to)
{
	unsigned int times = take(script) << 8, n;

	times |= take(script);
	n = take(script);
	if (n > (size_t)(script->end - script->at))
		n = (unsigned int)(script->end - script->at);
	for (unsigned int i = 0; i < times && to->n < limit; i++)
		put(script->at, n, limit, to);
	script->at += n;
}

static void take_text(struct api_script *script, struct api_operation *to)
{
	size_t limit = API_TEXTS_MAX - script->texts;

	if (limit > API_TEXT_MAX)
		limit = API_TEXT_MAX;
	while (script->at < script->end && *script->at != END) {
		if (*script->at++ == REPEAT)
			take_repetition(script, limit, to);
		else
			put(script->at - 1, 1, limit, to);
	}
	take(script);
	script->texts += to->n;
	to->text = text;
}

bool api_script_next(struct api_script *script, struct api_operation *ret)
{
	unsigned int first = take(script), flags;

	if (script->at == script->end || script->operations++ == API_OPERATIONS_MAX)
		return false;
	*ret = (struct api_operation){.kind = (first & 15) % API_KINDS, .client = first >> 4 & 3};
	switch (ret->kind) {
	case API_CALL:
		ret->method = method_name(take(script));
		flags = take(script);
		ret->more = flags & 1;
		ret->oneway = flags & 2;
		ret->n_fds = flags >> 2 & 3;
		take_text(script, ret);
		break;
	case API_BYTES:
		ret->n_fds = take(script) & 3;
		take_text(script, ret);
		break;
	case API_SCRIBBLE:
		ret->number = take(script) & 31;
		take_text(script, ret);
		break;
	case API_HOST:
	case API_STEPS:
	case API_TIME:
	case API_FAIL:
		ret->number = take(script) & 31;
		break;
	default:
		break;
	}
	return true;
}
