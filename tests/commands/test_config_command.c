/* config, with a file of its own so that the machine's does not matter. */
#include "program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

static void the_record_named_is_the_one_in_force(void **state)
{
	(void)state;
	assert_int_equal(run("config --record /srv/other.db --format csv"), EXIT_DONE);
	assert_non_null(strstr(out, "record,/srv/other.db,'--record,"));
}

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

static void a_configuration_that_no_monitor_runs_with_is_refused(void **state)
{
	const char text[] = "reset = dry-run\n";
	char line[160], bare[] = "/tmp/egress25-bare-XXXXXX";
	int fd = mkstemp(bare);

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	snprintf(line, sizeof(line), "config --config %s", bare);
	refuses(line, "egress25: reset = dry-run: no mail server is configured, so all mail would "
		      "be cut off: name yours with --mail-server or `mail_servers`\n");
	strcat(line, " --mail-server 10.0.0.25");
	assert_int_equal(run(line), EXIT_DONE);
	unlink(bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_record_named_is_the_one_in_force),
		cmocka_unit_test(config_shows_the_value_on_a_narrow_terminal_too),
		cmocka_unit_test(people_read_local_time_in_rules_and_programs_utc),
		cmocka_unit_test(config_prints_what_is_in_force_and_where_it_stands),
		cmocka_unit_test(explain_names_the_line_that_decides),
		cmocka_unit_test(explain_in_json_tells_the_same),
		cmocka_unit_test(config_refuses_what_it_does_not_know),
		cmocka_unit_test(a_configuration_that_no_monitor_runs_with_is_refused),
	};

	return cmocka_run_group_tests_name("config_command", tests, write_conf, remove_conf);
}
