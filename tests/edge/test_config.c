#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/moment.h"
#include "edge/config.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static char folder[] = "/tmp/egress25-test-XXXXXX";
static char path[64];

static int open_folder(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/f", folder);
	return 0;
}

static int close_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_file(const void *data, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	fclose(file);
}

static struct config *load(const char *text)
{
	char error[CONFIG_ERROR];
	struct config *c = NULL;

	write_file(text, strlen(text));
	if (config_load(path, NULL, &c, error) < 0)
		fail_msg("%s", error);
	return c;
}

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

static const struct rule *rule(const struct config *c, enum policy_class class, size_t i)
{
	const struct rule *r = policy_rule(c->policy, class, i);

	assert_non_null(r);
	return r;
}

static void rule_is(const struct config *c, enum policy_class class, size_t i, const char *text,
		    unsigned int line)
{
	char origin[128];

	snprintf(origin, sizeof(origin), "%s:%u", path, line);
	assert_string_equal(rule(c, class, i)->text, text);
	assert_string_equal(rule(c, class, i)->origin, origin);
}

static void an_empty_file_gives_the_defaults(void **state)
{
	static const char *const texts[] = {"", "\n", "# nothing", "/* nothing\n */", "// x\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct config *c = load(texts[i]);
		char host[256] = "";

		gethostname(host, sizeof(host) - 1);
		assert_string_equal(c->path, path);
		assert_string_equal(c->record, "/var/lib/egress25/record.db");
		assert_string_equal(c->sensor, host);
		assert_int_equal(c->interface_count, 0);
		assert_int_equal(c->port_count, 1);
		assert_int_equal(c->ports[0], 25);
		assert_int_equal(c->retention_age, 90 * MOMENT_DAY);
		assert_int_equal(c->retention_bytes, INT64_C(4) << 30);
		assert_int_equal(c->rows_per_host_hour, 1000);
		assert_int_equal(c->silent_after, 10 * MOMENT_MINUTE);
		assert_false(policy_has_mail_servers(c->policy));
		config_free(c);
	}
	config_free(NULL);
}

static void every_name_is_taken_and_each_value_knows_its_line(void **state)
{
	struct config *c =
		load("interfaces = {eth1, \"eth2\"}\n"
		     "internal = {10.0.0.0/8, # the offices\n"
		     "	172.16.0.0/12,\n"
		     "	/* and\n"
		     "	   of late */ \"2001:db8::/32\"}\n"
		     "mail_servers = 10.0.0.25\n"
		     "smart_hosts = { 192.0.2.25,\n"
		     "\n"
		     "  192.0.2.26, }\n"
		     "ports = {25, 26}\n"
		     "also_watch = {587, 465}\n"
		     "record = '/srv/record \"1\".db' // where there is room\n"
		     "sensor = hall-3\n"
		     "silent_after = 5m\n"
		     "retention {\n age = 30d\n size = 2G\n rows_per_host_hour = 7\n}\n");

	(void)state;
	assert_int_equal(c->interface_count, 2);
	assert_string_equal(c->interfaces[0], "eth1");
	assert_string_equal(c->interfaces[1], "eth2");
	assert_int_equal(policy_rule_count(c->policy, POLICY_INTERNAL), 3);
	rule_is(c, POLICY_INTERNAL, 0, "internal 10.0.0.0/8", 2);
	rule_is(c, POLICY_INTERNAL, 1, "internal 172.16.0.0/12", 3);
	rule_is(c, POLICY_INTERNAL, 2, "internal 2001:db8::/32", 5);
	rule_is(c, POLICY_MAIL_SERVER, 0, "mail_servers 10.0.0.25", 6);
	rule_is(c, POLICY_SMART_HOST, 0, "smart_hosts 192.0.2.25", 7);
	rule_is(c, POLICY_SMART_HOST, 1, "smart_hosts 192.0.2.26", 9);
	rule_is(c, POLICY_PORT, 1, "ports 26", 10);
	rule_is(c, POLICY_ALSO_WATCH, 0, "also_watch 587", 11);
	assert_int_equal(c->port_count, 4);
	assert_int_equal(c->ports[0], 25);
	assert_int_equal(c->ports[1], 26);
	assert_int_equal(c->ports[2], 465);
	assert_int_equal(c->ports[3], 587);
	assert_string_equal(c->record, "/srv/record \"1\".db");
	assert_string_equal(c->sensor, "hall-3");
	assert_int_equal(c->silent_after, 5 * MOMENT_MINUTE);
	assert_int_equal(c->retention_age, 30 * MOMENT_DAY);
	assert_int_equal(c->retention_bytes, INT64_C(2) << 30);
	assert_int_equal(c->rows_per_host_hour, 7);
	config_free(c);
}

