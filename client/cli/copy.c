/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iouctl copy: files by their paths, with the words of cp(1)
 *
 * Each file is copied by a ring of its own, as iouctl run copy does, one after the other.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "interrupt.h"
#include "output.h"
#include "preserve.h"
#include "reply.h"
#include "run.h"
#include "target.h"

#define RATE_TEXT_MAX 48

struct copied { /* a target that this command has written */
	dev_t device;
	ino_t inode;
};

struct copy {
	struct cli *cli;
	const char *program;
	const char **words; /* owned: "depth=16" */
	size_t n_words;
	char rate[RATE_TEXT_MAX];
	struct target_options target;
	struct json_object *description; /* owned */
	struct copied *copied;		 /* owned */
	size_t n_copied;
};

struct copy_file {
	struct copy *copy;
	struct target target;
};

static int read_rate(struct copy *copy, const char *text)
{
	uint64_t rate;

	if (!cli_number(text, &rate) || rate == 0) {
		output_error("--rate: expected a number of bytes per second of at least 1, which "
			     "may end in K, M, G, T or P, not \"%s\"",
			     text);
		return STATUS_USAGE;
	}
	snprintf(copy->rate, sizeof(copy->rate), "bytes_per_second=%" PRIu64, rate);
	copy->program = "copy-paced";
	copy->words[copy->n_words++] = copy->rate;
	return 0;
}

static int read_options(struct copy *copy)
{
	struct cli *cli = copy->cli;
	const char *rate = cli_option(cli, "rate");

	copy->program = "copy";
	copy->words = calloc(cli->n_options + 1, sizeof(*copy->words));
	if (!copy->words)
		abort();
	copy->target = (struct target_options){
		.atomic = cli_flag(cli, "atomic"),
		.no_clobber = cli_flag(cli, "no-clobber"),
		.force = cli_flag(cli, "force"),
		.sync = true,
	};
	for (size_t i = 0; i < cli->n_options; i++) {
		const char *name = cli->options[i].spec->name, *text = cli->options[i].text;

		if (strcmp(name, "set") == 0)
			copy->words[copy->n_words++] = text;
		else if (strcmp(name, "preserve") == 0 &&
			 !preserve_parse(text, &copy->target.preserve))
			return STATUS_USAGE;
		else if (strcmp(name, "sync") == 0 || strcmp(name, "no-sync") == 0)
			copy->words[copy->n_words++] =
				(copy->target.sync = *name == 's') ? "sync=true" : "sync=false";
	}
	return rate ? read_rate(copy, rate) : 0;
}

/* The last part of @source in the directory @directory, from malloc. */
static char *path_in(const char *directory, const char *source)
{
	const char *slash = strrchr(source, '/');
	size_t length = strlen(directory);
	char *path;

	if (asprintf(&path, "%s%s%s", directory, length && directory[length - 1] == '/' ? "" : "/",
		     slash ? slash + 1 : source) < 0)
		abort();
	return path;
}

static bool was_copied(const struct copy *copy, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	for (size_t i = 0; i < copy->n_copied; i++)
		if (copy->copied[i].device == st.st_dev && copy->copied[i].inode == st.st_ino)
			return true;
	return false;
}

static int finish(void *arg)
{
	struct copy_file *file = arg;
	struct copy *copy = file->copy;
	struct stat st;
	int r = target_finish(&file->target);

	if (r == 0 && fstat(file->target.fd, &st) == 0)
		copy->copied[copy->n_copied++] = (struct copied){st.st_dev, st.st_ino};
	return r;
}

static struct json_object *names(const char *source, const char *target)
{
	struct json_object *object = cli_object("source", source);

	json_object_object_add(object, "target", json_object_new_string(target));
	return object;
}

static void print_skipped(const struct copy *copy, const char *source, const char *path)
{
	struct json_object *object;

	if (copy->cli->json) {
		object = names(source, path);
		json_object_object_add(object, "state", json_object_new_string("skipped"));
		json_object_object_add(object, "exitStatus", json_object_new_int(STATUS_OK));
		output_json(object);
		json_object_put(object);
	} else if (!cli_flag(copy->cli, "quiet")) {
		output_error("%s exists; it is not overwritten", path);
	}
}

