/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring/params.h"
#include "ring/region.h"
#include "common/cleanup.h"
#include "layout/layout.h"

int params_make(const struct kern_program_info *info, struct json_object *object, struct note *note,
		void **ret)
{
	_cleanup_free_ void *params = calloc(1, info->layout.size ? info->layout.size : 1);
	int r;

	if (!params)
		return -ENOMEM;
	layout_write_initial(&info->layout, params);
	if (object) {
		r = layout_write(&info->layout, object, false, params, note);
		if (r != 0)
			return r;
	}
	*ret = take_ptr(params);
	return 0;
}

uint64_t params_data_need(const struct kern_program_info *info, const void *params)
{
	uint64_t need = 1;

	if (!info->descriptor.data_fields[0][0])
		return 0;
	for (size_t i = 0; i < 2; i++) {
		const char *field = info->descriptor.data_fields[i];

		if (field[0] && __builtin_mul_overflow(
					need, layout_number(&info->layout, params, field), &need))
			return UINT64_MAX;
	}
	return need;
}

int params_check_need(const struct kern_program_info *info, const void *params, uint64_t limit,
		      struct note *note)
{
	const char *first = info->descriptor.data_fields[0];
	const char *second = info->descriptor.data_fields[1];
	char parameter[IOURD_NAME_MAX + 16];
	char value[24];
	char expected[2 * IOURD_NAME_MAX + 80];

	if (params_data_need(info, params) <= limit)
		return 0;
	snprintf(parameter, sizeof(parameter), "parameters.%s", first);
	snprintf(value, sizeof(value), "%" PRIu64, layout_number(&info->layout, params, first));
	snprintf(expected, sizeof(expected),
		 "%s%s%s of at most %" PRIu64 ", the size of the data area in bytes", first,
		 second[0] ? " x " : "", second, limit);
	return fault_invalid_parameter(note, parameter, value, expected);
}

int params_data_size(const struct kern_program_info *info, const void *params, bool wanted_set,
		     uint64_t wanted, struct note *note, uint64_t *ret)
{
	uint64_t maximum = info->descriptor.data_maximum;
	uint64_t need = params_data_need(info, params);
	char value[24];
	char expected[96];
	int r;

	r = params_check_need(info, params, maximum, note);
	if (r != 0)
		return r;
	if (!wanted_set) {
		wanted = need ? need : info->descriptor.data_initial;
	} else if (wanted < need || wanted > maximum) {
		snprintf(value, sizeof(value), "%" PRIu64, wanted);
		snprintf(expected, sizeof(expected), "%" PRIu64 " to %" PRIu64 " bytes", need,
			 maximum);
		return fault_invalid_parameter(note, "dataBytes", value, expected);
	}
	*ret = region_round(wanted);
	return 0;
}
