/*
 * The options of all commands are rows of one table; a command names those it takes.  getopt_long()
 * is handed all of them, whatever the command, so that an option without meaning there is refused
 * by its name and never taken for the beginning of another one's.
 */
#include "commands/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

enum kind {
	KIND_TEXT,   /* const char *: the last one stands */
	KIND_LIST,   /* struct config_list: each is added */
	KIND_FLAG,   /* bool */
	KIND_OTHER,  /* the same, to a command that lists the name with a '*' */
	KIND_FORMAT, /* enum format */
	KIND_HELP,
	KIND_VERSION
};

struct row {
	const char *name;
	char letter;	      /* 0: none */
	const char *argument; /* NULL: none */
	const char *help;     /* NULL: it stands on the line of the row before, and means what
			       * stands there behind the semicolon */
	enum kind kind;
	size_t offset;
};

#define AT(member)   offsetof(struct options, member)
#define LIST(member) KIND_LIST, offsetof(struct options, overrides.member)

static const struct row table[] = {
	{"interface", 'i', "IFACE", "mirror port to watch", LIST(interfaces)},
	{"all", 0, NULL, "everything in the record, whenever it was", KIND_FLAG, AT(all)},
	{"follow", 0, NULL, "go on, telling each new one and new verdict", KIND_FLAG, AT(follow)},
	{"exit-code", 0, NULL, "exit 1 where", KIND_FLAG, AT(exit_code)},
	{"again", 0, NULL, "read a file again that the record has", KIND_FLAG, AT(again)},
	{"offenders", 0, NULL, "block those found alone; how long", KIND_FLAG, AT(ban)},
	{"for", 0, "DURATION", NULL, KIND_TEXT, AT(duration)},
	{"part", 0, "PART", "apply, verify, undo, all; for the comment", KIND_TEXT, AT(part)},
	{"incident", 0, "N", NULL, KIND_TEXT, AT(incident)},
	{"lan-interface", 0, "NAME", "of the firewall", KIND_TEXT, AT(lan)},
	{"wan-interface", 0, "NAME", NULL, KIND_TEXT, AT(wan)},
	{"record", 0, "FILE", "the record; see egress25 config", KIND_LIST, AT(records)},
	{"since", 0, "TIME", "from 09:30, 2026-11-24, 7d ago on; and before", KIND_TEXT, AT(since)},
	{"until", 0, "TIME", NULL, KIND_TEXT, AT(until)},
	{"mail-server", 0, "PREFIX", "may send to the Internet", LIST(mail_servers)},
	{"internal", 0, "PREFIX", "addresses of our own", LIST(internal)},
	{"public-address", 0, "ADDRESS", "ours, as the Internet sees it", LIST(public_addresses)},
	{"smart-host", 0, "PREFIX", "where mail servers may send", LIST(smart_hosts)},
	{"allow", 0, "SRC[,DST[,PORT]]", "no offence", LIST(allow)},
	{"port", 0, "PORT", "instead of 25; only recorded", LIST(ports)},
	{"also-watch", 0, "PORT", NULL, LIST(also_watch)},
	{"reset", 0, NULL, "reset offenders' connections meanwhile", KIND_OTHER,
	 AT(incident_reset)},
	{"reason", 0, "TEXT", "why it is opened; the address that is listed", KIND_TEXT,
	 AT(reason)},
	{"address", 0, "ADDRESS", NULL, KIND_TEXT, AT(address)},
	{"mta", 0, "NAME", "the mail server's software; where, by ssh", KIND_TEXT, AT(mta)},
	{"ssh", 0, "HOST", NULL, KIND_TEXT, AT(ssh)},
	{"force", 0, NULL, "for longer than 4h", KIND_FLAG, AT(force)},
	{"reset", 0, "MODE", "never, off, dry-run or on", LIST(reset)},
	{"reset-via", 0, "IFACE", "another interface for them; how many a second", LIST(reset_via)},
	{"reset-limit", 0, "N", NULL, LIST(reset_limit)},
	{"user", 0, "NAME", "whom it becomes after opening everything", LIST(user)},
	{"config", 0, "FILE", "configuration; default " CONFIG_DEFAULT_PATH, KIND_TEXT, AT(config)},
	{"format", 0, "FORMAT", "table, json or csv; no colour on a terminal", KIND_FORMAT,
	 AT(format)},
	{"no-color", 0, NULL, NULL, KIND_FLAG, AT(no_color)},
	{"help", 'h', NULL, "this page; the version", KIND_HELP, 0},
	{"version", 0, NULL, NULL, KIND_VERSION, 0},
};
#define ROWS (sizeof(table) / sizeof(*table))