/* Runs a ring for open files, which it closes. An exit status. */
static int copy_file(struct copy *copy, const struct source *source, struct copy_file *file)
{
	struct target *target = &file->target;
	bool atomic = copy->target.atomic;
	struct run run = {
		.cli = copy->cli,
		.program = copy->program,
		.description = json_object_get(copy->description),
		.title = target->path,
		.finish = finish,
		.arg = file,
		.result = names(source->path, target->path),
	};
	int r;

	files_add(&run.files, "source", &(struct run_file){.path = source->path, .fd = source->fd});
	files_add(&run.files, "target",
		  &(struct run_file){
			  .path = target->path,
			  .fd = target->fd,
			  .writable = true,
			  .write_only = true,
			  .created = target->created && !atomic,
			  .aside = atomic,
		  });
	r = run_describe(&run);
	if (r == 0)
		r = run_create_ring(&run, copy->words, copy->n_words, false);
	if (r == 0)
		r = run_ring(&run);
	if (r != 0 && run.ring && atomic && !target->installed)
		output_error("%s is %s", target->path,
			     target->created ? "not created" : "unchanged");
	run_done(&run);
	return r;
}

static int copy_path(struct copy *copy, const char *path, const char *target_path)
{
	struct copy_file file = {.copy = copy};
	struct source source;
	int r = source_open(&source, path);

	if (r != 0)
		return r;
	if (was_copied(copy, target_path)) {
		output_error("another file was just copied to %s; %s is not copied over it",
			     target_path, path);
		close(source.fd);
		return STATUS_FAILED;
	}
	r = target_open(&file.target, target_path, &source, &copy->target);
	if (r == 0) {
		r = copy_file(copy, &source, &file);
	} else {
		close(source.fd);
		if (r == TARGET_EXISTS) {
			print_skipped(copy, path, target_path);
			r = 0;
		}
	}
	target_done(&file.target);
	return r;
}

/* Goes on after a file that cannot be copied. The status is that of the first such file. */
static int copy_all(struct copy *copy, char **sources, size_t n, const char *target, bool into)
{
	int status = 0;
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		char *path = into ? path_in(target, sources[i]) : strdup(target);
		int r;

		if (!path)
			abort();
		r = copy_path(copy, sources[i], path);
		free(path);
		done += r == 0;
		status = status ? status : r;
		if (interrupt_count() && n > 1 && i + 1 < n) {
			output_error("interrupted; %zu of %zu files are copied", done, n);
			return STATUS_INTERRUPTED;
		}
		if (interrupt_count() || r == STATUS_NO_DAEMON)
			return r;
		interrupt_defer(false);
	}
	return status;
}

/* The daemon is asked first, so that nothing is touched without it. */
static int describe(struct copy *copy)
{
	return cli_call(copy->cli, "DescribeProgram", cli_object("program", copy->program), NULL, 0,
			&copy->description);
}

static int copy_files(struct cli *cli)
{
	const char *target = cli->arguments[cli->n_arguments - 1];
	size_t n = cli->n_arguments - 1;
	struct copy copy = {.cli = cli};
	struct stat st;
	bool into = stat(target, &st) == 0 && S_ISDIR(st.st_mode);
	int r;

	if (n > 1 && !into) {
		output_error("copy: %s is not a directory; several files are copied into one",
			     target);
		return STATUS_USAGE;
	}
	interrupt_catch();
	copy.copied = calloc(n, sizeof(*copy.copied));
	if (!copy.copied)
		abort();
	r = read_options(&copy);
	if (r == 0)
		r = describe(&copy);
	if (r == 0)
		r = copy_all(&copy, cli->arguments, n, target, into);
	json_object_put(copy.description);
	free(copy.copied);
	free(copy.words);
	return r;
}

static const struct option_spec copy_options[] = {
	{"atomic", 0, NULL, "write a new file, and let it take the target's place when complete"},
	{"force", 'f', NULL, "also onto a device that is mounted or in use"},
	{"no-clobber", 'n', NULL, "do not overwrite a file that exists"},
	{"preserve", 'p', "[=LIST]",
	 "keep mode, ownership, timestamps (the default), xattr, or all of these"},
	{"rate", 0, "BYTES", "limit in bytes per second, by copy-paced; takes K, M, ..."},
	{"set", 'S', "FIELD=VALUE", "parameter; repeatable; numbers take K, M, G, T, P"},
	{"sync", 0, NULL, "sync the target to the device at the end (the default)"},
	{"no-sync", 0, NULL, "do not: some errors may remain unknown"},
	{"name", 0, "NAME", "name of the ring (default: the program's and a number)"},
	{"quiet", 'q', NULL, "print neither progress bar nor closing line"},
	{0},
};

const struct command commands_copy[] = {
	{"copy", "SOURCE... TARGET", 2, SIZE_MAX, "Copy files, as cp does, through a ring",
	 "TARGET may be a directory. A new file gets the mode of its source, less the umask. If\n"
	 "one of several files cannot be copied, the others are, and the exit status is that of\n"
	 "the first failure. Ctrl-C works as for 'iouctl run'. The ring can be listed, watched,\n"
	 "paused, and swapped while it runs; 'iouctl ring --help' lists how.\n\n"
	 "  iouctl copy --atomic --preserve --rate 10M big.iso /mnt",
	 copy_options, copy_files},
	{0},
};
