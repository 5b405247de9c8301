/*
 * completion: what bash, zsh and fish need to complete a command line, made from the tables that
 * the help is made of.  Run when the program is built; `egress25 completion SHELL` prints it again.
 *
 * What may stand in a place follows from the word that stands there in the help: the argument of an
 * option, or in a synopsis a word in capitals; a word in small letters there stands for itself.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "commands/command.h"
#include "judge/mta.h"
#include "judge/reset_mode.h"
#include "query/rules.h"

#define WORDS 512

/* What a shell completes by itself. */
enum place { PLACE_NOTHING, PLACE_WORDS, PLACE_FILE, PLACE_INTERFACE, PLACE_HOST };

/* The words of a place, separated by blanks. */

static void add_word(char words[WORDS], const char *word)
{
	size_t used = strlen(words);

	text_print(words + used, WORDS - used, "%s%s", used ? " " : "", word);
}

static void add_formats(const struct command *command, char words[WORDS])
{
	const char *format;

	for (size_t i = 0; (format = options_format(command, i)); i++)
		add_word(words, format);
}

static void add_modes(const struct command *command, char words[WORDS])
{
	(void)command;
	for (enum reset_mode i = 0; i < RESET_MODE_COUNT; i++)
		add_word(words, reset_mode_name(i));
}

static void add_parts(const struct command *command, char words[WORDS])
{
	(void)command;
	for (enum rules_part i = 0; i < RULES_PART_COUNT; i++)
		add_word(words, rules_part_name(i));
	add_word(words, "all");
}

static void add_mtas(const struct command *command, char words[WORDS])
{
	(void)command;
	for (enum mta_kind i = 0; i < MTA_KIND_COUNT; i++)
		add_word(words, mta_kind_name(i));
}

static void add_dialects(const struct command *command, char words[WORDS])
{
	const char *dialect;

	(void)command;
	for (size_t i = 0; (dialect = rules_dialect_name(i)); i++)
		add_word(words, dialect);
}

static const struct {
	const char *option; /* NULL: any */
	const char *argument;
	enum place place;
	void (*add)(const struct command *command, char words[WORDS]);
} places[] = {
	{NULL, "FILE", PLACE_FILE, NULL},
	{NULL, "IFACE", PLACE_INTERFACE, NULL},
	{NULL, "HOST", PLACE_HOST, NULL},
	{NULL, "FORMAT", PLACE_WORDS, add_formats},
	{NULL, "MODE", PLACE_WORDS, add_modes},
	{NULL, "PART", PLACE_WORDS, add_parts},
	{NULL, "FIREWALL", PLACE_WORDS, add_dialects},
	{"mta", "NAME", PLACE_WORDS, add_mtas},
};

/* What may stand for `argument`, behind `option` or (NULL) as an argument of the command. */
static enum place find_place(const struct command *command, const char *option,
			     const char *argument, char words[WORDS])
{
	words[0] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (strcmp(places[i].argument, argument) != 0 ||
		    (places[i].option && (!option || strcmp(places[i].option, option) != 0)))
			continue;
		if (places[i].add)
			places[i].add(command, words);
		return places[i].place;
	}
	return PLACE_NOTHING;
}

/* What may stand as the command's argument: "incident [OPTION...] open | close" has two words. */
static enum place find_arguments(const struct command *command, char words[WORDS])
{
	enum place place = PLACE_NOTHING;
	char found[WORDS] = "", word[32];
	const char *at = command->synopsis + strlen(command->name);
	bool value = false; /* of the option before */

	while (*(at += strspn(at, " |[]."))) {
		size_t n = strcspn(at, " |[].");

		text_print(word, sizeof(word), "%.*s", (int)n, at);
		if (islower((unsigned char)*word))
			add_word(found, word);
		else if (!value && *word != '-' && place == PLACE_NOTHING)
			place = find_place(command, NULL, word, words);
		value = *word == '-';
		at += n;
	}
	if (*found)
		text_print(words, WORDS, "%s", found);
	return *found ? PLACE_WORDS : place;
}

/* bash. */

