/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse.c - the text of a policy file to rules; a mistake does not hide those after it */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/container-of.h"
#include "common/names.h"
#include "policy/reader.h"
#include "policy/rules.h"

#define DIGEST_PREFIX "sha256:"

struct parser {
	struct reader reader; /* first: callbacks have a pointer to it */
	struct policy *policy;
	struct policy_rule *rule; /* the current one */
};

static struct parser *parser_of(struct reader *reader)
{
	return container_of(reader, struct parser, reader);
}

/* ---- whom a rule matches ---- */

struct name_list {
	struct policy_names *names;
	const char *expected;
	bool numbers; /* are names, too */
};

static void add_name(struct reader *reader, struct policy_names *names, struct policy_name name)
{
	struct policy_name *items;

	items = reallocarray(names->items, names->n + 1, sizeof(*items));
	name.text = strdup(reader->lexer.text);
	if (items)
		names->items = items;
	if (!items || !name.text) {
		free(name.text);
		reader->no_memory = true;
		return;
	}
	items[names->n++] = name;
}

static void read_name(struct reader *reader, const char *key, unsigned int line, void *arg)
{
	const struct name_list *list = arg;
	struct lexer *lexer = &reader->lexer;
	struct policy_name name = {.line = line};

	if (list->names->n >= POLICY_ENTRIES_MAX) {
		reader_problem(reader, line, "%s has more than %d entries", key,
			       POLICY_ENTRIES_MAX);
		reader_skip(reader);
		return;
	}
	if (list->numbers && lexer->token == TOKEN_INTEGER && lexer->number >= 0 &&
	    lexer->number < UINT32_MAX) {
		name.known = true;
		name.id = (uint32_t)lexer->number;
		snprintf(lexer->text, sizeof(lexer->text), "%u", name.id);
	} else if (lexer->token != TOKEN_STRING || !lexer->text[0]) {
		reader_bad_value(reader, key, list->expected);
		return;
	}
	add_name(reader, list->names, name);
	reader_next(reader);
}

static bool twice(struct reader *reader, const char *key, unsigned int line, bool is_set)
{
	if (!is_set)
		return false;
	reader_problem(reader, line, "%s is given twice in one rule", key);
	reader_skip(reader);
	return true;
}

static void read_names(struct reader *reader, const char *key, unsigned int line,
		       struct name_list *list)
{
	if (twice(reader, key, line, list->names->items != NULL))
		return;
	if (reader->lexer.token != TOKEN_ARRAY) {
		reader_bad_value(reader, key, "a list");
		return;
	}
	reader_list(reader, key, read_name, list);
	/* an empty list could be meant to match everybody, or nobody */
	if (!reader_is_over(reader) && list->names->n == 0)
		reader_problem(reader, line, "%s is empty, expected %s", key, list->expected);
}

/* ---- what a rule says ---- */

/* ["!"] (NAME | "*") ["@sha256:" DIGEST] */
static bool parse_entry(const char *text, struct policy_entry *entry)
{
	const char *at, *digest;
	size_t length;

	*entry = (struct policy_entry){.denied = *text == '!'};
	text += entry->denied;
	at = strchrnul(text, '@');
	length = (size_t)(at - text);
	entry->pinned = *at == '@';
	if (entry->pinned) {
		if (strncmp(at + 1, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) != 0)
			return false;
		digest = at + 1 + strlen(DIGEST_PREFIX);
		if (strlen(digest) != 2 * SHA256_SIZE || !sha256_of_text(digest, entry->digest))
			return false;
	}
	if (length == 1 && *text == '*')
		return true;
	if (length >= sizeof(entry->name))
		return false;
	memcpy(entry->name, text, length);
	return name_valid(entry->name, sizeof(entry->name));
}

static void read_entry(struct reader *reader, const char *key, unsigned int line, void *arg)
{
	struct policy_rule *rule = parser_of(reader)->rule;
	struct policy_entry *entries, entry;

	if (reader->lexer.token != TOKEN_STRING || !parse_entry(reader->lexer.text, &entry)) {
		reader_bad_value(
			reader, key,
			"\"NAME\", \"NAME@sha256:DIGEST\" or \"*\", or one of these with a ! in "
			"front");
		return;
	}
	if (rule->n_programs >= POLICY_ENTRIES_MAX) {
		reader_problem(reader, line, "%s has more than %d entries", key,
			       POLICY_ENTRIES_MAX);
		reader_skip(reader);
		return;
	}
	entries = reallocarray(rule->programs, rule->n_programs + 1, sizeof(*entries));
	if (!entries) {
		reader->no_memory = true;
		return;
	}
	rule->programs = entries;
	entries[rule->n_programs++] = entry;
	reader_next(reader);
}

