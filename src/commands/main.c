/* The table of subcommands, and the way to them. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "commands/command.h"
#include "query/memory.h"

#define POLICY "mail-server internal smart-host allow port also-watch public-address "
#define OUTPUT "config format no-color help version"

const struct command command_table[] = {
	{
		.name = "read",
		.summary = "analyse capture files and print their offenders",
		.synopsis = "read [OPTION...] FILE...",
		.details = "Analyses pcap and pcapng files, one after another as one capture "
			   "(\"-\" is\n"
			   "standard input), and prints the hosts that sent mail directly to the "
			   "Internet\n"
			   "and may not.  Keeps nothing unless --record names a record.",
		.example = "  egress25 read --mail-server 10.0.0.25 monday.pcap tuesday.pcapng",
		.options = "exit-code again record! since until " POLICY OUTPUT,
		.found = "an offender was found",
		.minimum = 1,
		.maximum = -1,
		.run = command_read,
	},
	{
		.name = "watch",
		.summary = "watch mirror ports, and write the record",
		.synopsis = "watch -i IFACE... [OPTION...]",
		.details = "Watches mirror (SPAN) ports and writes the record until SIGINT or "
			   "SIGTERM.\n"
			   "SIGHUP reads the configuration again.  Standard output tells each new "
			   "offender.",
		.example = "  egress25 watch -i eth1 --mail-server 10.0.0.25",
		.options = "interface record! reset! reset-via! reset-limit! user! " POLICY OUTPUT,
		.heals = true,
		.minimum = 0,
		.maximum = 0,
		.run = command_watch,
	},
	{
		.name = "offenders",
		.summary = "tell which hosts send mail and may not",
		.synopsis = "offenders [OPTION...]",
		.details = "Prints the offenders of the 24 hours before the record's newest frame, "
			   "or of\n"
			   "the time that --since, --until or --all name.",
		.example = "  egress25 offenders --since 09:30\n"
			   "  egress25 offenders --all --format json",
		.options = "all follow exit-code record since until " POLICY OUTPUT,
		.found = "an offender was found",
		.minimum = 0,
		.maximum = 0,
		.run = command_offenders,
	},
	{
		.name = "host",
		.summary = "tell all that is known of one host",
		.synopsis = "host [OPTION...] ADDRESS",
		.details = "Prints one host's numbers, the MAC addresses and VLANs it was seen "
			   "with, its\n"
			   "destinations, its last connections, and the ledger of its verdict: "
			   "each\n"
			   "reason with its weight and its figures.",
		.example = "  egress25 host 10.0.3.77",
		.options = "record since until " POLICY OUTPUT,
		.minimum = 1,
		.maximum = 1,
		.run = command_host,
	},
	{
		.name = "connections",
		.summary = "list the connections, newest first",
		.synopsis = "connections [OPTION...] [ADDRESS]",
		.details =
			"Prints the recorded connections, newest first, of the 24 hours before "
			"the\n"
			"newest frame or of the time named; with an address those of that host.\n"
			"A table shows the newest 50, with --all every one; json and csv hold them "
			"all.",
		.example = "  egress25 connections 10.0.3.77 --since 2h --format csv",
		.options = "all record since until " OUTPUT,
		.minimum = 0,
		.maximum = 1,
		.run = command_connections,
	},
	{
		.name = "status",
		.summary = "tell whether it is watching, and what it misses",
		.synopsis = "status [OPTION...]",
		.details = "Prints what the monitor captures, what it lost, and each reason to "
			   "think it\n"
			   "blind.",
		.example = "  egress25 status --exit-code || echo \"egress25 is blind\"",
		.options = "exit-code record " OUTPUT,
		.found = "it is blind",
		.minimum = 0,
		.maximum = 0,
		.run = command_status,
	},
	{
		.name = "check",
		.summary = "prove a deployment before it is needed",
		.synopsis = "check -i IFACE... [OPTION...]",
		.details = "Listens on mirror ports for ten seconds, or --for DURATION, and says "
			   "whether\n"
			   "they show what they must, and whether resets would reach the hosts: "
			   "three at\n"
			   "most are asked by a harmless probe, none with --reset never.",
		.example = "  egress25 check -i eth1 --mail-server 10.0.0.25",
		.options = "interface exit-code for reset! reset-via! " POLICY OUTPUT,
		.found = "a check failed",
		.minimum = 0,
		.maximum = 0,
		.run = command_check,
	},
	{
		.name = "incident",
		.summary = "open, close, show or report a blacklist incident",
		.synopsis = "incident [OPTION...] open | close | list | show | report [N]",
		.details =
			"A window of time in which offenders are counted, and reset if asked, "
			"until it\n"
			"is closed or --for DURATION is over (4h; 1h with --reset).  show and "
			"report\n"
			"take the open one, or the newest; report as text, json, or html: a page.",
		.example = "  egress25 incident open --reason \"listed by zen\" --reset\n"
			   "  egress25 incident report --format html > incident.html",
		.options = "for reset* reason address since record! config mail-server internal "
			   "smart-host "
			   "allow port also-watch format no-color help version",
		.pages = true,
		.minimum = 1,
		.maximum = 2,
		.run = command_incident,
	},
	{
		.name = "freeze",
		.summary = "freeze the mail server, and see who still tries",
		.synopsis = "freeze [OPTION...]",
		.details =
			"Freezes the mail server's outgoing mail, opens an incident, and shows who "
			"sends\n"
			"all the same, until --for DURATION (15m) is over or Ctrl-C; then thaws it "
			"and\n"
			"says what was found.  NAME: postfix exim opensmtpd sendmail qmail.",
		.example =
			"  egress25 freeze --for 15m --mta postfix --ssh mail.example.org --reset",
		.options = "for mta ssh force reset* reason address record! mail-server internal "
			   "smart-host allow port also-watch " OUTPUT,
		.minimum = 0,
		.maximum = 0,
		.run = command_freeze,
	},
	{
		.name = "thaw",
		.summary = "undo what an interrupted freeze left",
		.synopsis = "thaw [OPTION...]",
		.details = "Thaws the mail server that the record says is frozen, or the one that "
			   "is\n"
			   "named, proves it, and closes the freeze's incident.",
		.example = "  egress25 thaw\n"
			   "  egress25 thaw --mta postfix --ssh mail.example.org",
		.options = "mta ssh record! " OUTPUT,
		.minimum = 0,
		.maximum = 0,
		.run = command_thaw,
	},
	{
		.name = "rules",
		.summary = "print firewall rules against direct mail",
		.synopsis = "rules [OPTION...] FIREWALL",
		.details = "Blocks port 25 for all but whom policy permits, or offenders alone "
			   "(24h).\n"
			   "FIREWALL: nftables iptables pf opnsense cisco-ios cisco-asa fortios "
			   "routeros\n"
			   "junos windows unifi.",
		.example = "  egress25 rules nftables --offenders --for 2h | nft -f -",
		.options = "offenders for part incident lan-interface wan-interface record since "
			   "until "
			   "mail-server internal smart-host allow port also-watch " OUTPUT,
		.minimum = 1,
		.maximum = 1,
		.run = command_rules,
	},
	{
		.name = "config",
		.summary = "check the configuration, or say which line decides",
		.synopsis = "config [OPTION...] [explain ADDRESS [DESTINATION]]",
		.details =
			"Checks the configuration and prints what is in force, each line with its\n"
			"origin.  explain says whether ADDRESS is internal, what it may do, and "
			"whether\n"
			"it may send to DESTINATION, each with the line that decides.",
		.example = "  egress25 config\n"
			   "  egress25 config explain 10.0.3.77 198.51.100.4",
		.options = "interface record! " POLICY OUTPUT,
		.minimum = 0,
		.maximum = 3,
		.run = command_config,
	},
};
const int command_count = (int)(sizeof(command_table) / sizeof(*command_table));

static const char *command_name(const void *context, size_t i)
{
	(void)context;
	return command_table[i].name;
}

static const struct command *find_command(const char *name)
{
	const char *near;

	for (int i = 0; i < command_count; i++)
		if (strcmp(command_table[i].name, name) == 0)
			return &command_table[i];
	near = text_nearest(name, command_name, NULL, (size_t)command_count);
	if (*name == '-')
		log_say("%s: unknown option; options stand behind the command, see egress25 --help",
			name);
	else if (near)
		log_say("%s: unknown command, perhaps %s; see egress25 --help", name, near);
	else
		log_say("%s: unknown command; see egress25 --help", name);
	return NULL;
}

static void print_usage(FILE *out)
{
	fputs("usage: egress25 COMMAND [OPTION...] [ARGUMENT...]\n"
	      "       egress25 --help | --version\n\n",
	      out);
	for (int i = 0; i < command_count; i++)
		fprintf(out, "  %-12s %s\n", command_table[i].name, command_table[i].summary);
	fputs("\nexample:\n  egress25 read --mail-server 10.0.0.25 monday.pcap\n"
	      "\negress25 COMMAND --help tells more.\n",
	      out);
}

static int help(const char *name)
{
	const struct command *command;

	if (!name) {
		fputs("egress25 finds the hosts that send mail directly to the Internet.\n\n",
		      stdout);
		print_usage(stdout);
		return EXIT_DONE;
	}
	command = find_command(name);
	if (!command)
		return EXIT_USAGE;
	options_help(command);
	return EXIT_DONE;
}

/* What lacks something must not look whole. */
static int judge_memory(int status)
{
	if (!memory_lacked() || status > EXIT_FOUND)
		return status;
	log_say("no memory: the answer is not whole: free some, or ask for less");
	return EXIT_FAILED;
}

