/* The command line: options, help, mistakes. */
#include "program.h"

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

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void hands_over(const char *line, const char *want)
{
	assert_int_equal(run(line), EXIT_DONE);
	assert_string_equal(told, want);
	assert_string_equal(err, "");
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
	hands_over("rules pf --offenders --for 2h --part undo --incident 42 --lan-interface em1 "
		   "--wan-interface em0",
		   "rules table offenders part=undo for=2h incident=42 lan=em1 wan=em0 <pf>");
	hands_over("incident open --reset --reason listed --address 198.51.100.7 --for 2h",
		   "incident table for=2h reset reason=listed address=198.51.100.7 <open>");
	hands_over("freeze --for 5h --force --mta exim --ssh mail --reset --reason why",
		   "freeze table for=5h reset reason=why mta=exim ssh=mail force");
	hands_over("thaw --mta exim --ssh mail --format json", "thaw json mta=exim ssh=mail");
	hands_over("connections", "connections table");
}

static void reset_takes_a_mode_for_the_monitor_alone(void **state)
{
	(void)state;
	assert_int_equal(run("watch -i eth1 --reset"), EXIT_USAGE);
	assert_non_null(strstr(err, "--reset needs a value, MODE"));
	assert_int_equal(run("watch -i eth1 --reset on"), EXIT_DONE);
	assert_int_equal(run("incident open --reset=on"), EXIT_USAGE);
	assert_non_null(strstr(err, "--reset takes no value"));
	assert_int_equal(run("status --reset on"), EXIT_USAGE);
	assert_non_null(strstr(err, "--reset has no meaning here"));
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

/* Names and meanings are two columns, whatever is in them. */
static void help_keeps_its_columns_apart(void **state)
{
	(void)state;
	for (int i = 0; i < command_count; i++) {
		size_t options = 0;
		char line[64];

		snprintf(line, sizeof(line), "%s --help", command_table[i].name);
		assert_int_equal(run(line), EXIT_DONE);
		for (const char *at = out; (at = strstr(at, "\n  ")); at++) {
			size_t length = strcspn(++at, "\n");

			if (strspn(at, " ") != 2 + (at[2] == ' ' ? 4u : 0u) || at[6] != '-')
				continue;
			options++;
			if (length > 34 && at[33] == ' ' && at[34] != ' ')
				continue;
			/* Or the meaning is below, in its column. */
			if (strspn(at + length, " \n") != 35)
				fail_msg("%s: \"%.*s\"", line, (int)length, at);
		}
		assert_true(options >= 4);
	}
	assert_int_equal(run("watch --help"), EXIT_DONE);
	assert_non_null(strstr(out,
			       "\n      --port, --also-watch PORT   instead of 25; only recorded"
			       " (repeatable)\n"));
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
	assert_int_equal(command_count, 12);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_reaches_its_place),
		cmocka_unit_test(reset_takes_a_mode_for_the_monitor_alone),
		cmocka_unit_test(options_stand_before_or_behind_arguments),
		cmocka_unit_test(an_option_may_be_shortened_where_it_is_clear),
		cmocka_unit_test(an_option_without_meaning_is_refused),
		cmocka_unit_test(mistakes_are_told_in_one_line_with_the_nearest_word),
		cmocka_unit_test(help_is_one_screen_with_an_example),
		cmocka_unit_test(help_keeps_its_columns_apart),
		cmocka_unit_test(help_says_of_an_option_what_it_means_to_that_command),
		cmocka_unit_test(all_and_a_time_exclude_each_other),
		cmocka_unit_test(help_lists_every_command),
		cmocka_unit_test(the_version_is_told),
		cmocka_unit_test(the_commands_answer_is_the_exit_status),
		cmocka_unit_test(what_cannot_be_written_is_a_failure),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