static void read_setting(struct reader *reader, enum policy_item item, unsigned int line)
{
	struct policy_setting *setting = &parser_of(reader)->rule->settings[item];
	const struct policy_key *key = &policy_keys[item];
	const struct lexer *lexer = &reader->lexer;
	char expected[96];

	if (twice(reader, key->name, line, setting->set))
		return;
	setting->set = true;
	setting->line = line;
	if (item == POLICY_PROGRAMS) {
		if (lexer->token == TOKEN_ARRAY)
			reader_list(reader, key->name, read_entry, NULL);
		else
			reader_bad_value(reader, key->name, "a list of programs");
		return;
	}
	if (item < POLICY_RIGHTS && lexer->token == TOKEN_BOOLEAN) {
		setting->value = lexer->boolean;
	} else if (item >= POLICY_RIGHTS && lexer->token == TOKEN_INTEGER &&
		   lexer->number >= key->minimum && lexer->number <= key->maximum) {
		setting->value = lexer->number;
	} else if (item < POLICY_RIGHTS) {
		reader_bad_value(reader, key->name, "true or false");
		return;
	} else {
		snprintf(expected, sizeof(expected), "a whole number from %lld to %lld",
			 (long long)key->minimum, (long long)key->maximum);
		reader_bad_value(reader, key->name, expected);
		return;
	}
	reader_next(reader);
}

static void read_rule_name(struct reader *reader, unsigned int line)
{
	struct policy_rule *rule = parser_of(reader)->rule;

	if (twice(reader, "name", line, rule->name != NULL))
		return;
	if (reader->lexer.token != TOKEN_STRING) {
		reader_bad_value(reader, "name", "a text");
		return;
	}
	rule->name = strdup(reader->lexer.text);
	reader->no_memory |= !rule->name;
	reader_next(reader);
}

static void unknown_key(struct reader *reader, const char *key, unsigned int line)
{
	char known[512] = "name, users, groups, units, cgroups";
	size_t used = strlen(known);

	for (int i = 0; i < POLICY_ITEMS && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, ", %s",
					 policy_keys[i].name);
	reader_problem(reader, line, "a rule has no key \"%.80s\"; its keys are: %s", key, known);
	reader_skip(reader);
}

static void read_rule_member(struct reader *reader, const char *key, unsigned int line, void *arg)
{
	struct policy_rule *rule = parser_of(reader)->rule;
	struct {
		const char *key;
		struct name_list list;
	} lists[] = {
		{"users", {&rule->users, "a user's name or number", true}},
		{"groups", {&rule->groups, "a group's name or number", true}},
		{"units", {&rule->units, "a name or pattern of units, as \"a@*.service\"", false}},
		{"cgroups", {&rule->cgroups, "the path of a control group", false}},
	};

	if (strcmp(key, "name") == 0) {
		read_rule_name(reader, line);
		return;
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(key, lists[i].key) == 0) {
			read_names(reader, key, line, &lists[i].list);
			return;
		}
	for (int i = 0; i < POLICY_ITEMS; i++)
		if (strcmp(key, policy_keys[i].name) == 0) {
			read_setting(reader, (enum policy_item)i, line);
			return;
		}
	unknown_key(reader, key, line);
}

static void read_rule(struct reader *reader, const char *key, unsigned int line, void *arg)
{
	struct policy *policy = parser_of(reader)->policy;
	struct policy_rule *rules;

	if (reader->lexer.token != TOKEN_OBJECT) {
		reader_bad_value(reader, "a rule", "an object {...}");
		return;
	}
	if (policy->n_rules >= POLICY_RULES_MAX) {
		reader_problem(reader, line, "the policy has more than %d rules", POLICY_RULES_MAX);
		reader->broken = true;
		return;
	}
	rules = reallocarray(policy->rules, policy->n_rules + 1, sizeof(*rules));
	if (!rules) {
		reader->no_memory = true;
		return;
	}
	policy->rules = rules;
	parser_of(reader)->rule = &rules[policy->n_rules++];
	*parser_of(reader)->rule = (struct policy_rule){.file = reader->file, .line = line};
	reader_object(reader, read_rule_member, NULL);
}

static void read_member(struct reader *reader, const char *key, unsigned int line, void *arg)
{
	bool *has_rules = arg;

	if (strcmp(key, "rules") != 0) {
		reader_problem(reader, line, "unknown key \"%.80s\", expected \"rules\"", key);
		reader_skip(reader);
	} else if (*has_rules) {
		reader_problem(reader, line, "rules is given twice");
		reader_skip(reader);
	} else if (reader->lexer.token != TOKEN_ARRAY) {
		reader_bad_value(reader, key, "a list of rules");
	} else {
		*has_rules = true;
		reader_list(reader, key, read_rule, NULL);
	}
}

/* The policy owns the name of the file, which its rules borrow. */
static int add_file(struct policy *policy, const char *file, const char **ret)
{
	char **files = reallocarray(policy->files, policy->n_files + 1, sizeof(*files));

	if (!files)
		return -ENOMEM;
	policy->files = files;
	files[policy->n_files] = strdup(file);
	if (!files[policy->n_files])
		return -ENOMEM;
	*ret = files[policy->n_files++];
	return 0;
}

int policy_parse(struct policy *policy, const char *file, const char *text, size_t size,
		 struct problems *problems)
{
	struct parser parser = {.reader.problems = problems, .policy = policy};
	struct reader *reader = &parser.reader;
	bool has_rules = false;
	int r;

	r = add_file(policy, file, &reader->file);
	if (r < 0)
		return r;
	lexer_init(&reader->lexer, text, size);
	if (reader->lexer.token != TOKEN_OBJECT)
		reader_break_off(reader, "a JSON object {...}");
	else
		reader_object(reader, read_member, &has_rules);
	if (!reader_is_over(reader) && reader->lexer.token != TOKEN_END)
		reader_break_off(reader, "the end of the file");
	return reader->no_memory ? -ENOMEM : 0;
}
