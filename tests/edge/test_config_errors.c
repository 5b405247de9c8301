#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "config_file.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The error, behind the file's name. */
static const char *refusal(const void *data, size_t length, char error[CONFIG_ERROR])
{
	struct config *c = (struct config *)error; /* anything: must stay as it is */

	write_file(data, length);
	assert_int_equal(config_load(path, NULL, &c, error), -EINVAL);
	assert_ptr_equal(c, error);
	assert_null(strchr(error, '\n'));
	assert_memory_equal(error, path, strlen(path));
	return error + strlen(path);
}

static void refuses(const char *text, const char *want)
{
	char error[CONFIG_ERROR];

	assert_string_equal(refusal(text, strlen(text), error), want);
}

static void unknown_names_are_told_with_the_nearest_known_one(void **state)
{
	(void)state;
	refuses("\nmail_server = 10.0.0.25\n",
		":2: unknown name \"mail_server\"; did you mean \"mail_servers\"?");
	refuses("allow {\n source = 10.0.0.1\n util = 2026-12-31\n}",
		":3: unknown name \"util\"; did you mean \"until\"?");
	refuses("\n\nsubject = x",
		":3: unknown name \"subject\"; known here: interfaces, internal, mail_servers, "
		"smart_hosts, ports, also_watch, public_addresses, never_reset, reset, reset_via, "
		"reset_limit, incident_on_listing, mta, mta_ssh, record, sensor, user, "
		"silent_after, "
		"allow, retention");
	refuses("retention { colour = red }",
		":1: unknown name \"colour\"; known here: age, size, rows_per_host_hour");
	refuses("source = 10.0.0.1", ":1: \"source\" can stand only within allow { }");
	refuses("allow { record = x }", ":1: \"record\" cannot stand within allow { }");
}

static void the_mail_server_to_freeze_is_one_that_can_be_and_its_host_no_option(void **state)
{
	(void)state;
	refuses("mta = sendgrid", ":1: mta: \"sendgrid\": expected postfix, exim, opensmtpd, "
				  "sendmail, qmail or exchange");
	refuses("mta_ssh = \"-oProxyCommand=x\"",
		":1: mta_ssh: \"-oProxyCommand=x\": expected a host, or user@host, such as "
		"mail.example.org");
}

static void a_private_address_is_no_public_one(void **state)
{
	static const char *const private[] = {"192.168.1.1", "10.0.0.25",   "172.16.0.1",
					      "100.64.0.1",  "169.254.1.1", "fd00::1",
					      "fe80::1"};
	char text[100], error[300];

	(void)state;
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		snprintf(text, sizeof(text), "public_addresses = \"%s\"", private[i]);
		snprintf(error, sizeof(error),
			 ":1: public_addresses: \"%s\": no server on the Internet sees this "
			 "address; write the one in front of the NAT, such as 203.0.113.9",
			 private[i]);
		refuses(text, error);
	}
}

static void public_addresses_are_single_addresses_and_stand_once(void **state)
{
	(void)state;
	refuses("public_addresses = {203.0.113.9, 203.0.113.0/24}",
		":1: public_addresses: \"203.0.113.0/24\": expected an address, such as "
		"203.0.113.9");
	refuses("public_addresses = 224.0.0.1",
		":1: public_addresses: \"224.0.0.1\": expected an address, such as 203.0.113.9");
	refuses("public_addresses = {203.0.113.9,\n203.0.113.9}",
		":2: public_addresses: \"203.0.113.9\": stands twice; remove one");
}

static void what_is_never_reset_is_told_by_address_or_prefix_and_once(void **state)
{
	(void)state;
	refuses("never_reset = {10.0.0.1, gateway}",
		":1: never_reset: \"gateway\": expected an address or a prefix, such as "
		"10.0.0.25 or 10.0.0.0/8");
	refuses("never_reset = 10.0.0.1/24",
		":1: never_reset: \"10.0.0.1/24\": 10.0.0.1/24 has bits set behind its prefix; "
		"write 10.0.0.0/24");
	refuses("never_reset = {10.0.0.1,\n10.0.0.1/32}",
		":2: never_reset: \"10.0.0.1/32\": stands twice; remove one");
}

static void what_to_do_with_offenders_is_one_of_four(void **state)
{
	(void)state;
	refuses("reset = yes", ":1: reset: \"yes\": expected never, off, dry-run or on");
	refuses("reset_via = eth/1",
		":1: reset_via: \"eth/1\": expected the name of an interface, such as eth1");
	refuses("incident_on_listing = yes",
		":1: incident_on_listing: \"yes\": expected off, watch or reset");
	refuses("reset_limit = 7", ":1: reset_limit: \"7\": expected a number from 8 to 1000000");
}

