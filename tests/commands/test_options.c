/*
 * The program as it is called, but for the commands that need a capture or a record: main() under
 * another name, with these commands replaced by one that tells what it was handed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "commands/command.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define WORDS_MOST   32

int egress25_main(int argc, char **argv);

static char told[1024]; /* what the command was handed */
static int result;	/* what it is to answer */

static char *tell_list(char *at, const char *name, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		at += sprintf(at, " %s=%s", name, list->items[i]);
	return at;
}

static int tell(const char *command, const struct options *o)
{
	static const char *const formats[] = {"table", "json", "csv"};
	char *at = told + sprintf(told, "%s %s", command, formats[o->format]);

	at += sprintf(at, "%s%s%s%s%s", o->all ? " all" : "", o->follow ? " follow" : "",
		      o->exit_code ? " exit-code" : "", o->again ? " again" : "",
		      o->no_color ? " no-color" : "");
	at += o->since ? sprintf(at, " since=%s", o->since) : 0;
	at += o->until ? sprintf(at, " until=%s", o->until) : 0;
	at += o->config ? sprintf(at, " config=%s", o->config) : 0;
	at = tell_list(at, "record", &o->records);
	at = tell_list(at, "interface", &o->overrides.interfaces);
	at = tell_list(at, "internal", &o->overrides.internal);
	at = tell_list(at, "mail", &o->overrides.mail_servers);
	at = tell_list(at, "smart", &o->overrides.smart_hosts);
	at = tell_list(at, "allow", &o->overrides.allow);
	at = tell_list(at, "port", &o->overrides.ports);
	at = tell_list(at, "also", &o->overrides.also_watch);
	for (int i = 0; i < o->argument_count; i++)
		at += sprintf(at, " <%s>", o->arguments[i]);
	return result;
}