static void print_bash_place(enum place place, const char *words)
{
	switch (place) {
	case PLACE_WORDS:
		printf(" words='%s' ;;\n", words);
		break;
	case PLACE_FILE:
		puts(" compopt -o default; return ;;");
		break;
	case PLACE_INTERFACE:
		puts(" mapfile -t COMPREPLY < <(cd /sys/class/net && compgen -d -- "
		     "\"$current\"); return ;;");
		break;
	case PLACE_HOST:
		puts(" mapfile -t COMPREPLY < <(compgen -A hostname -- \"$current\"); return ;;");
		break;
	case PLACE_NOTHING:
		puts(" return ;;");
		break;
	}
}

static void print_bash_values(const struct command *command)
{
	struct option_row row;
	char words[WORDS];
	enum place place;

	for (size_t i = 0; i < options_count(); i++) {
		if (!options_row(command, i, &row) || !row.argument)
			continue;
		if (row.letter)
			printf("\t%s:-%c |", command->name, row.letter);
		else
			printf("\t");
		printf("%s%s:--%s)", row.letter ? " " : "", command->name, row.name);
		place = find_place(command, row.name, row.argument, words);
		print_bash_place(place, words);
	}
}

static void print_bash_command(const struct command *command)
{
	struct option_row row;
	char words[WORDS];
	enum place place = find_arguments(command, words);

	printf("\t%s:-*) words='", command->name);
	for (size_t i = 0, count = 0; i < options_count(); i++)
		if (options_row(command, i, &row))
			printf("%s--%s", count++ ? " " : "", row.name);
	printf("' ;;\n\t%s:*)", command->name);
	print_bash_place(place, words);
}

static void print_names(void)
{
	for (int i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", command_table[i].name);
}

/* "--format=j" comes as three words, where '=' breaks words as it does by default. */
static void print_bash_head(void)
{
	fputs("_egress25()\n"
	      "{\n"
	      "\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal command=${COMP_WORDS[1]} words=\n\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$current\" = = ]; then\n"
	      "\t\tcurrent=\n"
	      "\telif [ \"$previous\" = = ] && [ \"$COMP_CWORD\" -gt 2 ]; then\n"
	      "\t\tprevious=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\tfi\n"
	      "\t[ \"$COMP_CWORD\" -gt 1 ] || command= previous=\n"
	      "\tcase $command:$previous in\n"
	      "\t:*) words='",
	      stdout);
	print_names();
	puts(" help --help --version' ;;");
	fputs("\thelp:*) words='", stdout);
	print_names();
	puts("' ;;");
}

static void print_bash(void)
{
	print_bash_head();
	for (int i = 0; i < command_count; i++)
		print_bash_values(&command_table[i]);
	puts("\t*)\n"
	     "\tcase $command:$current in");
	for (int i = 0; i < command_count; i++)
		print_bash_command(&command_table[i]);
	puts("\tesac ;;\n"
	     "\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
	     "}\n"
	     "complete -F _egress25 egress25");
}

/* zsh. */

/* In single quotes, and with what _arguments and _describe read as ends of a text behind a
 * backslash. */
static void print_quoted(const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", stdout);
		else if (strchr(special, *text))
			putchar('\\');
		putchar(*text);
	}
}

static void print_zsh_place(const char *name, enum place place, const char *words)
{
	static const char *const actions[] = {
		[PLACE_NOTHING] = " ",
		[PLACE_FILE] = "_files",
		[PLACE_INTERFACE] = "_net_interfaces",
		[PLACE_HOST] = "_hosts",
	};

	putchar(':');
	print_quoted(name, ":[]\\");
	if (place == PLACE_WORDS)
		printf(":(%s)", words);
	else
		printf(":%s", actions[place]);
}

static void print_zsh_option(const struct command *command, const struct option_row *row,
			     const char *name)
{
	char words[WORDS];
	enum place place;

	printf(" \\\n\t\t\t'%s%s%s[", row->repeatable ? "*" : "", name,
	       row->argument ? name[1] == '-' ? "=" : "+" : "");
	print_quoted(row->meaning, ":[]\\");
	putchar(']');
	if (row->argument) {
		place = find_place(command, row->name, row->argument, words);
		print_zsh_place(row->argument, place, words);
	}
	putchar('\'');
}