#define LONG_BASE 256 /* getopt's values for rows begin here, behind all letters */

static const char *const format_names[] = {
	[FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv",
	[FORMAT_TEXT] = "text",	  [FORMAT_HTML] = "html",
};
_Static_assert(sizeof(format_names) / sizeof(*format_names) == FORMAT_COUNT, "a name for each");

const char *options_name(size_t i)
{
	return i < ROWS ? table[i].name : NULL;
}

/* Whether the command takes the row, and whether only once. */
static bool takes(const struct command *command, const struct row *row, bool *ret_once)
{
	size_t n = strlen(row->name);

	for (const char *at = command->options; *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " !*");

		if (length == n && memcmp(at, row->name, n) == 0 &&
		    (at[n] == '*') == (row->kind == KIND_OTHER)) {
			*ret_once = at[n] == '!';
			return true;
		}
		at += strcspn(at, " ");
	}
	return false;
}

/* Help. */

#define LEFT  31 /* columns of the names; longer ones have a line of their own */
#define RIGHT 45 /* and of what they mean, so that a line has less than 80 */

/* `before` is what stands left of it, or NULL; they share their argument's name. */
static void add_left(char *left, size_t size, const struct row *row, const struct row *before)
{
	bool shared = before && before->argument && row->argument &&
		      strcmp(before->argument, row->argument) == 0;
	size_t used = strlen(left) - (shared ? strlen(row->argument) + 1 : 0);
	char letter[8] = "";

	if (row->letter)
		text_print(letter, sizeof(letter), "-%c, ", row->letter);
	else if (used == 0)
		text_print(letter, sizeof(letter), "    ");
	text_print(left + used, size - used, "%s%s--%s%s%s", used ? ", " : "", letter, row->name,
		   row->argument ? " " : "", row->argument ? row->argument : "");
}

/* A row, and those behind it that share its line. */
static void print_rows(const struct command *command, size_t at, bool once)
{
	const struct row *row = &table[at], *last = row;
	char left[80] = "", right[80];
	bool alone;

	add_left(left, sizeof(left), row, NULL);
	for (size_t i = at + 1; i < ROWS && !table[i].help; i++)
		if (takes(command, &table[i], &(bool){false})) {
			add_left(left, sizeof(left), &table[i], last);
			last = &table[i];
		}
	alone = last == row && at + 1 < ROWS && !table[at + 1].help;
	text_print(right, sizeof(right), "%.*s%s%s%s",
		   (int)(alone ? strcspn(row->help, ";") : strlen(row->help)), row->help,
		   command->found && strcmp(row->name, "exit-code") == 0 ? " " : "",
		   command->found && strcmp(row->name, "exit-code") == 0 ? command->found : "",
		   row->kind == KIND_LIST && !once ? " (repeatable)" : "");
	if (strlen(left) > LEFT)
		printf("  %s\n  %-*s %.*s\n", left, LEFT, "", RIGHT, right);
	else
		printf("  %-*s %.*s\n", LEFT, left, RIGHT, right);
}

/* What row `at` means: of a text that stands for several rows its own part. */
static void copy_meaning(const struct command *command, size_t at, char *buf, size_t size)
{
	const struct row *row = &table[at];
	const char *text, *own;
	const char *found =
		command->found && strcmp(row->name, "exit-code") == 0 ? command->found : "";
	bool shared = at + 1 < ROWS && !table[at + 1].help;

	while (!table[at].help)
		at--;
	text = table[at].help;
	own = strstr(text, "; ");
	if (own && !row->help)
		text = own + 2;
	text_print(buf, size, "%.*s%s%s",
		   (int)(own && row->help && shared ? (size_t)(own - text) : strlen(text)), text,
		   *found ? " " : "", found);
}