#define COMMAND(name)                                                                              \
	int command_##name(const struct options *options)                                          \
	{                                                                                          \
		return tell(#name, options);                                                       \
	}
COMMAND(read)
COMMAND(watch)
COMMAND(offenders)
COMMAND(host)
COMMAND(connections)
COMMAND(status)

/* Standard output and standard error of the last run. */
static char out[65536], err[65536];

static int redirect(int fd, FILE *to)
{
	int saved = dup(fd);

	dup2(fileno(to), fd);
	return saved;
}

static void restore(int fd, int saved, FILE *from, char *text, size_t size)
{
	size_t length;

	dup2(saved, fd);
	close(saved);
	rewind(from);
	length = fread(text, 1, size - 1, from);
	text[length] = '\0';
	fclose(from);
}

/* Runs a command line, its words separated by blanks. */
static int run(const char *line)
{
	FILE *to = tmpfile(), *error = tmpfile();
	char words[1024], *argv[WORDS_MOST + 2] = {(char *)(uintptr_t) "egress25"}, *at = words;
	int argc = 1, saved_out, saved_err, status;

	snprintf(words, sizeof(words), "%s", line);
	while (argc <= WORDS_MOST && (argv[argc] = strsep(&at, " ")) != NULL)
		argc += *argv[argc] != '\0';
	argv[argc] = NULL;
	told[0] = '\0';
	fflush(stdout);
	saved_out = redirect(STDOUT_FILENO, to);
	saved_err = redirect(STDERR_FILENO, error);
	status = egress25_main(argc, argv);
	fflush(stdout);
	restore(STDOUT_FILENO, saved_out, to, out, sizeof(out));
	restore(STDERR_FILENO, saved_err, error, err, sizeof(err));
	return status;
}

static void hands_over(const char *line, const char *want)
{
	assert_int_equal(run(line), EXIT_DONE);
	assert_string_equal(told, want);
	assert_string_equal(err, "");
}

/* One line on standard error, exit status 2, nothing done. */
static void refuses(const char *line, const char *want)
{
	assert_int_equal(run(line), EXIT_USAGE);
	assert_string_equal(told, "");
	assert_string_equal(out, "");
	assert_string_equal(err, want);
}

static void the_record_named_is_the_one_in_force(void **state)
{
	(void)state;
	assert_int_equal(run("config --record /srv/other.db --format csv"), EXIT_DONE);
	assert_non_null(strstr(out, "record,/srv/other.db,'--record,"));
}

static void every_option_reaches_its_place(void **state)
{
	(void)state;
	hands_over("read a.pcap", "read table <a.pcap>");
	hands_over("read --record r.db --again --exit-code --since 09:30 --until 1h --format json "
		   "--no-color --config c a.pcap -",
		   "read json exit-code again no-color since=09:30 until=1h config=c record=r.db "
		   "<a.pcap> <->");
	hands_over("watch -i eth1 --interface eth2 -ieth3 --format=csv",
		   "watch csv interface=eth1 interface=eth2 interface=eth3");
	hands_over("offenders --all --follow --record a --record b",
		   "offenders table all follow record=a record=b");
	hands_over(
		"offenders --internal 10.0.0.0/8 --mail-server 10.0.0.25 --mail-server 10.0.0.26 "
		"--smart-host 192.0.2.1 --allow 10.0.3.1,,25 --port 25 --also-watch 587",
		"offenders table internal=10.0.0.0/8 mail=10.0.0.25 mail=10.0.0.26 "
		"smart=192.0.2.1 allow=10.0.3.1,,25 port=25 also=587");
	hands_over("status --exit-code", "status table exit-code");
	hands_over("connections", "connections table");
}

static void options_stand_before_or_behind_arguments(void **state)
{
	(void)state;
	hands_over("host --since 1h 10.0.3.77", "host table since=1h <10.0.3.77>");
	hands_over("host 10.0.3.77 --since 1h", "host table since=1h <10.0.3.77>");
	hands_over("read --again -- --all", "read table again <--all>");
}

static void an_option_may_be_shortened_where_it_is_clear(void **state)
{
	(void)state;
	hands_over("offenders --fol --rec x", "offenders table follow record=x");
	refuses("offenders --al",
		"egress25: offenders: --al may mean several options; see egress25 "
		"offenders --help\n");
}

static void an_option_without_meaning_is_refused(void **state)
{
	(void)state;
	refuses("read --follow f",
		"egress25: read: --follow has no meaning here; see egress25 read "
		"--help\n");
	/* and is not taken for the beginning of --allow, with the file as its value */
	refuses("read --all f",
		"egress25: read: --all has no meaning here; see egress25 read --help\n");
	refuses("host 10.0.0.1 --interface eth1",
		"egress25: host: --interface has no meaning here; see egress25 host --help\n");
	refuses("status --mail-server 10.0.0.1", "egress25: status: --mail-server has no meaning "
						 "here; see egress25 status --help\n");
	refuses("watch -i eth1 --since 1h",
		"egress25: watch: --since has no meaning here; see egress25 watch --help\n");
	refuses("watch -i eth1 --record a --record b",
		"egress25: watch: --record may be given once; see egress25 watch --help\n");
}

static void mistakes_are_told_in_one_line_with_the_nearest_word(void **state)
{
	(void)state;
	refuses("offnders", "egress25: offnders: unknown command, perhaps offenders; see egress25 "
			    "--help\n");
	refuses("frobnicate", "egress25: frobnicate: unknown command; see egress25 --help\n");
	refuses("help hosst",
		"egress25: hosst: unknown command, perhaps host; see egress25 --help\n");
	refuses("--all", "egress25: --all: unknown option; options stand behind the command, see "
			 "egress25 --help\n");
	refuses("offenders --folow",
		"egress25: offenders: unknown option --folow, perhaps --follow; "
		"see egress25 offenders --help\n");
	refuses("offenders --frobnicate=3", "egress25: offenders: unknown option --frobnicate; see "
					    "egress25 offenders --help\n");
	refuses("offenders -x",
		"egress25: offenders: unknown option -x; see egress25 offenders --help\n");
	refuses("offenders --record", "egress25: offenders: --record needs a value, FILE; see "
				      "egress25 offenders --help\n");
	refuses("watch -i",
		"egress25: watch: --interface needs a value, IFACE; see egress25 watch --help\n");
	refuses("offenders --all=yes",
		"egress25: offenders: --all takes no value; see egress25 offenders --help\n");
	refuses("offenders --format xml",
		"egress25: offenders: --format xml: expected table, json or "
		"csv; see egress25 offenders --help\n");
	refuses("read", "egress25: read: an argument is missing; see egress25 read --help\n");
	refuses("offenders x", "egress25: offenders: \"x\" is one argument too many; see egress25 "
			       "offenders --help\n");
	refuses("offenders \033[2J",
		"egress25: offenders: \"\\x1b[2J\" is one argument too many; see "
		"egress25 offenders --help\n");
}

static void options_of_later_versions_are_unknown(void **state)
{
	static const char *const names[] = {"reset",	      "reset-via", "reset-limit", "user",
					    "public-address", "reason",	   "mta",	  "ssh",
					    "force"};
	char line[64];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(line, sizeof(line), "watch --%s x", names[i]);
		assert_int_equal(run(line), EXIT_USAGE);
		assert_non_null(strstr(err, "unknown option"));
	}
}

