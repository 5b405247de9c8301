/*
 * libconfuse's part.  Every name is declared as text or a list of text: what a value must be is
 * judged afterwards, so that all messages are of one kind.  libconfuse calls back for each value as
 * it stands, when its line is the current one; that is where items are taken.
 */
#include "config_parts.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/room.h"
#include "base/text.h"

#define ROOM_LEAST 262144 /* its rows, and the scanner's buffers */
#define ROOM_EACH  64	  /* "1," is a value: a string, a place for it, and one in the list */

/* libconfuse's callbacks carry no context of ours. */
static struct parse {
	const char *path;
	char *error;
	struct items *items;
	unsigned int entry; /* allow sections that have ended */
} * parsing;

static enum section section_of(cfg_t *cfg)
{
	enum section i;

	for (i = SECTION_COUNT - 1; i > SECTION_NONE; i--)
		if (strcmp(cfg_name(cfg), section_names[i]) == 0)
			break;
	return i;
}

static enum setting setting_of(const char *name, enum section section)
{
	enum setting i;

	for (i = 0; i < SET_COUNT; i++)
		if (setting_table[i].section == section && !strcmp(setting_table[i].name, name))
			break;
	return i;
}

/* The names that may stand in a section, sections included. */
struct names {
	const char *list[SET_COUNT + SECTION_COUNT];
	size_t count;
};

static struct names names_of(enum section section)
{
	struct names n = {.count = 0};

	for (size_t i = 0; i < SET_COUNT; i++)
		if (setting_table[i].section == section)
			n.list[n.count++] = setting_table[i].name;
	for (size_t i = SECTION_ALLOW; section == SECTION_NONE && i < SECTION_COUNT; i++)
		n.list[n.count++] = section_names[i];
	return n;
}

static const char *name_at(const void *context, size_t i)
{
	return ((const struct names *)context)->list[i];
}