static void allow_sections_stand_for_all_their_combinations(void **state)
{
	struct config *c = load("allow { source = 10.0.3.9 }\n"
				"allow {\n"
				"	source = {10.0.3.1, 10.0.4.0/24}\n"
				"	destination = {198.51.100.4, 2001:db8::/32}\n"
				"	port = {25, 26}\n"
				"	until = \"2026-12-31 18:00\"\n"
				"	note = \"the scanner in room 7\"\n"
				"}\n"
				"allow { until = 2026-12-31T18:00:00Z source = 10.0.5.0/24 }\n");

	(void)state;
	assert_int_equal(policy_rule_count(c->policy, POLICY_ALLOW), 1 + 8 + 1);
	rule_is(c, POLICY_ALLOW, 0, "allow 10.0.3.9 to anywhere", 1);
	assert_null(rule(c, POLICY_ALLOW, 0)->note);
	/* 18:00 local time is 17:00 UTC in winter */
	rule_is(c, POLICY_ALLOW, 1,
		"allow 10.0.3.1 to 198.51.100.4 port 25 until 2026-12-31T17:00:00Z", 2);
	rule_is(c, POLICY_ALLOW, 2,
		"allow 10.0.3.1 to 198.51.100.4 port 26 until 2026-12-31T17:00:00Z", 2);
	rule_is(c, POLICY_ALLOW, 8,
		"allow 10.0.4.0/24 to 2001:db8::/32 port 26 until 2026-12-31T17:00:00Z", 2);
	assert_string_equal(rule(c, POLICY_ALLOW, 8)->note, "the scanner in room 7");
	rule_is(c, POLICY_ALLOW, 9, "allow 10.0.5.0/24 to anywhere until 2026-12-31T18:00:00Z", 9);
	config_free(c);
}

static void lists_can_be_added_to(void **state)
{
	struct config *c = load("mail_servers = {10.0.0.25}\nmail_servers += {10.0.0.26}\n");

	(void)state;
	rule_is(c, POLICY_MAIL_SERVER, 0, "mail_servers 10.0.0.25", 1);
	rule_is(c, POLICY_MAIL_SERVER, 1, "mail_servers 10.0.0.26", 2);
	config_free(c);
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
		"smart_hosts, ports, also_watch, record, sensor, silent_after, allow, retention");
	refuses("retention { colour = red }",
		":1: unknown name \"colour\"; known here: age, size, rows_per_host_hour");
	refuses("source = 10.0.0.1", ":1: \"source\" can stand only within allow { }");
	refuses("allow { record = x }", ":1: \"record\" cannot stand within allow { }");
}

static void names_of_what_does_not_exist_yet_are_unknown(void **state)
{
	static const char *const names[] = {
		"public_addresses", "never_reset",	   "reset", "reset_via",
		"reset_limit",	    "incident_on_listing", "mta",   "user"};
	char text[64], error[CONFIG_ERROR];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(text, sizeof(text), "%s = x", names[i]);
		assert_non_null(strstr(refusal(text, strlen(text), error), "unknown name"));
	}
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

/* Every head of a good file gives an answer, and leaves nothing behind that spoils the next. */
static void a_file_cut_at_any_length_is_survived(void **state)
{
	static const char text[] = "internal = {10.0.0.0/8, # x\n'fd00::/8'}\n/* y */ allow {\n"
				   "source = \"10.0.0.1\" note = \"a \\\"b\\\"\" }\n"
				   "retention { age = 1d }\n";
	char error[CONFIG_ERROR];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct config *c = NULL;

		write_file(text, n);
		if (config_load(path, NULL, &c, error) < 0)
			assert_memory_equal(error, path, strlen(path));
		config_free(c);
		c = load(text);
		rule_is(c, POLICY_INTERNAL, 1, "internal fd00::/8", 2);
		rule_is(c, POLICY_ALLOW, 0, "allow 10.0.0.1 to anywhere", 3);
		assert_string_equal(rule(c, POLICY_ALLOW, 0)->note, "a \"b\"");
		config_free(c);
	}
}

