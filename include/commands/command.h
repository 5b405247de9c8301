/*
 * command: the table of subcommands and their options.  Parsing, help and completions are
 * made from the same rows.
 */
#ifndef EGRESS25_COMMANDS_COMMAND_H
#define EGRESS25_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/config.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FOUND = 1, /* only with --exit-code */
	EXIT_USAGE = 2, /* usage or configuration */
	EXIT_FAILED = 3 /* capture, record, permission */
};

/* text is a table where there is one; html, and the word text, are for pages alone. */
enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, FORMAT_TEXT, FORMAT_HTML, FORMAT_COUNT };

/* What the command line said. */
struct options {
	const char *config;
	struct config_list records; /* --record, each time it was given */
	struct config_overrides overrides;
	const char *since, *until; /* as given, or NULL */
	enum format format;
	bool no_color, all, follow, exit_code, again;
	/* of rules; as given, or NULL */
	bool ban;
	const char *part, *duration, *incident, *lan, *wan;
	/* of incident; likewise */
	bool incident_reset;
	const char *reason, *address;
	/* of freeze and thaw; likewise */
	bool force;
	const char *mta, *ssh;
	char **arguments; /* what is no option */
	int argument_count;
};

struct command {
	const char *name;
	const char *summary;  /* one line for the list of commands */
	const char *synopsis; /* "offenders [--all] [--since TIME] ..." */
	const char *details;  /* a few lines for --help */
	const char *example;  /* lines for --help */
	/* Long names it takes, its own first, separated by blanks; with a '!' behind one that may
	 * be given once only, or a '*' where the name means something else here. */
	const char *options;
	bool pages;	      /* --format takes text and html too */
	bool heals;	      /* goes on where memory is short for a while */
	const char *found;    /* "it is blind": where --exit-code exits with EXIT_FOUND; or NULL */
	int minimum, maximum; /* number of arguments; maximum -1: any */
	int (*run)(const struct options *options); /* an enum exit_status */
};

extern const struct command command_table[];
extern const int command_count;

int command_read(const struct options *options);
int command_watch(const struct options *options);
int command_offenders(const struct options *options);
int command_host(const struct options *options);
int command_connections(const struct options *options);
int command_status(const struct options *options);
int command_check(const struct options *options);
int command_incident(const struct options *options);
int command_freeze(const struct options *options);
int command_thaw(const struct options *options);
int command_rules(const struct options *options);
int command_config(const struct options *options);

/*
 * Parses argv behind the command's name.  0 and *ret_ filled; or an exit status + 1 where the
 * answer was help (already printed; EXIT_DONE + 1) or a usage error (already said; EXIT_USAGE + 1).
 */
int options_parse(const struct command *command, int argc, char **argv, struct options *ret_);
void options_done(struct options *options);

/* What `egress25 COMMAND --help` prints. */
void options_help(const struct command *command);

/* The long name of each option there is ("config"); NULL behind the last. */
const char *options_name(size_t i);

/* An option as a command takes it. */
struct option_row {
	const char *name;     /* long */
	char letter;	      /* 0: none */
	const char *argument; /* "FILE"; NULL: none */
	bool repeatable;
	char meaning[80];
};

/* How many rows there are, and the i-th, unless it has no meaning there. */
size_t options_count(void);
bool options_row(const struct command *command, size_t i, struct option_row *ret_);

/* The i-th word behind --format; NULL behind the last. */
const char *options_format(const struct command *command, size_t i);

/* Prints what bash, zsh or fish need to complete a command line; an exit status. */
int completion_print(const char *shell);

/* Loads the configuration the options name.  EXIT_DONE, or EXIT_USAGE having said why. */
int options_config(const struct options *options, struct config **ret_);
/* Whether a monitor may run with it; as options_config(). */
int options_check(const struct config *c);

#endif