static void say_unknown(cfg_t *cfg, const char *name)
{
	enum section section = section_of(cfg);
	struct names names = names_of(section);
	const char *near = text_nearest(name, name_at, &names, names.count);
	char all[CONFIG_ERROR / 2] = "";
	const char *file = parsing->path;

	for (enum section other = SECTION_ALLOW; section && other < SECTION_COUNT; other++)
		if (strcmp(name, section_names[other]) == 0)
			config_fail(parsing->error,
				    "%s:%d: found %s { } within %s { }; a \"}\" is "
				    "missing before it",
				    file, cfg->line, name, section_names[section]);
	for (enum section other = 0; other < SECTION_COUNT; other++) {
		if (other == section || setting_of(name, other) == SET_COUNT)
			continue;
		if (other == SECTION_NONE)
			config_fail(parsing->error, "%s:%d: \"%s\" cannot stand within %s { }",
				    file, cfg->line, name, section_names[section]);
		else
			config_fail(parsing->error, "%s:%d: \"%s\" can stand only within %s { }",
				    file, cfg->line, name, section_names[other]);
		return;
	}
	if (near) {
		config_fail(parsing->error, "%s:%d: unknown name \"%s\"; did you mean \"%s\"?",
			    file, cfg->line, name, near);
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		size_t used = strlen(all);

		text_print(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", names.list[i]);
	}
	config_fail(parsing->error, "%s:%d: unknown name \"%s\"; known here: %s", file, cfg->line,
		    name, all);
}

static void say_token(const cfg_t *cfg, const char *token)
{
	const char *file = parsing->path;

	if (strcmp(token, "{") == 0)
		config_fail(parsing->error, "%s:%d: found \"{\" where a single value is expected",
			    file, cfg->line);
	else if (strlen(token) == 1 && strchr("}=,+", *token))
		config_fail(parsing->error,
			    "%s:%d: found \"%s\" where a name or a value is expected", file,
			    cfg->line, token);
	else
		config_fail(parsing->error, "%s:%d: found \"%s\" where \",\" or \"}\" is expected",
			    file, cfg->line, token);
}

/* Messages of libconfuse that a reader of the file will meet, in our words. */
static void __attribute__((format(printf, 2, 0), nonnull(2)))
on_error(cfg_t *cfg, const char *format, va_list list)
{
	char text[CONFIG_ERROR / 2];
	const char *word;

	if (!strstr(format, "'%s'")) {
		vsnprintf(text, sizeof(text), format, list);
		if (strstr(format, "premature end"))
			text_print(text, sizeof(text),
				   "the file ends where more is expected; "
				   "write NAME = VALUE or NAME { ... }");
		config_fail(parsing->error, "%s:%d: %s", parsing->path, cfg->line, text);
		return;
	}
	word = va_arg(list, const char *);
	if (strstr(format, "no such option"))
		say_unknown(cfg, word);
	else if (strstr(format, "unexpected token"))
		say_token(cfg, word);
	else if (strstr(format, "missing equal sign"))
		config_fail(parsing->error, "%s:%d: %s: no \"=\" follows; write %s = VALUE",
			    parsing->path, cfg->line, word, word);
	else if (strstr(format, "opening brace"))
		config_fail(parsing->error, "%s:%d: %s: no \"{\" follows; write %s { ... }",
			    parsing->path, cfg->line, word, word);
	else if (strstr(format, "append"))
		config_fail(parsing->error, "%s:%d: %s takes one value; write %s = VALUE",
			    parsing->path, cfg->line, word, word);
	else
		config_fail(parsing->error, "%s:%d: \"%s\" is not understood", parsing->path,
			    cfg->line, word);
}

/* A name that is set a second time.  Values of a list follow one another; the first of another
 * list finds libconfuse's own list empty but for itself. */
static const struct item *set_before(const struct item *item, bool first)
{
	for (size_t i = 0; first && i < parsing->items->count; i++) {
		const struct item *other = &parsing->items->list[i];

		if (other->setting == item->setting && other->entry == item->entry)
			return other;
	}
	return NULL;
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	enum section section = section_of(cfg);
	struct item item = {.setting = setting_of(cfg_opt_name(opt), section),
			    .line = (unsigned int)cfg->line};
	const struct item *before;

	if (section == SECTION_ALLOW)
		item.entry = parsing->entry;
	before = set_before(&item, cfg_opt_size(opt) == 1);
	if (before) {
		config_fail(parsing->error, "%s:%u: %s is set again; it stands already at line %u",
			    parsing->path, item.line, cfg_opt_name(opt), before->line);
		return -1;
	}
	*(const char **)result = value;
	return items_add(parsing->items, &item, value);
}

static int on_allow_end(cfg_t *cfg, cfg_opt_t *opt)
{
	(void)cfg;
	(void)opt;
	parsing->entry++;
	return 0;
}

#define LIST(name) CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT, on_value)
#define TEXT(name) CFG_STR_CB(name, NULL, CFGF_NODEFAULT, on_value)

/* libconfuse's own rows, from ours.  `rows` has room for all names of a section and the end. */
static void make_rows(enum section section, cfg_opt_t *rows)
{
	const cfg_opt_t end = CFG_END();

	for (size_t i = 0; i < SET_COUNT; i++) {
		const struct setting_row *row = &setting_table[i];
		const cfg_opt_t list = LIST(row->name), text = TEXT(row->name);

		if (row->section == section)
			*rows++ = row->list ? list : text;
	}
	*rows = end;
}

static int run(const char *text)
{
	cfg_opt_t top[SET_COUNT + SECTION_COUNT], allow[SET_COUNT], retention[SET_COUNT];
	const cfg_opt_t sections[] = {
		CFG_SEC("allow", allow, CFGF_MULTI),
		CFG_SEC("retention", retention, CFGF_NONE),
		CFG_END(),
	};
	cfg_opt_t *rows = top;
	cfg_t *cfg;
	int r;

	make_rows(SECTION_ALLOW, allow);
	make_rows(SECTION_RETENTION, retention);
	make_rows(SECTION_NONE, top);
	while (rows->name)
		rows++;
	memcpy(rows, sections, sizeof(sections));
	cfg = cfg_init(top, CFGF_NONE);
	if (!cfg)
		return -ENOMEM;
	cfg_set_error_function(cfg, on_error);
	cfg_set_validate_func(cfg, "allow", on_allow_end);
	r = cfg_parse_buf(cfg, text);
	cfg_free(cfg);
	return r == CFG_SUCCESS ? 0 : -EINVAL;
}

int config_parse(const char *text, const char *path, struct items *items, char error[CONFIG_ERROR])
{
	struct parse parse = {.path = path, .error = error, .items = items};
	int r;

	if (!*text) /* which cfg_parse_buf() takes for an error of the caller's */
		return 0;
	/* libconfuse (3.3) and its scanner crash without, or end the process. */
	if (!room_is_there(ROOM_LEAST + ROOM_EACH * strlen(text)))
		return -ENOMEM;
	parsing = &parse;
	r = run(text);
	parsing = NULL;
	/* What is wrong with the text is always said. */
	return r < 0 && !*error ? -ENOMEM : r;
}
