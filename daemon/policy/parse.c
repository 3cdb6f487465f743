/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse.c - the text of a policy file to rules; a mistake does not hide those after it */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "policy/lexer.h"
#include "policy/rules.h"

#define DEPTH_MAX     32 /* of values that are skipped */
#define DIGEST_PREFIX "sha256:"

struct parser {
	struct lexer lexer;
	struct policy *policy;
	const char *file;
	struct problems *problems;
	struct policy_rule *rule; /* the current one */
	bool broken;		  /* it is no JSON from here on: reported, nothing follows */
	bool no_memory;
};

/* Reads the value at the current token, up to the token after it. */
typedef void (*read_value)(struct parser *parser, const char *key, unsigned int line, void *arg);

#define problem(parser_, line_, format_, ...)                                                      \
	problems_add((parser_)->problems, "%s:%u: " format_, (parser_)->file,                      \
		     line_ __VA_OPT__(, ) __VA_ARGS__)

static void break_off(struct parser *parser, const char *expected)
{
	const struct lexer *lexer = &parser->lexer;

	if (!parser->broken && !parser->no_memory) {
		if (lexer->token == TOKEN_ERROR)
			problem(parser, lexer->line, "%s", lexer->error);
		else if (lexer->token == TOKEN_END)
			problem(parser, lexer->line, "the file ends where %s is expected",
				expected);
		else
			problem(parser, lexer->line, "expected %s", expected);
	}
	parser->broken = true;
}

static bool is_over(const struct parser *parser)
{
	return parser->broken || parser->no_memory;
}

static void next(struct parser *parser)
{
	lexer_next(&parser->lexer);
}

static bool is_value(enum token token)
{
	return token == TOKEN_OBJECT || token == TOKEN_ARRAY ||
	       (token >= TOKEN_STRING && token <= TOKEN_OTHER);
}

/* Any value; of a list or an object only the brackets are looked at. */
static void skip_value(struct parser *parser)
{
	unsigned int depth = 0;

	do {
		enum token token = parser->lexer.token;

		if (token == TOKEN_END || token == TOKEN_ERROR || depth > DEPTH_MAX) {
			break_off(parser, "a value");
			return;
		}
		depth += token == TOKEN_OBJECT || token == TOKEN_ARRAY;
		depth -= token == TOKEN_OBJECT_END || token == TOKEN_ARRAY_END;
		next(parser);
	} while (depth > 0);
}

/* Reports the current value, and skips it. */
static void bad_value(struct parser *parser, const char *key, const char *expected)
{
	const struct lexer *lexer = &parser->lexer;
	int length = (int)(lexer->at - lexer->start);

	if (!is_value(lexer->token)) {
		break_off(parser, "a value");
		return;
	}
	if (lexer->token == TOKEN_OBJECT || lexer->token == TOKEN_ARRAY)
		problem(parser, lexer->line, "%s is %s, expected %s", key,
			lexer->token == TOKEN_OBJECT ? "an object" : "a list", expected);
	else
		problem(parser, lexer->line, "%s is %.*s, expected %s", key,
			length < 80 ? length : 80, lexer->start, expected);
	skip_value(parser);
}

static void read_object(struct parser *parser, read_value read_member, void *arg)
{
	char key[LEXER_TEXT_MAX];

	next(parser);
	while (!is_over(parser) && parser->lexer.token != TOKEN_OBJECT_END) {
		unsigned int line = parser->lexer.line;

		if (parser->lexer.token != TOKEN_STRING) {
			break_off(parser, "a key in quotes, or }");
			return;
		}
		strcpy(key, parser->lexer.text);
		next(parser);
		if (parser->lexer.token != TOKEN_COLON) {
			break_off(parser, "a colon after the key");
			return;
		}
		next(parser);
		read_member(parser, key, line, arg);
		if (is_over(parser))
			return;
		if (parser->lexer.token == TOKEN_COMMA)
			next(parser);
		else if (parser->lexer.token != TOKEN_OBJECT_END)
			break_off(parser, "a comma, or }");
	}
	if (!is_over(parser))
		next(parser);
}