static void help_is_one_screen_with_an_example(void **state)
{
	char line[64], first[32];

	(void)state;
	for (int i = 0; i < command_count; i++) {
		size_t lines = 0, columns = 0;
		char shown[sizeof(out)];

		snprintf(line, sizeof(line), "%s --help", command_table[i].name);
		assert_int_equal(run(line), EXIT_DONE);
		strcpy(shown, out);
		for (const char *at = shown; *at; at++) {
			columns = *at == '\n' ? 0 : columns + 1;
			lines += *at == '\n';
			assert_true(columns < 80);
		}
		assert_in_range(lines, 9, 23); /* and the prompt */
		snprintf(first, sizeof(first), "usage: egress25 %s ", command_table[i].name);
		assert_memory_equal(shown, first, strlen(first));
		assert_non_null(strstr(shown, "\nexample:\n  egress25 "));
		assert_string_equal(told, "");
		snprintf(line, sizeof(line), "help %s", command_table[i].name);
		assert_int_equal(run(line), EXIT_DONE);
		assert_string_equal(out, shown);
	}
}

static void help_says_of_an_option_what_it_means_to_that_command(void **state)
{
	static const char *const queries[] = {"offenders", "host", "connections", "status"};
	char line[64];

	(void)state;
	for (size_t i = 0; i < COUNT(queries); i++) {
		snprintf(line, sizeof(line), "%s --help", queries[i]);
		assert_int_equal(run(line), EXIT_DONE);
		assert_non_null(strstr(out, "see egress25 config (repeatable)\n"));
		assert_non_null(strstr(out, "--version"));
	}
	assert_int_equal(run("read --help"), EXIT_DONE);
	assert_non_null(strstr(out, "see egress25 config\n"));
	assert_non_null(strstr(out, "exit 1 where an offender was found\n"));
	assert_int_equal(run("status --help"), EXIT_DONE);
	assert_non_null(strstr(out, "exit 1 where it is blind\n"));
}

static void all_and_a_time_exclude_each_other(void **state)
{
	(void)state;
	refuses("offenders --all --since 1h", "egress25: offenders: --all and --since exclude each "
					      "other; see egress25 offenders --help\n");
	refuses("connections --until 1h --all",
		"egress25: connections: --all and --until exclude each other; see egress25 "
		"connections --help\n");
}

static void help_lists_every_command(void **state)
{
	static const char *const ways[] = {"help", "--help", "-h"};

	(void)state;
	assert_int_equal(command_count, 7);
	for (size_t k = 0; k < COUNT(ways); k++) {
		assert_int_equal(run(ways[k]), EXIT_DONE);
		assert_string_equal(err, "");
		for (int i = 0; i < command_count; i++)
			assert_non_null(strstr(out, command_table[i].summary));
		assert_non_null(strstr(out, "\nexample:\n  egress25 "));
		assert_non_null(strstr(out, "--version"));
	}
	/* and a call without arguments is a mistake, told on standard error */
	assert_int_equal(run(""), EXIT_USAGE);
	assert_string_equal(out, "");
	assert_memory_equal(err, "usage: egress25 COMMAND", 23);
}

