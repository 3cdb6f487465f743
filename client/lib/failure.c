/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/failure.h"
#include "wire/fault.h"
#include "wire/json.h"

void failure_done(struct failure *failure)
{
	free(failure->name);
	free(failure->parameters);
	free(failure->message);
	*failure = (struct failure){};
}

const char *failure_message(const struct failure *failure)
{
	return failure->message ? failure->message
				: "no error, or not enough memory for its message";
}

int failure_set(struct failure *failure, int r, const char *format, ...)
{
	va_list args;

	failure_done(failure);
	va_start(args, format);
	if (vasprintf(&failure->message, format, args) < 0)
		failure->message = NULL;
	va_end(args);
	return r;
}

int failure_refused(struct failure *failure, const char *name, struct json_object *parameters)
{
	failure_done(failure);
	failure->name = strdup(name);
	failure->message = fault_message(name, parameters);
	if (!parameters)
		failure->parameters = strdup("{}");
	else if (json_print(parameters, false, &failure->parameters) < 0)
		failure->parameters = NULL;
	if (!failure->name || !failure->parameters)
		return failure_set(failure, -ENOMEM, "not enough memory for the daemon's error %s",
				   name);
	return -EREMOTEIO;
}

int failure_from_note(struct failure *failure, int r, const struct note *note, int fault_errno,
		      const char *method)
{
	_cleanup_json_ struct json_object *parameters = NULL;
	_cleanup_free_ char *text = NULL;

	if (r < 0)
		return failure_set(failure, r, "%s: %s", method, strerror(-r));
	if (fault_to_json(r, note, &parameters) == 0)
		text = fault_message(fault_name(r), parameters);
	failure_set(failure, fault_errno, "%s: %s", method, text ? text : "invalid message");
	return fault_errno;
}