static void values_of_the_wrong_kind_are_told_with_what_is_expected(void **state)
{
	(void)state;
	refuses("internal = {10.0.0.0/8,\n 10.300.0.0/16}",
		":2: internal: \"10.300.0.0/16\": expected an address or a prefix, such as "
		"10.0.0.25 "
		"or 10.0.0.0/8");
	refuses("mail_servers = {mail.example.net}",
		":1: mail_servers: \"mail.example.net\": expected an address or a prefix, such as "
		"10.0.0.25 or 10.0.0.0/8");
	refuses("\nsmart_hosts = 192.0.2.1/24",
		":2: smart_hosts: \"192.0.2.1/24\": 192.0.2.1/24 has bits set behind its prefix; "
		"write 192.0.2.0/24");
	refuses("ports = {25,\n\n70000}",
		":3: ports: \"70000\": expected a number from 1 to 65535");
	refuses("ports = 0", ":1: ports: \"0\": expected a number from 1 to 65535");
	refuses("ports = smtp", ":1: ports: \"smtp\": expected a number from 1 to 65535");
	refuses("also_watch = \"\"", ":1: also_watch: \"\": expected a number from 1 to 65535");
	refuses("silent_after = 5",
		":1: silent_after: \"5\": expected a duration, such as 90d, 12h or 1h30m");
	refuses("silent_after = 0s",
		":1: silent_after: \"0s\": expected a duration above 0, such as 10m");
	refuses("retention {\n age = long\n}",
		":2: retention.age: \"long\": expected a duration, such as 90d, 12h or 1h30m");
	refuses("retention { size = 4X }",
		":1: retention.size: \"4X\": expected a size, such as 500M or 4G");
	refuses("retention { size = G }",
		":1: retention.size: \"G\": expected a size, such as 500M or 4G");
	refuses("retention { size = 9999999999T }",
		":1: retention.size: \"9999999999T\": expected a size, such as 500M or 4G");
	refuses("retention { rows_per_host_hour = -1 }",
		":1: retention.rows_per_host_hour: \"-1\": expected a number from 0 to 4294967295");
	refuses("interfaces = {\"eth 1\"}",
		":1: interfaces: \"eth 1\": expected the name of an interface, such as eth1");
	refuses("interfaces = aninterfacename1",
		":1: interfaces: \"aninterfacename1\": expected the name of an interface, such as "
		"eth1");
	refuses("record = \"\"", ":1: record: \"\": expected some text");
	refuses("record = {a}", ":1: found \"{\" where a single value is expected");
}

static void a_bad_end_is_told(void **state)
{
	static const char *const bad[] = {"tomorrow", "2026-02-29", "90d", "18:00", "2026-13-01"};
	char text[128], want[256];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(text, sizeof(text), "allow {\n source = 10.0.0.1\n until = \"%s\"\n}",
			 bad[i]);
		snprintf(want, sizeof(want),
			 ":3: allow.until: \"%s\": expected a date, such as 2026-12-31 or "
			 "2026-12-31T18:00:00Z",
			 bad[i]);
		refuses(text, want);
	}
}

static void what_stands_twice_is_told_with_its_first_place(void **state)
{
	char want[256];

	(void)state;
	snprintf(want, sizeof(want),
		 ":3: mail_servers: \"10.0.0.25/32\": stands twice, first at %s:1; remove one",
		 path);
	refuses("mail_servers = {10.0.0.25,\n 10.0.0.26,\n 10.0.0.25/32}", want);
	refuses("internal = 10.0.0.0/8\n\ninternal = 10.0.0.0/8\n",
		":3: internal is set again; it stands already at line 1");
	refuses("record = a\nrecord = b", ":2: record is set again; it stands already at line 1");
	refuses("retention { age = 1d }\nretention {\n age = 2d }",
		":3: age is set again; it stands already at line 1");
	refuses("allow { source = 10.0.0.1 note = a\n note = b }",
		":2: note is set again; it stands already at line 1");
	refuses("allow { source = 10.0.0.1 }\nallow {\n source = 10.0.0.1 }",
		":3: allow.source: \"10.0.0.1\": the same entry stands twice; remove one");
	refuses("interfaces = {eth1,\neth1}", ":2: interfaces: \"eth1\": stands twice; remove one");
}

static void a_port_is_watched_or_also_watched(void **state)
{
	char text[256] = "also_watch = {1";
	char error[CONFIG_ERROR];

	(void)state;
	refuses("also_watch = {587,\n 25}", ":2: also_watch: \"25\": this port is watched already "
					    "(see ports); it cannot be also "
					    "watched");
	/* whichever comes first in the file */
	refuses("also_watch = 26\nports = 26", ":1: also_watch: \"26\": this port is watched "
					       "already (see ports); it cannot be also "
					       "watched");
	config_free(load("also_watch = 25\nports = 26"));
	for (int i = 2; i <= 16; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",\n%d", i);
	strcat(text, "}");
	assert_string_equal(refusal(text, strlen(text), error),
			    ":16: also_watch: \"16\": at most 16 ports can be watched and also "
			    "watched in all");
}