static void the_version_is_told(void **state)
{
	(void)state;
	assert_int_equal(run("--version"), EXIT_DONE);
	assert_string_equal(out, "egress25 " EGRESS25_VERSION "\n");
	assert_int_equal(run("offenders --version"), EXIT_DONE);
	assert_string_equal(out, "egress25 " EGRESS25_VERSION "\n");
}

static void the_commands_answer_is_the_exit_status(void **state)
{
	(void)state;
	result = EXIT_FOUND;
	assert_int_equal(run("offenders --exit-code"), EXIT_FOUND);
	result = EXIT_FAILED;
	assert_int_equal(run("status"), EXIT_FAILED);
	result = EXIT_DONE;
}

static void what_cannot_be_written_is_a_failure(void **state)
{
	int full = open("/dev/full", O_WRONLY), saved;
	char *argv[] = {(char *)(uintptr_t) "egress25", (char *)(uintptr_t) "help", NULL};
	FILE *error = tmpfile();
	int saved_err, status;

	(void)state;
	assert_true(full >= 0);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(full, STDOUT_FILENO);
	saved_err = redirect(STDERR_FILENO, error);
	status = egress25_main(2, argv);
	dup2(saved, STDOUT_FILENO);
	clearerr(stdout);
	close(saved);
	close(full);
	restore(STDERR_FILENO, saved_err, error, err, sizeof(err));
	assert_int_equal(status, EXIT_FAILED);
	assert_string_equal(err, "egress25: standard output: No space left on device\n");
}

/* config, with a file of its own so that the machine's does not matter. */

static char conf[] = "/tmp/egress25-test-XXXXXX";

static int write_conf(void **state)
{
	static const char text[] = "internal = {10.0.0.0/8}\n"
				   "mail_servers = {10.0.0.25}\n"
				   "smart_hosts = {192.0.2.25}\n"
				   "also_watch = {587}\n"
				   "allow {\n"
				   "	source = 10.0.4.0/24\n"
				   "	destination = 203.0.113.25\n"
				   "	note = \"the \\\"blue\\\" printer\"\n"
				   "}\n";
	int fd = mkstemp(conf);

	(void)state;
	setenv("COLUMNS", "120", 1);
	return fd < 0 || write(fd, text, sizeof(text) - 1) < 0 || close(fd) < 0 ? -1 : 0;
}

static int remove_conf(void **state)
{
	(void)state;
	return unlink(conf);
}

/* Runs with --config CONF; in the expected text @ stands for CONF. */
static void prints(const char *line, const char *want)
{
	char whole[256], filled[8192], *at = filled;

	snprintf(whole, sizeof(whole), "%s --config %s", line, conf);
	for (; *want; want++)
		at += *want == '@' ? sprintf(at, "%s", conf) : sprintf(at, "%c", *want);
	assert_int_equal(run(whole), EXIT_DONE);
	assert_string_equal(out, filled);
	assert_string_equal(err, "");
}

static void config_prints_what_is_in_force_and_where_it_stands(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "config --format csv --port 26 --config %s", conf);
	assert_int_equal(run(line), EXIT_DONE);
	assert_memory_equal(out, "name,value,origin,note\r\n", 24);
	snprintf(line, sizeof(line), "\r\ninternal,10.0.0.0/8,%s:1,\r\n", conf);
	assert_non_null(strstr(out, line));
	assert_non_null(strstr(out, ":2,\r\n"));
	assert_non_null(strstr(out, "\r\nports,26,'--port,\r\n"));
	assert_non_null(strstr(out, "\r\ninternal,fe80::/10,built-in default,\r\n"));
	assert_non_null(strstr(out, ":5,\"the \"\"blue\"\" printer\"\r\n"));
	assert_non_null(strstr(out, "\r\nretention.age,90d,built-in default,\r\n"));
}

