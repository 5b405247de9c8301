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
#include <unistd.h>

#include "base/moment.h"
#include "config_file.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

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
		     "public_addresses = {203.0.113.9, \"2001:db8:9::1\"}\n"
		     "never_reset = {10.0.0.1,\n \"fd00:53::/64\"}\n"
		     "record = '/srv/record \"1\".db' // where there is room\n"
		     "sensor = hall-3\n"
		     "user = egress25\n"
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
	assert_int_equal(c->public_count, 2);
	assert_memory_equal(c->public_addresses[0].b + 12, "\xcb\x00\x71\x09", 4);
	assert_memory_equal(c->public_addresses[1].b, "\x20\x01\x0d\xb8\x00\x09", 6);
	assert_int_equal(c->never_reset_count, 2);
	assert_memory_equal(c->never_reset[0].addr.b + 12, "\x0a\x00\x00\x01", 4);
	assert_int_equal(c->never_reset[0].length, 128);
	assert_memory_equal(c->never_reset[1].addr.b, "\xfd\x00\x00\x53", 4);
	assert_int_equal(c->never_reset[1].length, 64);
	assert_string_equal(c->record, "/srv/record \"1\".db");
	assert_string_equal(c->sensor, "hall-3");
	assert_string_equal(c->user, "egress25");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(every_name_is_taken_and_each_value_knows_its_line),
		cmocka_unit_test(allow_sections_stand_for_all_their_combinations),
		cmocka_unit_test(lists_can_be_added_to),
		cmocka_unit_test(a_file_cut_at_any_length_is_survived),
		cmocka_unit_test(what_is_no_file_holds_nobody_up),
		cmocka_unit_test(the_command_line_replaces_whole_lists),
		cmocka_unit_test(errors_of_the_command_line_name_the_option),
		cmocka_unit_test(the_same_twice_on_the_command_line_is_harmless),
		cmocka_unit_test(settings_tell_where_they_stand),
		cmocka_unit_test(the_defaults_in_words_are_those_in_force),
	};

	return cmocka_run_group_tests_name("config", tests, open_folder, close_folder);
}