static void what_is_no_file_holds_nobody_up(void **state)
{
	char error[CONFIG_ERROR], want[256];
	struct config *c;

	(void)state;
	unlink(path);
	assert_int_equal(config_load(path, NULL, &c, error), -ENOENT);
	snprintf(want, sizeof(want),
		 "%s: cannot be read: No such file or directory; give another with --config", path);
	assert_string_equal(error, want);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(config_load(path, NULL, &c, error), -EINVAL);
	snprintf(want, sizeof(want), "%s: is no regular file; name a file that can be read again",
		 path);
	assert_string_equal(error, want);
	unlink(path);
	assert_int_equal(config_load(folder, NULL, &c, error), -EINVAL);
}

#define LIST(...)                                                                                  \
	{                                                                                          \
		(const char *[]){__VA_ARGS__}, COUNT(((const char *[]){__VA_ARGS__}))              \
	}

static void the_command_line_replaces_whole_lists(void **state)
{
	const struct config_overrides o = {.interfaces = LIST("eth9"),
					   .internal = LIST("192.168.0.0/16"),
					   .mail_servers = LIST("10.0.0.26", "10.0.0.27"),
					   .allow = LIST("10.0.3.0/24", "10.0.3.1,1.2.3.4",
							 "10.0.3.1,1.2.3.4,25", "10.0.3.2,,26"),
					   .ports = LIST("26"),
					   .also_watch = LIST("25")};
	static const char text[] = "interfaces = {eth1}\ninternal = {10.0.0.0/8}\n"
				   "mail_servers = {10.0.0.25}\nsmart_hosts = {192.0.2.25}\n"
				   "allow { source = 10.0.4.0/24 }\nports = {25}\n";
	char error[CONFIG_ERROR];
	struct config *c;

	(void)state;
	write_file(text, strlen(text));
	assert_int_equal(config_load(path, &o, &c, error), 0);
	assert_int_equal(c->interface_count, 1);
	assert_string_equal(c->interfaces[0], "eth9");
	assert_int_equal(policy_rule_count(c->policy, POLICY_MAIL_SERVER), 2);
	assert_string_equal(rule(c, POLICY_MAIL_SERVER, 0)->text, "mail_servers 10.0.0.26");
	assert_string_equal(rule(c, POLICY_MAIL_SERVER, 0)->origin, "--mail-server");
	/* IPv4 is replaced, and IPv6 has its defaults */
	assert_int_equal(policy_rule_count(c->policy, POLICY_INTERNAL), 3);
	rule_is(c, POLICY_SMART_HOST, 0, "smart_hosts 192.0.2.25", 4);
	assert_int_equal(policy_rule_count(c->policy, POLICY_ALLOW), 4);
	assert_string_equal(rule(c, POLICY_ALLOW, 0)->text, "allow 10.0.3.0/24 to anywhere");
	assert_string_equal(rule(c, POLICY_ALLOW, 1)->text, "allow 10.0.3.1 to 1.2.3.4");
	assert_string_equal(rule(c, POLICY_ALLOW, 2)->text, "allow 10.0.3.1 to 1.2.3.4 port 25");
	assert_string_equal(rule(c, POLICY_ALLOW, 3)->text, "allow 10.0.3.2 to anywhere port 26");
	assert_string_equal(rule(c, POLICY_ALLOW, 3)->origin, "--allow");
	assert_string_equal(rule(c, POLICY_PORT, 0)->text, "ports 26");
	assert_string_equal(rule(c, POLICY_ALSO_WATCH, 0)->text, "also_watch 25");
	config_free(c);
}

static void override_fails(const struct config_overrides *o, const char *want)
{
	char error[CONFIG_ERROR];
	struct config *c;

	write_file("", 0);
	assert_int_equal(config_load(path, o, &c, error), -EINVAL);
	assert_string_equal(error, want);
}