static void explain_names_the_line_that_decides(void **state)
{
	(void)state;
	prints("config explain 10.0.3.77 198.51.100.4 --also-watch 465",
	       "10.0.3.77 is internal: internal 10.0.0.0/8 (@:1).\n"
	       "198.51.100.4 is external: no line says that it is internal.\n"
	       "Port 25: offence: not a mail server, and no allow entry covers it.\n"
	       "Port 465: also watched: also watched port.\n"
	       "  also_watch 465 (--also-watch)\n");
	prints("config explain 10.0.4.9 203.0.113.25 --port 25",
	       "10.0.4.9 is internal: internal 10.0.0.0/8 (@:1).\n"
	       "203.0.113.25 is external: no line says that it is internal.\n"
	       "Port 25: permitted: allow entry.\n"
	       "  allow 10.0.4.0/24 to 203.0.113.25 (@:5): the \"blue\" printer\n"
	       "Port 587: also watched: also watched port.\n"
	       "  also_watch 587 (@:4)\n");
	prints("config explain 10.0.0.25",
	       "10.0.0.25 is internal: internal 10.0.0.0/8 (@:1).\n"
	       "These lines let it send:\n"
	       "  mail_servers 10.0.0.25 (@:2)\n"
	       "  mail servers may send to smart_hosts 192.0.2.25 (@:3)\n"
	       "Port 25: depends on the destination.\n"
	       "Port 587: also watched: also watched port.\n"
	       "  also_watch 587 (@:4)\n");
	prints("config explain 198.51.100.4",
	       "198.51.100.4 is external: no line says that it is internal.\n"
	       "No attempt: not internal: its connections to external addresses are "
	       "unclassified.\n");
	prints("config explain 10.0.0.1 10.0.0.2",
	       "10.0.0.1 is internal: internal 10.0.0.0/8 (@:1).\n"
	       "10.0.0.2 is internal: internal 10.0.0.0/8 (@:1).\n"
	       "No attempt: the destination is internal: such connections are not watched.\n");
	prints("config explain 224.0.0.1", "224.0.0.1 is no unicast address.\n");
}

static void explain_in_json_tells_the_same(void **state)
{
	(void)state;
	prints("config explain 10.0.0.25 198.51.100.4 --format json --also-watch 465",
	       "[\n"
	       "{\"address\":\"10.0.0.25\",\"side\":\"internal\",\"side_rule\":{\"origin\":\"@:1\","
	       "\"text\":\"internal 10.0.0.0/8\",\"note\":null},\"destination\":\"198.51.100.4\","
	       "\"destination_side\":\"external\",\"destination_rule\":{\"origin\":null,\"text\":"
	       "null,"
	       "\"note\":null},\"port\":25,\"standing\":\"offence\",\"reason\":\"mail server, but "
	       "the "
	       "destination is no smart "
	       "host\",\"rule\":{\"origin\":\"@:2\",\"text\":\"mail_servers "
	       "10.0.0.25\",\"note\":null},\"may\":[{\"origin\":\"@:2\",\"text\":\"mail_servers "
	       "10.0.0.25\",\"note\":null}]},\n"
	       "{\"address\":\"10.0.0.25\",\"side\":\"internal\",\"side_rule\":{\"origin\":\"@:1\","
	       "\"text\":\"internal 10.0.0.0/8\",\"note\":null},\"destination\":\"198.51.100.4\","
	       "\"destination_side\":\"external\",\"destination_rule\":{\"origin\":null,\"text\":"
	       "null,"
	       "\"note\":null},\"port\":465,\"standing\":\"also watched\",\"reason\":\"also "
	       "watched "
	       "port\",\"rule\":{\"origin\":\"--also-watch\",\"text\":\"also_watch "
	       "465\",\"note\":null},\"may\":[{\"origin\":\"@:2\",\"text\":\"mail_servers "
	       "10.0.0.25\",\"note\":null}]}\n"
	       "]\n");
}