size_t options_count(void)
{
	return ROWS;
}

bool options_row(const struct command *command, size_t i, struct option_row *ret_)
{
	const struct row *row = &table[i];
	bool once;

	if (!takes(command, row, &once))
		return false;
	*ret_ = (struct option_row){.name = row->name,
				    .letter = row->letter,
				    .argument = row->argument,
				    .repeatable = row->kind == KIND_LIST && !once};
	copy_meaning(command, i, ret_->meaning, sizeof(ret_->meaning));
	return true;
}

const char *options_format(const struct command *command, size_t i)
{
	return i < (command->pages ? FORMAT_COUNT : FORMAT_TEXT) ? format_names[i] : NULL;
}

/* On one screen of 24 lines and 80 columns, with a line left for the prompt. */
void options_help(const struct command *command)
{
	bool once;

	printf("usage: egress25 %s\n\n%s\n\n", command->synopsis, command->details);
	for (size_t i = 0; i < ROWS; i++)
		if (table[i].help && takes(command, &table[i], &once))
			print_rows(command, i, once);
	printf("\nexample:\n%s\n", command->example);
}

/* Errors: each one line, and where to read on. */

static int usage_error(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int usage_error(const struct command *command, const char *format, ...)
{
	char what[512];
	va_list list;

	va_start(list, format);
	vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	log_say("%s: %s; see egress25 %s --help", command->name, what, command->name);
	return EXIT_USAGE + 1;
}

static const char *taken_name(const void *context, size_t i)
{
	bool once;

	return takes(context, &table[i], &once) ? table[i].name : "";
}

static int unknown_option(const struct command *command, const char *given, int letter)
{
	char name[64];
	const char *near;

	if (letter)
		return usage_error(command, "unknown option -%c", letter);
	given += strspn(given, "-");
	text_print(name, sizeof(name), "%.*s", (int)strcspn(given, "="), given);
	for (size_t i = 0; i < ROWS; i++)
		if (!strncmp(table[i].name, name, strlen(name)) && table[i].name[strlen(name)])
			return usage_error(command, "--%s may mean several options", name);
	near = text_nearest(name, taken_name, command, ROWS);
	if (near && *near)
		return usage_error(command, "unknown option --%s, perhaps --%s", name, near);
	return usage_error(command, "unknown option --%s", name);
}

/* Taking one option. */

static int take_format(const struct command *command, const char *text, enum format *ret_)
{
	for (int i = 0; i < (command->pages ? FORMAT_COUNT : FORMAT_TEXT); i++)
		if (strcmp(text, format_names[i]) == 0) {
			*ret_ = (enum format)i;
			return 0;
		}
	return usage_error(command, "--format %s: expected table, json%s csv%s", text,
			   command->pages ? "," : " or", command->pages ? ", text or html" : "");
}

static int take_item(struct config_list *list, const char *text)
{
	const char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items) {
		log_say("options: %s", strerror(ENOMEM));
		return EXIT_FAILED + 1;
	}
	list->items = items;
	items[list->count++] = text;
	return 0;
}

static int take_option(const struct command *command, const struct row *row, bool once,
		       struct options *o)
{
	void *place = (char *)o + row->offset;

	switch (row->kind) {
	case KIND_TEXT:
		*(const char **)place = optarg;
		return 0;
	case KIND_LIST:
		if (once && ((struct config_list *)place)->count > 0)
			return usage_error(command, "--%s may be given once", row->name);
		return take_item(place, optarg);
	case KIND_FLAG:
	case KIND_OTHER:
		*(bool *)place = true;
		return 0;
	case KIND_FORMAT:
		return take_format(command, optarg, place);
	case KIND_HELP:
		options_help(command);
		return EXIT_DONE + 1;
	case KIND_VERSION:
		printf("egress25 %s\n", EGRESS25_VERSION);
		return EXIT_DONE + 1;
	}
	return 0;
}

static const struct row *row_of(int value)
{
	for (size_t i = 0; i < ROWS; i++)
		if (value == LONG_BASE + (int)i || (table[i].letter && value == table[i].letter))
			return &table[i];
	return NULL;
}