static void print_zsh_command(const struct command *command)
{
	struct option_row row;
	char words[WORDS], name[80];
	enum place place = find_arguments(command, words);

	printf("\t%s)\n\t\t_arguments -s", command->name);
	for (size_t i = 0; i < options_count(); i++) {
		if (!options_row(command, i, &row))
			continue;
		if (row.letter)
			print_zsh_option(command, &row,
					 text_print(name, sizeof(name), "-%c", row.letter));
		print_zsh_option(command, &row, text_print(name, sizeof(name), "--%s", row.name));
	}
	if (command->maximum != 0) {
		printf(" \\\n\t\t\t'*");
		print_zsh_place("argument", place, words);
		putchar('\'');
	}
	puts(" ;;");
}

static void print_zsh(void)
{
	puts("#compdef egress25\n"
	     "_egress25()\n"
	     "{\n"
	     "\tlocal -a commands=(");
	for (int i = 0; i < command_count; i++) {
		printf("\t\t'%s:", command_table[i].name);
		print_quoted(command_table[i].summary, ":\\");
		puts("'");
	}
	puts("\t)\n"
	     "\tif ((CURRENT == 2)); then\n"
	     "\t\t_describe command commands\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tshift words\n"
	     "\t((CURRENT--))\n"
	     "\tcase $words[1] in\n"
	     "\thelp) _describe command commands ;;");
	for (int i = 0; i < command_count; i++)
		print_zsh_command(&command_table[i]);
	puts("\tesac\n"
	     "}\n"
	     "_egress25 \"$@\"");
}

/* fish. */

static void print_fish_place(enum place place, const char *words)
{
	static const char *const actions[] = {
		[PLACE_NOTHING] = "",
		[PLACE_FILE] = " -F",
		[PLACE_INTERFACE] = " -a '(__fish_print_interfaces)'",
		[PLACE_HOST] = " -a '(__fish_print_hostnames)'",
	};

	if (place == PLACE_WORDS)
		printf(" -a '%s'", words);
	else
		fputs(actions[place], stdout);
}

static void print_fish_option(const struct command *command, const struct option_row *row)
{
	char words[WORDS];
	enum place place;

	printf("complete -c egress25 -n '__egress25_is %s'", command->name);
	if (row->letter)
		printf(" -s %c", row->letter);
	printf(" -l %s -d '", row->name);
	print_quoted(row->meaning, "\\");
	putchar('\'');
	if (row->argument) {
		place = find_place(command, row->name, row->argument, words);
		fputs(place == PLACE_FILE ? " -r" : " -x", stdout);
		print_fish_place(place, words);
	}
	putchar('\n');
}

static void print_fish_command(const struct command *command)
{
	struct option_row row;
	char words[WORDS];
	enum place place = find_arguments(command, words);

	printf("complete -c egress25 -n '__egress25_is' -a %s -d '", command->name);
	print_quoted(command->summary, "\\");
	puts("'");
	if (place != PLACE_NOTHING) {
		printf("complete -c egress25 -n '__egress25_is %s'", command->name);
		print_fish_place(place, words);
		putchar('\n');
	}
	for (size_t i = 0; i < options_count(); i++)
		if (options_row(command, i, &row))
			print_fish_option(command, &row);
}

static void print_fish(void)
{
	puts("# Whether the command is this one, or without an argument not there yet.\n"
	     "function __egress25_is\n"
	     "    set -l words (commandline -opc)\n"
	     "    test \"$words[2]\" = \"$argv[1]\"\n"
	     "end\n"
	     "complete -c egress25 -f\n"
	     "complete -c egress25 -n '__egress25_is' -l help -d 'this page'\n"
	     "complete -c egress25 -n '__egress25_is' -l version -d 'the version'");
	fputs("complete -c egress25 -n '__egress25_is help' -a '", stdout);
	print_names();
	puts("'");
	for (int i = 0; i < command_count; i++)
		print_fish_command(&command_table[i]);
}

static const struct {
	const char *name;
	void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

int completion_print(const char *shell)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++)
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].print();
			return EXIT_DONE;
		}
	if (strcmp(shell, "--help") == 0) {
		puts("usage: egress25 completion bash | zsh | fish\n\n"
		     "Prints what the shell needs to complete the command lines of egress25.\n\n"
		     "example:\n  egress25 completion bash > /etc/bash_completion.d/egress25");
		return EXIT_DONE;
	}
	log_say("completion: \"%s\": expected bash, zsh or fish", shell);
	return EXIT_USAGE;
}
