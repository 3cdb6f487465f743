/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driver.c - runs a fuzzer without libFuzzer: every file of a corpus, and a fixed number of
 * mutations of each, the same in every run
 *
 * usage: fuzz-NAME FOLDER [MUTATIONS]	one line of TAP for each seed
 *        fuzz-NAME FILE		that input only
 *
 * If the fuzzer dies, the input is written to standard error in hexadecimal.
 */
#include "fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_MAX    8192u
#define SECONDS_EACH 20u /* time limit for each seed */

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t size;
};

static struct input current;
static struct dirent **seeds;
static int n_seeds;
static const char *folder;
static uint64_t state;

static uint32_t next(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % below;
}

static void die(int signal_number)
{
	static const char digits[] = "0123456789abcdef";
	static const char intro[] = "# the input, in hexadecimal: ";
	char line[2 * INPUT_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < current.size; i++) {
		line[n++] = digits[current.bytes[i] >> 4];
		line[n++] = digits[current.bytes[i] & 15];
	}
	line[n++] = '\n';
	if (write(STDERR_FILENO, intro, sizeof(intro) - 1) >= 0 &&
	    write(STDERR_FILENO, line, n) >= 0)
		signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static int load(const char *path, struct input *input)
{
	FILE *file = fopen(path, "re");

	if (!file) {
		perror(path);
		return -1;
	}
	input->size = fread(input->bytes, 1, INPUT_MAX, file);
	fclose(file);
	return 0;
}

/* ---- mutations ---- */

static void insert(struct input *in, size_t at, const void *bytes, size_t n)
{
	if (in->size + n > INPUT_MAX)
		return;
	memmove(in->bytes + at + n, in->bytes + at, in->size - at);
	memcpy(in->bytes + at, bytes, n);
	in->size += n;
}

static void insert_token(struct input *in)
{
	static const char *const tokens[] = {
		"{",
		"}",
		"[",
		"]",
		",",
		":",
		"\"",
		"\\",
		"\\u0000",
		"\\ud800",
		"null",
		"true",
		"-1",
		"0",
		"4294967295",
		"4294967296",
		"9223372036854775808",
		"18446744073709551615",
		"1e9",
		"\xff",
		"\xc3\xa9",
		"\"parameters\":",
		"\"ring\":",
		"\"fileDescriptor\":",
		"\"count\":",
		"\"more\":true",
	};
	const char *token = tokens[next(sizeof(tokens) / sizeof(*tokens))];

	insert(in, next((uint32_t)in->size + 1), token, strlen(token));
}

static void cut(struct input *in)
{
	size_t at = next((uint32_t)in->size), n = next(16) + 1;

	if (n > in->size - at)
		n = in->size - at;
	memmove(in->bytes + at, in->bytes + at + n, in->size - at - n);
	in->size -= n;
}

static void repeat(struct input *in)
{
	uint8_t copy[64];
	size_t at = next((uint32_t)in->size), n = next(sizeof(copy)) + 1;

	if (n > in->size - at)
		n = in->size - at;
	memcpy(copy, in->bytes + at, n);
	insert(in, next((uint32_t)in->size + 1), copy, n);
}

/* Replaces the end by that of another seed. */
static void splice(struct input *in)
{
	char path[4096];
	static struct input other;
	size_t from, at;

	snprintf(path, sizeof(path), "%s/%s", folder, seeds[next((uint32_t)n_seeds)]->d_name);
	if (load(path, &other) < 0 || other.size == 0)
		return;
	from = next((uint32_t)other.size);
	at = next((uint32_t)in->size + 1);
	if (at + other.size - from > INPUT_MAX)
		return;
	memcpy(in->bytes + at, other.bytes + from, other.size - from);
	in->size = at + other.size - from;
}

/* Changes a number in the text, which usually stays valid JSON. */
static void replace_number(struct input *in)
{
	static const char *const numbers[] = {
		"0",
		"1",
		"2",
		"3",
		"4",
		"7",
		"8",
		"16",
		"255",
		"256",
		"4095",
		"4096",
		"65535",
		"65536",
		"2147483648",
		"4294967295",
		"4294967292",
		"1073741824",
		"9223372036854775807",
		"-1",
	};
	const char *number = numbers[next(sizeof(numbers) / sizeof(*numbers))];
	size_t at = next((uint32_t)in->size), n = 0;

	while (at < in->size && (in->bytes[at] < '0' || in->bytes[at] > '9'))
		at++;
	while (at + n < in->size && in->bytes[at + n] >= '0' && in->bytes[at + n] <= '9')
		n++;
	memmove(in->bytes + at, in->bytes + at + n, in->size - at - n);
	in->size -= n;
	insert(in, at, number, strlen(number));
}

static void mutate_bytes(struct input *in)
{
	for (uint32_t i = next(4) + 1; i > 0; i--) {
		uint32_t kind = in->size ? next(8) : 2;

		if (kind == 0)
			in->bytes[next((uint32_t)in->size)] ^= (uint8_t)(1u << next(8));
		else if (kind == 1)
			in->bytes[next((uint32_t)in->size)] = (uint8_t)next(256);
		else if (kind <= 3)
			insert_token(in);
		else if (kind == 4)
			in->bytes[next((uint32_t)in->size)] = 0;
		else if (kind == 5)
			cut(in);
		else if (kind == 6)
			repeat(in);
		else
			splice(in);
	}
}

static void mutate(struct input *in)
{
	if (next(2)) {
		mutate_bytes(in);
		return;
	}
	for (uint32_t i = next(3) + 1; i > 0 && in->size; i--)
		replace_number(in);
}

/* ---- runs ---- */

static int run_seed(int number, unsigned long mutations)
{
	static struct input seed;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, seeds[number]->d_name);
	if (load(path, &seed) < 0)
		return -1;
	state = 88172645463325252u + (uint64_t)number;
	alarm(SECONDS_EACH);
	current = seed;
	LLVMFuzzerTestOneInput(current.bytes, current.size);
	for (unsigned long i = 0; i < mutations; i++) {
		current = seed;
		mutate(&current);
		LLVMFuzzerTestOneInput(current.bytes, current.size);
	}
	alarm(0);
	printf("ok %d - %s and %lu mutations\n", number + 1, seeds[number]->d_name, mutations);
	fflush(stdout);
	return 0;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
	unsigned long mutations = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
	struct stat st;

	if (argc < 2 || stat(argv[1], &st) < 0) {
		fprintf(stderr, "usage: %s FOLDER [MUTATIONS] | FILE\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
		signal(deadly[i], die);
	if (!S_ISDIR(st.st_mode)) {
		if (load(argv[1], &current) < 0)
			return 2;
		return LLVMFuzzerTestOneInput(current.bytes, current.size);
	}
	folder = argv[1];
	n_seeds = scandir(folder, &seeds, visible, alphasort);
	if (n_seeds <= 0) {
		fprintf(stderr, "%s: no seeds\n", folder);
		return 2;
	}
	printf("1..%d\n", n_seeds);
	fflush(stdout);
	for (int i = 0; i < n_seeds; i++)
		if (run_seed(i, mutations) < 0)
			return 1;
	return 0;
}