static void read_list(struct parser *parser, const char *key, read_value read_element, void *arg)
{
	next(parser);
	while (!is_over(parser) && parser->lexer.token != TOKEN_ARRAY_END) {
		read_element(parser, key, parser->lexer.line, arg);
		if (is_over(parser))
			return;
		if (parser->lexer.token == TOKEN_COMMA)
			next(parser);
		else if (parser->lexer.token != TOKEN_ARRAY_END)
			break_off(parser, "a comma, or ]");
	}
	if (!is_over(parser))
		next(parser);
}

/* ---- whom a rule matches ---- */

struct names_reader {
	struct policy_names *names;
	const char *expected;
	bool numbers; /* are names, too */
};

static void add_name(struct parser *parser, struct policy_names *names, struct policy_name name)
{
	struct policy_name *items;

	items = reallocarray(names->items, names->n + 1, sizeof(*items));
	name.text = strdup(parser->lexer.text);
	if (items)
		names->items = items;
	if (!items || !name.text) {
		free(name.text);
		parser->no_memory = true;
		return;
	}
	items[names->n++] = name;
}

static void read_name(struct parser *parser, const char *key, unsigned int line, void *arg)
{
	struct names_reader *reader = arg;
	struct lexer *lexer = &parser->lexer;
	struct policy_name name = {.line = line};

	if (reader->names->n >= POLICY_ENTRIES_MAX) {
		problem(parser, line, "%s has more than %d entries", key, POLICY_ENTRIES_MAX);
		skip_value(parser);
		return;
	}
	if (reader->numbers && lexer->token == TOKEN_INTEGER && lexer->number >= 0 &&
	    lexer->number < UINT32_MAX) {
		name.known = true;
		name.id = (uint32_t)lexer->number;
		snprintf(lexer->text, sizeof(lexer->text), "%u", name.id);
	} else if (lexer->token != TOKEN_STRING || !lexer->text[0]) {
		bad_value(parser, key, reader->expected);
		return;
	}
	add_name(parser, reader->names, name);
	next(parser);
}

static bool twice(struct parser *parser, const char *key, unsigned int line, bool is_set)
{
	if (!is_set)
		return false;
	problem(parser, line, "%s is given twice in one rule", key);
	skip_value(parser);
	return true;
}