static void errors_of_the_command_line_name_the_option(void **state)
{
	const struct config_overrides bad_server = {.mail_servers = LIST("10.0.0.1/8")};
	const struct config_overrides bad_port = {.ports = LIST("25", "x")};
	const struct config_overrides bad_allow = {.allow = LIST("10.0.0.1,1.2.3.4,25,x")};
	const struct config_overrides bad_source = {.allow = LIST(",1.2.3.4")};
	const struct config_overrides both = {.also_watch = LIST("25")};

	(void)state;
	override_fails(&bad_server, "--mail-server: \"10.0.0.1/8\": 10.0.0.1/8 has bits set behind "
				    "its prefix; write 10.0.0.0/8");
	override_fails(&bad_port, "--port: \"x\": expected a number from 1 to 65535");
	override_fails(&bad_allow,
		       "--allow: \"10.0.0.1,1.2.3.4,25,x\": expected SOURCE[,DESTINATION[,PORT]]");
	override_fails(&bad_source, "--allow: \",1.2.3.4\": expected an address or a prefix, such "
				    "as 10.0.0.25 or 10.0.0.0/8");
	override_fails(&both, "--also-watch: \"25\": this port is watched already (see ports); it "
			      "cannot be also watched");
}

static void the_same_twice_on_the_command_line_is_harmless(void **state)
{
	const struct config_overrides o = {.interfaces = LIST("eth1", "eth1"),
					   .mail_servers = LIST("10.0.0.25", "10.0.0.25"),
					   .ports = LIST("25", "25"),
					   .allow = LIST("10.0.0.1", "10.0.0.1")};
	char error[CONFIG_ERROR];
	struct config *c;

	(void)state;
	write_file("", 0);
	assert_int_equal(config_load(path, &o, &c, error), 0);
	assert_int_equal(c->interface_count, 1);
	assert_int_equal(policy_rule_count(c->policy, POLICY_MAIL_SERVER), 1);
	config_free(c);
}

static const struct config_line *line(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->line_count; i++)
		if (strcmp(c->lines[i].name, name) == 0)
			return &c->lines[i];
	fail_msg("no line %s", name);
	return NULL;
}

static void settings_tell_where_they_stand(void **state)
{
	struct config *c = load("\nrecord = /srv/r.db\nretention { size = 1M }");
	char want[128];

	(void)state;
	snprintf(want, sizeof(want), "%s:2", path);
	assert_string_equal(line(c, "record")->text, "/srv/r.db");
	assert_string_equal(line(c, "record")->origin, want);
	assert_int_equal(c->retention_bytes, 1 << 20);
	assert_string_equal(line(c, "retention.age")->text, "90d");
	assert_string_equal(line(c, "retention.age")->origin, "built-in default");
	config_free(c);
}

/* In words and in numbers: what config_line says by default is what is in force. */
static void the_defaults_in_words_are_those_in_force(void **state)
{
	static const char *const names[] = {"silent_after", "retention.age"};
	struct config *c = load("");
	int64_t durations[2];
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(moment_parse_duration(line(c, names[i])->text, &durations[i]), 0);
	assert_int_equal(durations[0], c->silent_after);
	assert_int_equal(durations[1], c->retention_age);
	snprintf(text, sizeof(text), "retention { size = %s rows_per_host_hour = %s }",
		 line(c, "retention.size")->text, line(c, "retention.rows_per_host_hour")->text);
	config_free(c);
	c = load(text);
	assert_int_equal(c->retention_bytes, INT64_C(4) << 30);
	assert_int_equal(c->rows_per_host_hour, 1000);
	config_free(c);
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
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(every_name_is_taken_and_each_value_knows_its_line),
		cmocka_unit_test(allow_sections_stand_for_all_their_combinations),
		cmocka_unit_test(lists_can_be_added_to),
		cmocka_unit_test(unknown_names_are_told_with_the_nearest_known_one),
		cmocka_unit_test(names_of_what_does_not_exist_yet_are_unknown),
		cmocka_unit_test(values_of_the_wrong_kind_are_told_with_what_is_expected),
		cmocka_unit_test(a_bad_end_is_told),
		cmocka_unit_test(what_stands_twice_is_told_with_its_first_place),
		cmocka_unit_test(a_port_is_watched_or_also_watched),
		cmocka_unit_test(broken_grammar_is_told_by_its_line),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(a_file_cut_at_any_length_is_survived),
		cmocka_unit_test(what_is_no_file_holds_nobody_up),
		cmocka_unit_test(the_command_line_replaces_whole_lists),
		cmocka_unit_test(errors_of_the_command_line_name_the_option),
		cmocka_unit_test(the_same_twice_on_the_command_line_is_harmless),
		cmocka_unit_test(settings_tell_where_they_stand),
		cmocka_unit_test(the_defaults_in_words_are_those_in_force),
		cmocka_unit_test(a_section_of_too_many_combinations_is_refused),
	};

	return cmocka_run_group_tests_name("config", tests, open_folder, close_folder);
}