static void broken_grammar_is_told_by_its_line(void **state)
{
	(void)state;
	refuses("\nallow {\n source = 10.0.0.1\n\n", ":2: the \"{\" of this line is never closed");
	refuses("internal = {\n10.0.0.0/8\n", ":1: the \"{\" of this line is never closed");
	refuses("allow {\n source = 10.0.0.1\nallow {\n source = 10.0.0.2\n}}",
		":3: found allow { } within allow { }; a \"}\" is missing before it");
	refuses("\n}", ":2: found \"}\" where nothing is open");
	refuses("internal {10.0.0.0/8}", ":1: internal: no \"=\" follows; write internal = VALUE");
	refuses("allow = {}", ":1: allow: no \"{\" follows; write allow { ... }");
	refuses("internal = {10.0.0.0/8\n 10.0.0.0/9}",
		":2: found \"10.0.0.0/9\" where \",\" or \"}\" is expected");
	refuses("internal = ,", ":1: found \",\" where a name or a value is expected");
	refuses("\nrecord =",
		":2: the file ends where more is expected; write NAME = VALUE or NAME "
		"{ ... }");
	refuses("record += x", ":1: record takes one value; write record = VALUE");
	refuses("\n/* x\n\n", ":2: this comment is never closed; end it with */");
	refuses("\nrecord = \"x\ny\"", ":2: this quote is not closed on its line");
	refuses("record = 'x", ":1: this quote is never closed");
	refuses("record = \"a\\x41\"",
		":1: unknown escape; after a backslash only \" and \\ may stand");
	refuses("\nallow { until = 2026-01-01T00:00:00+01:00 }",
		":2: found \"+\"; put the text in quotes");
	refuses("record = a*b", ":1: found \"*\"; put the text in quotes");
	refuses("record = ${HOME}", ":1: \"${\" is kept for later; put the text in single quotes");
	refuses("record = \"${HOME}\"",
		":1: \"${\" is kept for later; put the text in single quotes");
	refuses("\nallow {\n note = x\n}",
		":2: this allow section names no source; write source = ADDRESS");
	refuses("\nallow { }", ":2: this allow section names no source; write source = ADDRESS");
}

static void what_is_no_text_is_refused(void **state)
{
	char error[CONFIG_ERROR];
	char *big = malloc((1 << 20) + 1);

	(void)state;
	assert_string_equal(refusal("\na\0b", 4, error),
			    ":2: found a control character; this is no text file");
	assert_string_equal(refusal("\0", 1, error),
			    ":1: found a control character; this is no text file");
	assert_string_equal(refusal("record = \"a\033b\"", 14, error),
			    ":1: found a control character; this is no text file");
	assert_string_equal(refusal("record = \"a\0b\"", 14, error),
			    ":1: found a control character; this is no text file");
	memset(big, '#', (1 << 20) + 1);
	assert_string_equal(refusal(big, (1 << 20) + 1, error),
			    ": is above 1 MiB; this is no configuration file");
	free(big);
}

static void a_section_of_too_many_combinations_is_refused(void **state)
{
	size_t size = 200000;
	char *text = calloc(1, size), *at = text;
	char error[CONFIG_ERROR];

	(void)state;
	at += snprintf(at, 64, "\nallow { source = {10.0.0.0");
	for (int i = 1; i < 300; i++)
		at += snprintf(at, 64, ",10.0.%d.%d", i / 256, i % 256);
	at += snprintf(at, 64, "} destination = {10.0.0.0");
	for (int i = 1; i < 300; i++)
		at += snprintf(at, 64, ",10.0.%d.%d", i / 256, i % 256);
	snprintf(at, 64, "} }");
	assert_string_equal(
		refusal(text, strlen(text), error),
		":2: this allow section stands for more than 65536 entries; use prefixes");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_names_are_told_with_the_nearest_known_one),
		cmocka_unit_test(
			the_mail_server_to_freeze_is_one_that_can_be_and_its_host_no_option),
		cmocka_unit_test(a_private_address_is_no_public_one),
		cmocka_unit_test(public_addresses_are_single_addresses_and_stand_once),
		cmocka_unit_test(what_is_never_reset_is_told_by_address_or_prefix_and_once),
		cmocka_unit_test(what_to_do_with_offenders_is_one_of_four),
		cmocka_unit_test(values_of_the_wrong_kind_are_told_with_what_is_expected),
		cmocka_unit_test(a_bad_end_is_told),
		cmocka_unit_test(what_stands_twice_is_told_with_its_first_place),
		cmocka_unit_test(a_port_is_watched_or_also_watched),
		cmocka_unit_test(broken_grammar_is_told_by_its_line),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(a_section_of_too_many_combinations_is_refused),
	};

	return cmocka_run_group_tests_name("config errors", tests, open_folder, close_folder);
}