static void read_names(struct parser *parser, const char *key, unsigned int line,
		       struct names_reader *reader)
{
	if (twice(parser, key, line, reader->names->items != NULL))
		return;
	if (parser->lexer.token != TOKEN_ARRAY) {
		bad_value(parser, key, "a list");
		return;
	}
	read_list(parser, key, read_name, reader);
	/* an empty list could be meant to match everybody, or nobody */
	if (!is_over(parser) && reader->names->n == 0)
		problem(parser, line, "%s is empty, expected %s", key, reader->expected);
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

static void read_entry(struct parser *parser, const char *key, unsigned int line, void *arg)
{
	struct policy_rule *rule = parser->rule;
	struct policy_entry *entries, entry;

	if (parser->lexer.token != TOKEN_STRING || !parse_entry(parser->lexer.text, &entry)) {
		bad_value(parser, key,
			  "\"NAME\", \"NAME@sha256:DIGEST\" or \"*\", or one of these with a ! in "
			  "front");
		return;
	}
	if (rule->n_programs >= POLICY_ENTRIES_MAX) {
		problem(parser, line, "%s has more than %d entries", key, POLICY_ENTRIES_MAX);
		skip_value(parser);
		return;
	}
	entries = reallocarray(rule->programs, rule->n_programs + 1, sizeof(*entries));
	if (!entries) {
		parser->no_memory = true;
		return;
	}
	rule->programs = entries;
	entries[rule->n_programs++] = entry;
	next(parser);
}

static void read_setting(struct parser *parser, enum policy_item item, unsigned int line)
{
	struct policy_setting *setting = &parser->rule->settings[item];
	const struct policy_key *key = &policy_keys[item];
	const struct lexer *lexer = &parser->lexer;
	char expected[96];

	if (twice(parser, key->name, line, setting->set))
		return;
	setting->set = true;
	setting->line = line;
	if (item == POLICY_PROGRAMS) {
		if (lexer->token == TOKEN_ARRAY)
			read_list(parser, key->name, read_entry, NULL);
		else
			bad_value(parser, key->name, "a list of programs");
		return;
	}
	if (item < POLICY_RIGHTS && lexer->token == TOKEN_BOOLEAN) {
		setting->value = lexer->boolean;
	} else if (item >= POLICY_RIGHTS && lexer->token == TOKEN_INTEGER &&
		   lexer->number >= key->minimum && lexer->number <= key->maximum) {
		setting->value = lexer->number;
	} else if (item < POLICY_RIGHTS) {
		bad_value(parser, key->name, "true or false");
		return;
	} else {
		snprintf(expected, sizeof(expected), "a whole number from %lld to %lld",
			 (long long)key->minimum, (long long)key->maximum);
		bad_value(parser, key->name, expected);
		return;
	}
	next(parser);
}

static void read_rule_name(struct parser *parser, unsigned int line)
{
	struct policy_rule *rule = parser->rule;

	if (twice(parser, "name", line, rule->name != NULL))
		return;
	if (parser->lexer.token != TOKEN_STRING) {
		bad_value(parser, "name", "a text");
		return;
	}
	rule->name = strdup(parser->lexer.text);
	parser->no_memory = !rule->name;
	next(parser);
}

static void unknown_key(struct parser *parser, const char *key, unsigned int line)
{
	char known[512] = "name, users, groups, units, cgroups";
	size_t used = strlen(known);

	for (int i = 0; i < POLICY_ITEMS && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, ", %s",
					 policy_keys[i].name);
	problem(parser, line, "a rule has no key \"%.80s\"; its keys are: %s", key, known);
	skip_value(parser);
}

static void read_rule_member(struct parser *parser, const char *key, unsigned int line, void *arg)
{
	struct policy_rule *rule = parser->rule;
	struct {
		const char *key;
		struct names_reader reader;
	} lists[] = {
		{"users", {&rule->users, "a user's name or number", true}},
		{"groups", {&rule->groups, "a group's name or number", true}},
		{"units", {&rule->units, "a name or pattern of units, as \"a@*.service\"", false}},
		{"cgroups", {&rule->cgroups, "the path of a control group", false}},
	};

	if (strcmp(key, "name") == 0) {
		read_rule_name(parser, line);
		return;
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(key, lists[i].key) == 0) {
			read_names(parser, key, line, &lists[i].reader);
			return;
		}
	for (int i = 0; i < POLICY_ITEMS; i++)
		if (strcmp(key, policy_keys[i].name) == 0) {
			read_setting(parser, (enum policy_item)i, line);
			return;
		}
	unknown_key(parser, key, line);
}

static void read_rule(struct parser *parser, const char *key, unsigned int line, void *arg)
{
	struct policy *policy = parser->policy;
	struct policy_rule *rules;

	if (parser->lexer.token != TOKEN_OBJECT) {
		bad_value(parser, "a rule", "an object {...}");
		return;
	}
	if (policy->n_rules >= POLICY_RULES_MAX) {
		problem(parser, line, "the policy has more than %d rules", POLICY_RULES_MAX);
		parser->broken = true;
		return;
	}
	rules = reallocarray(policy->rules, policy->n_rules + 1, sizeof(*rules));
	if (!rules) {
		parser->no_memory = true;
		return;
	}
	policy->rules = rules;
	parser->rule = &rules[policy->n_rules++];
	*parser->rule = (struct policy_rule){.file = parser->file, .line = line};
	read_object(parser, read_rule_member, NULL);
}

static void read_member(struct parser *parser, const char *key, unsigned int line, void *arg)
{
	bool *has_rules = arg;

	if (strcmp(key, "rules") != 0) {
		problem(parser, line, "unknown key \"%.80s\", expected \"rules\"", key);
		skip_value(parser);
	} else if (*has_rules) {
		problem(parser, line, "rules is given twice");
		skip_value(parser);
	} else if (parser->lexer.token != TOKEN_ARRAY) {
		bad_value(parser, key, "a list of rules");
	} else {
		*has_rules = true;
		read_list(parser, key, read_rule, NULL);
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
	struct parser parser = {.policy = policy, .problems = problems};
	bool has_rules = false;
	int r;

	r = add_file(policy, file, &parser.file);
	if (r < 0)
		return r;
	lexer_init(&parser.lexer, text, size);
	if (parser.lexer.token != TOKEN_OBJECT)
		break_off(&parser, "a JSON object {...}");
	else
		read_object(&parser, read_member, &has_rules);
	if (!is_over(&parser) && parser.lexer.token != TOKEN_END)
		break_off(&parser, "the end of the file");
	return parser.no_memory ? -ENOMEM : 0;
}