static int run(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	int r;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	if (strcmp(argv[1], "completion") == 0)
		return completion_print(argc == 3 ? argv[2] : "");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(NULL);
	if (strcmp(argv[1], "--version") == 0) {
		printf("egress25 %s\n", EGRESS25_VERSION);
		return EXIT_DONE;
	}
	command = find_command(argv[1]);
	if (!command)
		return EXIT_USAGE;
	r = options_parse(command, argc - 1, argv + 1, &options);
	if (r != 0)
		return r - 1;
	r = command->run(&options);
	options_done(&options);
	return command->heals ? r : judge_memory(r);
}

/* What could not be written must not look done.  A reader that went away knows it already. */
static int close_output(int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		log_say("standard output: %s", strerror(errno ? errno : EIO));
	return EXIT_FAILED;
}

/*
 * The writer's thread frees and takes the same memory at each transaction: in an arena of its own
 * glibc would give it back to the kernel each time, and have it cleared again.
 */
static void keep_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
#endif
}

/* A file that took the place of a closed stream would be written what is meant for people; of what
 * takes it here each use fails. */
static void open_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(EXIT_FAILED);
}

/* Encoding and time zone: without them widths and local times would be wrong, but not missing. */
static int set_place(void)
{
	errno = 0;
	setlocale(LC_CTYPE, "C.UTF-8");
	if (errno != ENOMEM)
		tzset();
	return errno == ENOMEM ? -ENOMEM : 0;
}

int main(int argc, char **argv)
{
	open_streams();
	keep_memory();
	memory_watch();
	if (set_place() < 0) {
		log_say("no memory");
		return EXIT_FAILED;
	}
	return close_output(run(argc, argv));
}