/* What getopt answered: an option, or what is wrong with it. */
static int take(const struct command *command, int value, char **argv, struct options *o)
{
	const struct row *row = row_of(value == '?' || value == ':' ? optopt : value);
	bool once;

	if (!row)
		return unknown_option(command, argv[optind - 1], optopt);
	if (!takes(command, row, &once))
		return usage_error(command, "--%s has no meaning here", row->name);
	if (value == ':')
		return usage_error(command, "--%s needs a value, %s", row->name, row->argument);
	if (value == '?')
		return usage_error(command, "--%s takes no value", row->name);
	return take_option(command, row, once, o);
}

/* Of two rows of one name the command's, or the first of those that have their usual meaning. */
static bool is_hidden(const struct command *command, const struct row *row)
{
	for (size_t i = 0; i < ROWS; i++)
		if (&table[i] != row && strcmp(table[i].name, row->name) == 0)
			return !takes(command, row, &(bool){false}) &&
			       (row->kind == KIND_OTHER ||
				takes(command, &table[i], &(bool){false}));
	return false;
}

static void make_rows(const struct command *command, struct option rows[ROWS + 1],
		      char letters[2 * ROWS + 2])
{
	char *at = letters;

	*at++ = ':'; /* tells a missing value from an unknown option */
	for (size_t i = 0; i < ROWS; i++) {
		if (is_hidden(command, &table[i]))
			continue;
		*rows++ = (struct option){.name = table[i].name,
					  .has_arg = table[i].argument ? required_argument
								       : no_argument,
					  .val = LONG_BASE + (int)i};
		if (table[i].letter)
			*at++ = table[i].letter;
		if (table[i].letter && table[i].argument)
			*at++ = ':';
	}
	*rows = (struct option){0};
	*at = '\0';
}

static int check_arguments(const struct command *command, struct options *o, int argc, char **argv)
{
	o->arguments = argv + optind;
	o->argument_count = argc - optind;
	if (o->argument_count < command->minimum)
		return usage_error(command, "an argument is missing");
	if (o->all && (o->since || o->until))
		return usage_error(command, "--all and --%s exclude each other",
				   o->since ? "since" : "until");
	if (command->maximum >= 0 && o->argument_count > command->maximum)
		return usage_error(command, "\"%s\" is one argument too many",
				   o->arguments[command->maximum]);
	return 0;
}

/* argv[0] is the command's name, which getopt passes over. */
int options_parse(const struct command *command, int argc, char **argv, struct options *ret_)
{
	struct options o = {.format = FORMAT_TABLE};
	struct option rows[ROWS + 1];
	char letters[2 * ROWS + 2];
	int value, r = 0;

	make_rows(command, rows, letters);
	optind = 0; /* glibc: begin anew */
	opterr = 0;
	while (r == 0 && (value = getopt_long(argc, argv, letters, rows, NULL)) != -1)
		r = take(command, value, argv, &o);
	if (r == 0)
		r = check_arguments(command, &o, argc, argv);
	if (r == 0)
		*ret_ = o;
	else
		options_done(&o);
	return r;
}

void options_done(struct options *o)
{
	free(o->records.items);
	free(o->overrides.interfaces.items);
	free(o->overrides.internal.items);
	free(o->overrides.mail_servers.items);
	free(o->overrides.smart_hosts.items);
	free(o->overrides.allow.items);
	free(o->overrides.ports.items);
	free(o->overrides.also_watch.items);
	free(o->overrides.public_addresses.items);
	free(o->overrides.reset.items);
	free(o->overrides.reset_via.items);
	free(o->overrides.reset_limit.items);
	free(o->overrides.user.items);
}

int options_config(const struct options *options, struct config **ret_)
{
	struct config_overrides overrides = options->overrides;
	char error[CONFIG_ERROR];
	int r;

	if (options->records.count)
		overrides.record = options->records.items[0];
	r = config_load(options->config, &overrides, ret_, error);
	if (r == 0)
		return EXIT_DONE;
	log_say("%s", error);
	return r == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}

int options_check(const struct config *c)
{
	char error[CONFIG_ERROR];

	if (config_check(c, error) == 0)
		return EXIT_DONE;
	log_say("%s", error);
	return EXIT_USAGE;
}
