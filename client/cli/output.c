/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers, JSON and escaped text. */
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "output.h"

/* JSON may hold DEL and U+0080 to U+009F as they are; terminals obey some of these. */
static void print_json(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == 0x7f)
			fputs("\\u007f", stdout);
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			printf("\\u%04x", *++p);
		else
			putchar(*p);
	}
	putchar('\n');
}

void output_json(struct json_object *object)
{
	int flags = isatty(STDOUT_FILENO) ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
					  : JSON_C_TO_STRING_PLAIN;

	print_json(json_object_to_json_string_ext(object, flags | JSON_C_TO_STRING_NOSLASHESCAPE));
}

void output_json_line(struct json_object *object)
{
	output_json_text(json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

void output_json_text(const char *text)
{
	print_json(text);
	fflush(stdout);
}

static bool is_bytes(const char *unit)
{
	return strcmp(unit, "bytes") == 0;
}

static const char *scaled_bytes(char *buffer, double amount, const char *suffix)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	size_t i = 0;

	while (amount >= 1024 && i < sizeof(units) / sizeof(units[0]) - 1) {
		amount /= 1024;
		i++;
	}
	snprintf(buffer, OUTPUT_NUMBER_MAX, i ? "%.1f %s%s" : "%.0f %s%s", amount, units[i],
		 suffix);
	return buffer;
}

const char *output_amount(char *buffer, uint64_t amount, const char *unit)
{
	if (is_bytes(unit))
		return scaled_bytes(buffer, (double)amount, "");
	if (strcmp(unit, "none") == 0 || !*unit)
		snprintf(buffer, OUTPUT_NUMBER_MAX, "%" PRIu64, amount);
	else
		snprintf(buffer, OUTPUT_NUMBER_MAX, "%" PRIu64 " %.16s", amount, unit);
	return buffer;
}

const char *output_rate(char *buffer, double per_second, const char *unit)
{
	if (is_bytes(unit))
		return scaled_bytes(buffer, per_second, "/s");
	snprintf(buffer, OUTPUT_NUMBER_MAX, "%.0f/s", per_second);
	return buffer;
}

const char *output_duration(char *buffer, double seconds)
{
	uint64_t s = seconds < 1e9 ? (uint64_t)ceil(seconds) : 1000000000;

	if (s >= 3600)
		snprintf(buffer, OUTPUT_NUMBER_MAX, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
			 s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buffer, OUTPUT_NUMBER_MAX, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
	return buffer;
}

const char *output_time(char *buffer, uint64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm tm;
	size_t n;

	localtime_r(&seconds, &tm);
	n = strftime(buffer, OUTPUT_NUMBER_MAX, "%H:%M:%S", &tm);
	snprintf(buffer + n, OUTPUT_NUMBER_MAX - n, ".%03u", (unsigned)(time_us / 1000 % 1000));
	return buffer;
}

const char *output_date(char *buffer, uint64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(buffer, OUTPUT_NUMBER_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	return buffer;
}

/* The bytes of the printable character that @text (@size bytes) begins with; 0 if none does. */
static size_t printable(const char *text, size_t size)
{
	mbstate_t state = {0};
	wchar_t character;
	size_t n = mbrtowc(&character, text, size, &state);

	return n == 0 || n > size || !iswprint((wint_t)character) ? 0 : n;
}

static void print_escaped(FILE *out, const char *text, const char *kept)
{
	const char *end = text + strlen(text);

	while (text < end) {
		size_t n = strchr(kept, *text) ? 1 : printable(text, (size_t)(end - text));

		if (n)
			fwrite(text, 1, n, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*text);
		text += n ? n : 1;
	}
}

void output_text(FILE *out, const char *text)
{
	print_escaped(out, text, "");
}

void output_log(FILE *out, const char *text)
{
	print_escaped(out, text, "\n\t");
}

/* In one piece, so that the lines of several processes do not mix. */
static void print_line(FILE *out, const char *before, const char *format, va_list arguments)
{
	char *text, *line;
	size_t size;
	FILE *into;

	if (vasprintf(&text, format, arguments) < 0)
		abort();
	into = open_memstream(&line, &size);
	if (!into)
		abort();
	fputs(before, into);
	output_text(into, text);
	fputc('\n', into);
	fclose(into);
	fwrite(line, 1, size, out);
	free(line);
	free(text);
}

void output_line(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_line(out, "", format, arguments);
	va_end(arguments);
}

void output_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_line(stderr, "iouctl: ", format, arguments);
	va_end(arguments);
}