static void config_shows_the_value_on_a_narrow_terminal_too(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "config --config %s", conf);
	setenv("COLUMNS", "40", 1);
	assert_int_equal(run(line), EXIT_DONE);
	assert_non_null(strstr(out, "VALUE"));
	assert_non_null(strstr(out, " 10.0.0.0/8"));
	setenv("COLUMNS", "20", 1);
	assert_int_equal(run(line), EXIT_DONE);
	assert_memory_equal(out, "VALUE", 5);
	setenv("COLUMNS", "120", 1);
}

/* "CET-1" is one hour east of Greenwich. */
static void people_read_local_time_in_rules_and_programs_utc(void **state)
{
	char timed[] = "/tmp/egress25-test-XXXXXX", line[128];
	FILE *file = fdopen(mkstemp(timed), "w");

	(void)state;
	fputs("allow {\n	source = 10.0.4.1\n	until = 2030-01-02T12:00:00Z\n}\n", file);
	fclose(file);
	setenv("TZ", "CET-1", 1);
	snprintf(line, sizeof(line), "config --config %s", timed);
	assert_int_equal(run(line), EXIT_DONE);
	assert_non_null(strstr(out, " until 2030-01-02 13:00:00 "));
	snprintf(line, sizeof(line), "config explain 10.0.4.1 --config %s", timed);
	assert_int_equal(run(line), EXIT_DONE);
	assert_non_null(strstr(out, " until 2030-01-02 13:00:00 ("));
	snprintf(line, sizeof(line), "config --format csv --config %s", timed);
	assert_int_equal(run(line), EXIT_DONE);
	assert_non_null(strstr(out, " until 2030-01-02T12:00:00Z,"));
	unsetenv("TZ");
	unlink(timed);
}

static void config_refuses_what_it_does_not_know(void **state)
{
	(void)state;
	refuses("config exlpain",
		"egress25: config: \"exlpain\": expected explain, or nothing; see "
		"egress25 config --help\n");
	refuses("config explain",
		"egress25: config: explain needs an ADDRESS; see egress25 config --help\n");
	refuses("config explain 10.0.0", "egress25: config: \"10.0.0\": expected an IPv4 or IPv6 "
					 "address; see egress25 config --help\n");
	refuses("config --config /nonexistent/f",
		"egress25: /nonexistent/f: cannot be read: No such file or directory; give another "
		"with --config\n");
	refuses("config --config /dev/null --mail-server 10.0.0.1/8",
		"egress25: /dev/null: is no regular file; name a file that can be read again\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_reaches_its_place),
		cmocka_unit_test(the_record_named_is_the_one_in_force),
		cmocka_unit_test(options_stand_before_or_behind_arguments),
		cmocka_unit_test(an_option_may_be_shortened_where_it_is_clear),
		cmocka_unit_test(an_option_without_meaning_is_refused),
		cmocka_unit_test(mistakes_are_told_in_one_line_with_the_nearest_word),
		cmocka_unit_test(options_of_later_versions_are_unknown),
		cmocka_unit_test(help_is_one_screen_with_an_example),
		cmocka_unit_test(help_says_of_an_option_what_it_means_to_that_command),
		cmocka_unit_test(all_and_a_time_exclude_each_other),
		cmocka_unit_test(help_lists_every_command),
		cmocka_unit_test(config_shows_the_value_on_a_narrow_terminal_too),
		cmocka_unit_test(people_read_local_time_in_rules_and_programs_utc),
		cmocka_unit_test(the_version_is_told),
		cmocka_unit_test(the_commands_answer_is_the_exit_status),
		cmocka_unit_test(what_cannot_be_written_is_a_failure),
		cmocka_unit_test(config_prints_what_is_in_force_and_where_it_stands),
		cmocka_unit_test(explain_names_the_line_that_decides),
		cmocka_unit_test(explain_in_json_tells_the_same),
		cmocka_unit_test(config_refuses_what_it_does_not_know),
	};

	return cmocka_run_group_tests_name("options", tests, write_conf, remove_conf);
}
