/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xattr FILE: prints its extended attributes, sorted, "NAME=HEXADECIMAL".
 * xattr FILE NAME=HEXADECIMAL: sets one. An empty value removes it.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define VALUE_MAX 4096
#define NAMES_MAX 4096

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print(const char *path)
{
	static char names[NAMES_MAX];
	static unsigned char value[VALUE_MAX];
	static char *sorted[NAMES_MAX / 2];
	ssize_t size = listxattr(path, names, sizeof(names)), length;
	size_t n = 0;

	if (size < 0)
		err(1, "%s", path);
	for (char *name = names; name < names + size; name += strlen(name) + 1)
		sorted[n++] = name;
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++) {
		length = getxattr(path, sorted[i], value, sizeof(value));
		if (length < 0)
			err(1, "%s: %s", path, sorted[i]);
		printf("%s=", sorted[i]);
		for (ssize_t k = 0; k < length; k++)
			printf("%02x", value[k]);
		putchar('\n');
	}
}

static void set(const char *path, char *word)
{
	static unsigned char value[VALUE_MAX];
	char *digits = strchr(word, '=');
	size_t length = 0;

	if (!digits)
		errx(1, "expected NAME=HEXADECIMAL, not %s", word);
	*digits++ = '\0';
	for (; digits[0] && digits[1] && length < VALUE_MAX; digits += 2) {
		const char byte[] = {digits[0], digits[1], '\0'};

		value[length++] = (unsigned char)strtoul(byte, NULL, 16);
	}
	if (length ? setxattr(path, word, value, length, 0) < 0 : removexattr(path, word) < 0)
		err(1, "%s: %s", path, word);
}

int main(int argc, char **argv)
{
	if (argc == 2)
		print(argv[1]);
	else if (argc == 3)
		set(argv[1], argv[2]);
	else
		errx(2, "expected FILE [NAME=HEXADECIMAL]");
}
