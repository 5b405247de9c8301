#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/moment.h"
#include "judge/policy.h"

#define NOON (INT64_C(1795521600) * MOMENT_SECOND) /* 2026-11-24 12:00 UTC */

static struct policy *p;

static int open_policy(void **state)
{
	(void)state;
	p = policy_new();
	return p ? 0 : -1;
}

static int close_policy(void **state)
{
	(void)state;
	policy_free(p);
	return 0;
}

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct prefix prefix(const char *text)
{
	struct prefix x;

	assert_int_equal(prefix_parse(text, &x), 0);
	return x;
}

static void add(int (*to)(struct policy *, const struct prefix *, const char *), const char *text,
		const char *origin)
{
	struct prefix x = prefix(text);

	assert_int_equal(to(p, &x, origin), 0);
}

/* destination NULL: any; port 0: any; until 0: for ever */
static int allow(const char *source, const char *destination, uint16_t port, int64_t until,
		 const char *origin)
{
	struct allow a = {.source = prefix(source),
			  .any_destination = !destination,
			  .port = port,
			  .until = until,
			  .note = "noted"};

	if (destination)
		a.destination = prefix(destination);
	return policy_add_allow(p, &a, origin);
}

static void judges_at(int64_t when, const char *client, const char *server, uint16_t port,
		      enum standing standing, enum reason reason, const char *origin)
{
	struct addr c = address(client), s = address(server);
	struct judgement j;

	policy_judge(p, &c, &s, port, when, &j);
	assert_string_equal(standing_name(j.standing), standing_name(standing));
	assert_string_equal(reason_text(j.reason), reason_text(reason));
	assert_string_equal(j.rule ? j.rule->origin : "none", origin ? origin : "none");
}

static void judges(const char *client, const char *server, enum standing standing,
		   enum reason reason, const char *origin)
{
	judges_at(NOON, client, server, 25, standing, reason, origin);
}

static void side_is(const char *text, enum side want, const char *rule)
{
	struct addr a = address(text);
	enum side side;
	const struct rule *r = policy_side_rule(p, &a, &side);

	assert_int_equal(side, want);
	assert_int_equal(site_side(policy_site(p), &a), want);
	assert_string_equal(r ? r->text : "none", rule ? rule : "none");
}

static void the_private_prefixes_are_internal_by_default(void **state)
{
	(void)state;
	side_is("10.255.0.1", SIDE_INTERNAL, "internal 10.0.0.0/8");
	side_is("172.31.255.255", SIDE_INTERNAL, "internal 172.16.0.0/12");
	side_is("192.168.1.1", SIDE_INTERNAL, "internal 192.168.0.0/16");
	side_is("100.127.0.1", SIDE_INTERNAL, "internal 100.64.0.0/10");
	side_is("169.254.1.1", SIDE_INTERNAL, "internal 169.254.0.0/16");
	side_is("fdff::1", SIDE_INTERNAL, "internal fc00::/7");
	side_is("fe80::1", SIDE_INTERNAL, "internal fe80::/10");
	side_is("172.32.0.0", SIDE_EXTERNAL, NULL);
	side_is("100.128.0.0", SIDE_EXTERNAL, NULL);
	side_is("2001:db8::1", SIDE_EXTERNAL, NULL);
	side_is("224.0.0.1", SIDE_NEITHER, NULL);
	side_is("255.255.255.255", SIDE_NEITHER, NULL);
	side_is("ff02::1", SIDE_NEITHER, NULL);
	side_is("::", SIDE_NEITHER, NULL);
}

static void a_configured_prefix_replaces_the_default_of_its_family_only(void **state)
{
	(void)state;
	add(policy_add_internal, "203.0.113.0/24", "f:1");
	side_is("203.0.113.9", SIDE_INTERNAL, "internal 203.0.113.0/24");
	side_is("10.0.0.1", SIDE_EXTERNAL, NULL);
	side_is("fe80::1", SIDE_INTERNAL, "internal fe80::/10");
	assert_int_equal(policy_rule_count(p, POLICY_INTERNAL), 3);
	add(policy_add_internal, "2001:db8::/32", "f:2");
	add(policy_add_internal, "10.0.0.0/8", "f:3");
	side_is("fe80::1", SIDE_EXTERNAL, NULL);
	side_is("2001:db8::1", SIDE_INTERNAL, "internal 2001:db8::/32");
	side_is("10.0.0.1", SIDE_INTERNAL, "internal 10.0.0.0/8");
	assert_int_equal(policy_rule_count(p, POLICY_INTERNAL), 3);
	assert_string_equal(policy_rule(p, POLICY_INTERNAL, 2)->origin, "f:3");
	assert_null(policy_rule(p, POLICY_INTERNAL, 3));
}

static void the_most_specific_internal_line_is_told(void **state)
{
	(void)state;
	add(policy_add_internal, "10.0.0.0/8", "f:1");
	add(policy_add_internal, "10.0.3.0/24", "f:2");
	side_is("10.0.3.77", SIDE_INTERNAL, "internal 10.0.3.0/24");
	side_is("10.0.4.77", SIDE_INTERNAL, "internal 10.0.0.0/8");
}

static void who_is_no_mail_server_may_not_send(void **state)
{
	(void)state;
	assert_false(policy_has_mail_servers(p));
	judges("10.0.3.77", "198.51.100.4", STANDING_OFFENCE, REASON_NO_MAIL_SERVER, NULL);
	add(policy_add_mail_server, "10.0.0.25", "f:1");
	assert_true(policy_has_mail_servers(p));
	judges("10.0.0.25", "198.51.100.4", STANDING_PERMITTED, REASON_MAIL_SERVER, "f:1");
	judges("10.0.0.24", "198.51.100.4", STANDING_OFFENCE, REASON_NO_MAIL_SERVER, NULL);
	/* 10.0.0.25 is no IPv6 host, whatever its bytes are */
	judges("::a00:19", "2001:db8::1", STANDING_OFFENCE, REASON_NO_MAIL_SERVER, NULL);
}

static void a_prefix_of_mail_servers_tells_its_most_specific_line(void **state)
{
	(void)state;
	add(policy_add_mail_server, "10.0.0.0/24", "f:1");
	add(policy_add_mail_server, "10.0.0.25", "f:2");
	judges("10.0.0.25", "1.2.3.4", STANDING_PERMITTED, REASON_MAIL_SERVER, "f:2");
	judges("10.0.0.26", "1.2.3.4", STANDING_PERMITTED, REASON_MAIL_SERVER, "f:1");
}

static void with_smart_hosts_mail_servers_send_to_them_only(void **state)
{
	(void)state;
	add(policy_add_mail_server, "10.0.0.25", "f:1");
	add(policy_add_smart_host, "192.0.2.0/28", "f:2");
	judges("10.0.0.25", "192.0.2.15", STANDING_PERMITTED, REASON_SMART_HOST, "f:2");
	judges("10.0.0.25", "192.0.2.16", STANDING_OFFENCE, REASON_NO_SMART_HOST, "f:1");
	/* another family is no way around */
	judges("10.0.0.25", "2001:db8::1", STANDING_OFFENCE, REASON_NO_SMART_HOST, "f:1");
	/* a smart host is nobody else's licence */
	judges("10.0.3.77", "192.0.2.1", STANDING_OFFENCE, REASON_NO_MAIL_SERVER, NULL);
	/* but an allow entry covers what smart hosts do not */
	assert_int_equal(allow("10.0.0.25", "198.51.100.4", 0, 0, "f:3"), 0);
	judges("10.0.0.25", "198.51.100.4", STANDING_PERMITTED, REASON_ALLOW, "f:3");
	judges("10.0.0.25", "198.51.100.5", STANDING_OFFENCE, REASON_NO_SMART_HOST, "f:1");
}

static void an_allow_entry_covers_its_source_destination_and_port(void **state)
{
	(void)state;
	assert_int_equal(policy_add_port(p, 25, "f:1"), 0);
	assert_int_equal(policy_add_port(p, 2525, "f:1"), 0);
	assert_int_equal(allow("10.0.3.0/24", "198.51.100.0/24", 25, 0, "f:2"), 0);
	judges_at(NOON, "10.0.3.9", "198.51.100.9", 25, STANDING_PERMITTED, REASON_ALLOW, "f:2");
	judges_at(NOON, "10.0.3.9", "198.51.100.9", 2525, STANDING_OFFENCE, REASON_NO_MAIL_SERVER,
		  NULL);
	judges_at(NOON, "10.0.3.9", "198.51.101.9", 25, STANDING_OFFENCE, REASON_NO_MAIL_SERVER,
		  NULL);
	judges_at(NOON, "10.0.4.9", "198.51.100.9", 25, STANDING_OFFENCE, REASON_NO_MAIL_SERVER,
		  NULL);
	assert_int_equal(allow("10.0.4.9", NULL, 0, 0, "f:3"), 0);
	judges_at(NOON, "10.0.4.9", "198.51.101.9", 2525, STANDING_PERMITTED, REASON_ALLOW, "f:3");
	judges_at(NOON, "10.0.4.9", "2001:db8::1", 25, STANDING_PERMITTED, REASON_ALLOW, "f:3");
}

static void of_several_allow_entries_the_most_specific_is_told(void **state)
{
	(void)state;
	assert_int_equal(allow("10.0.0.0/8", "198.51.100.4", 25, 0, "f:1"), 0);
	assert_int_equal(allow("10.0.3.0/24", NULL, 0, 0, "f:2"), 0);
	assert_int_equal(allow("10.0.3.0/24", "198.51.100.0/24", 0, 0, "f:3"), 0);
	assert_int_equal(allow("10.0.3.0/24", "198.51.100.4", 0, 0, "f:4"), 0);
	assert_int_equal(allow("10.0.3.0/24", "198.51.100.4", 25, 0, "f:5"), 0);
	judges("10.0.3.1", "198.51.100.4", STANDING_PERMITTED, REASON_ALLOW, "f:5");
	judges_at(NOON, "10.0.3.1", "198.51.100.4", 26, STANDING_PERMITTED, REASON_ALLOW, "f:4");
	judges("10.0.3.1", "198.51.100.5", STANDING_PERMITTED, REASON_ALLOW, "f:3");
	judges("10.0.3.1", "192.0.2.1", STANDING_PERMITTED, REASON_ALLOW, "f:2");
	judges("10.0.4.1", "198.51.100.4", STANDING_PERMITTED, REASON_ALLOW, "f:1");
}

static void an_entry_ends_at_its_until_and_not_before(void **state)
{
	(void)state;
	assert_int_equal(allow("10.0.3.77", NULL, 0, NOON, "f:1"), 0);
	judges_at(NOON - 1, "10.0.3.77", "1.2.3.4", 25, STANDING_PERMITTED, REASON_ALLOW, "f:1");
	judges_at(NOON, "10.0.3.77", "1.2.3.4", 25, STANDING_OFFENCE, REASON_ALLOW_EXPIRED, "f:1");
}

static void an_expired_entry_hides_no_other(void **state)
{
	(void)state;
	assert_int_equal(allow("10.0.0.0/8", NULL, 0, 0, "f:1"), 0);
	assert_int_equal(allow("10.0.3.77", "1.2.3.4", 25, NOON, "f:2"), 0);
	judges_at(NOON - 1, "10.0.3.77", "1.2.3.4", 25, STANDING_PERMITTED, REASON_ALLOW, "f:2");
	judges_at(NOON + 1, "10.0.3.77", "1.2.3.4", 25, STANDING_PERMITTED, REASON_ALLOW, "f:1");
}

static void of_two_ends_the_later_counts(void **state)
{
	(void)state;
	assert_int_equal(allow("10.0.3.77", NULL, 25, NOON, "f:1"), 0);
	assert_int_equal(allow("10.0.3.77", NULL, 25, NOON - MOMENT_DAY, "f:2"), 0);
	judges_at(NOON - 1, "10.0.3.77", "1.2.3.4", 25, STANDING_PERMITTED, REASON_ALLOW, "f:1");
	assert_int_equal(allow("10.0.3.77", NULL, 25, 0, "f:3"), 0);
	judges_at(NOON + 1, "10.0.3.77", "1.2.3.4", 25, STANDING_PERMITTED, REASON_ALLOW, "f:3");
	assert_int_equal(policy_rule_count(p, POLICY_ALLOW), 3);
}

static void also_watched_ports_are_judged_by_nobody(void **state)
{
	(void)state;
	assert_int_equal(policy_add_also_watch(p, 587, "f:1"), 0);
	add(policy_add_mail_server, "10.0.0.25", "f:2");
	judges_at(NOON, "10.0.3.77", "1.2.3.4", 587, STANDING_ALSO_WATCHED, REASON_ALSO_WATCHED,
		  "f:1");
	judges_at(NOON, "10.0.0.25", "1.2.3.4", 587, STANDING_ALSO_WATCHED, REASON_ALSO_WATCHED,
		  "f:1");
	assert_int_equal(site_port(policy_site(p), 587), PORT_ALSO);
	assert_int_equal(site_port(policy_site(p), 25), PORT_WATCHED);
	assert_int_equal(site_port(policy_site(p), 26), PORT_OTHER);
}

static void a_first_port_replaces_25(void **state)
{
	(void)state;
	assert_int_equal(policy_add_port(p, 2525, "f:1"), 0);
	assert_int_equal(site_port(policy_site(p), 25), PORT_OTHER);
	assert_int_equal(site_port(policy_site(p), 2525), PORT_WATCHED);
	assert_int_equal(policy_add_also_watch(p, 25, "f:2"), 0);
	assert_int_equal(site_port(policy_site(p), 25), PORT_ALSO);
	assert_int_equal(policy_rule_count(p, POLICY_PORT), 1);
	assert_string_equal(policy_rule(p, POLICY_PORT, 0)->text, "ports 2525");
}

static void ports_are_bounded_and_of_one_kind(void **state)
{
	(void)state;
	assert_int_equal(policy_add_also_watch(p, 25, "f:1"), -EINVAL);
	assert_int_equal(policy_add_port(p, 0, "f:1"), -EINVAL);
	assert_int_equal(site_port(policy_site(p), 25), PORT_WATCHED);
	assert_int_equal(policy_add_port(p, 25, "f:1"), 0);
	assert_int_equal(policy_add_port(p, 25, "f:2"), -EEXIST);
	for (uint16_t i = 1; i < SITE_PORTS; i++)
		assert_int_equal(policy_add_also_watch(p, (uint16_t)(1000 + i), "f:3"), 0);
	assert_int_equal(policy_add_also_watch(p, 2000, "f:4"), -E2BIG);
	assert_int_equal(policy_add_port(p, 2000, "f:4"), -E2BIG);
}

static void the_same_entry_twice_is_told(void **state)
{
	struct prefix x = prefix("10.0.0.25");

	(void)state;
	assert_int_equal(policy_add_mail_server(p, &x, "f:1"), 0);
	assert_int_equal(policy_add_mail_server(p, &x, "f:2"), -EEXIST);
	assert_int_equal(policy_rule_count(p, POLICY_MAIL_SERVER), 1);
	assert_int_equal(allow("10.0.3.77", NULL, 0, 0, "f:3"), 0);
	assert_int_equal(allow("10.0.3.77", NULL, 0, 0, "f:4"), -EEXIST);
	assert_int_equal(allow("10.0.3.77", NULL, 25, 0, "f:5"), 0);
	assert_int_equal(policy_rule_count(p, POLICY_ALLOW), 2);
}

static void rules_say_in_words_what_they_hold(void **state)
{
	(void)state;
	assert_int_equal(allow("10.0.3.0/24", "198.51.100.4", 25, NOON, "f:1"), 0);
	assert_int_equal(allow("fd00::/8", NULL, 0, 0, "f:2"), 0);
	assert_string_equal(policy_rule(p, POLICY_ALLOW, 0)->text,
			    "allow 10.0.3.0/24 to 198.51.100.4 port 25 until 2026-11-24T12:00:00Z");
	assert_string_equal(policy_rule(p, POLICY_ALLOW, 1)->text, "allow fd00::/8 to anywhere");
	assert_string_equal(policy_rule(p, POLICY_ALLOW, 0)->note, "noted");
	assert_string_equal(policy_rule(p, POLICY_PORT, 0)->text, "ports 25");
	assert_string_equal(policy_rule(p, POLICY_PORT, 0)->origin, "built-in default");
}

static bool permits_all(const char *client)
{
	struct addr a = address(client);

	return policy_permits_all(p, &a, NOON);
}

static void everything_is_permitted_where_no_destination_is_left_out(void **state)
{
	(void)state;
	add(policy_add_mail_server, "10.0.0.25", "f:1");
	assert_int_equal(allow("10.0.3.1", NULL, 0, 0, "f:2"), 0);
	assert_int_equal(allow("10.0.3.2", NULL, 0, NOON, "f:3"), 0);
	assert_int_equal(allow("10.0.3.3", "0.0.0.0/0", 0, 0, "f:4"), 0);
	assert_int_equal(allow("10.0.3.4", "0.0.0.0/0", 25, 0, "f:5"), 0);
	assert_int_equal(allow("10.0.3.4", "::/0", 25, 0, "f:5"), 0);
	assert_int_equal(allow("10.0.3.5", "1.2.3.4", 25, 0, "f:5"), 0);
	assert_int_equal(allow("10.0.3.5", "2001:db8::/32", 25, 0, "f:5"), 0);
	assert_true(permits_all("10.0.0.25"));
	assert_true(permits_all("10.0.3.1"));
	assert_false(permits_all("10.0.3.2")); /* ended at noon */
	assert_false(permits_all("10.0.3.3")); /* IPv6 is left */
	assert_true(permits_all("10.0.3.4"));
	assert_false(permits_all("10.0.3.5"));
	assert_false(permits_all("10.0.3.6"));
}

static void everything_means_every_watched_port_and_beyond_the_smart_hosts(void **state)
{
	(void)state;
	assert_int_equal(policy_add_port(p, 25, "f:1"), 0);
	assert_int_equal(policy_add_port(p, 26, "f:1"), 0);
	assert_int_equal(policy_add_also_watch(p, 587, "f:1"), 0);
	add(policy_add_mail_server, "10.0.0.25", "f:1");
	add(policy_add_smart_host, "192.0.2.1", "f:2");
	assert_false(permits_all("10.0.0.25"));
	assert_int_equal(allow("10.0.0.0/24", NULL, 25, 0, "f:2"), 0);
	assert_false(permits_all("10.0.0.25"));
	assert_int_equal(allow("10.0.0.25", NULL, 26, 0, "f:2"), 0);
	assert_true(permits_all("10.0.0.25"));
	assert_false(permits_all("10.0.0.26"));
}

static void take_origin(const struct rule *rule, void *context)
{
	strcat(strcat(context, rule->origin), " ");
}

static void the_lines_that_let_a_host_send_are_listed(void **state)
{
	struct addr a = address("10.0.0.25");
	char text[128] = "";

	(void)state;
	assert_int_equal(allow("10.0.0.25", "1.2.3.4", 0, 0, "f:1"), 0);
	assert_int_equal(allow("10.0.0.0/8", NULL, 25, NOON, "f:2"), 0);
	assert_int_equal(allow("10.0.0.26", NULL, 25, 0, "f:3"), 0);
	add(policy_add_mail_server, "10.0.0.0/24", "f:4");
	policy_walk_client(p, &a, NOON - 1, take_origin, text);
	assert_string_equal(text, "f:4 f:1 f:2 ");
	text[0] = '\0';
	policy_walk_client(p, &a, NOON, take_origin, text);
	assert_string_equal(text, "f:4 f:1 ");
}

static void what_the_rules_hold_can_be_read_back(void **state)
{
	char text[PREFIX_TEXT];
	struct prefix prefix;
	struct allow a;

	(void)state;
	add(policy_add_mail_server, "10.0.0.0/24", "f:1");
	add(policy_add_mail_server, "2001:db8::25", "f:2");
	assert_int_equal(allow("10.0.4.0/24", "198.51.100.4", 26, NOON, "f:3"), 0);
	assert_true(policy_prefix(p, POLICY_MAIL_SERVER, 0, &prefix));
	assert_string_equal(prefix_format(&prefix, text), "10.0.0.0/24");
	assert_true(policy_prefix(p, POLICY_MAIL_SERVER, 1, &prefix));
	assert_string_equal(prefix_format(&prefix, text), "2001:db8::25");
	assert_false(policy_prefix(p, POLICY_MAIL_SERVER, 2, &prefix));
	assert_true(policy_prefix(p, POLICY_INTERNAL, 0, &prefix));
	assert_string_equal(prefix_format(&prefix, text), "10.0.0.0/8");
	assert_true(policy_allow(p, 0, &a));
	assert_string_equal(prefix_format(&a.source, text), "10.0.4.0/24");
	assert_string_equal(prefix_format(&a.destination, text), "198.51.100.4");
	assert_false(a.any_destination);
	assert_int_equal(a.port, 26);
	assert_true(a.until == NOON);
	assert_false(policy_allow(p, 1, &a));
}

/* Many entries of one source: each finds its own among all. */
static void ten_thousand_entries_of_one_source_are_told_apart(void **state)
{
	char text[32], origin[32];

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "198.18.%u.%u", i / 256, i % 256);
		snprintf(origin, sizeof(origin), "f:%u", i);
		assert_int_equal(allow("10.0.3.77", text, 25, 0, origin), 0);
	}
	judges("10.0.3.77", "198.18.0.0", STANDING_PERMITTED, REASON_ALLOW, "f:0");
	judges("10.0.3.77", "198.18.39.15", STANDING_PERMITTED, REASON_ALLOW, "f:9999");
	judges("10.0.3.77", "198.18.39.16", STANDING_OFFENCE, REASON_NO_MAIL_SERVER, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_policy, close_policy)
	const struct CMUnitTest tests[] = {
		TEST(the_private_prefixes_are_internal_by_default),
		TEST(a_configured_prefix_replaces_the_default_of_its_family_only),
		TEST(the_most_specific_internal_line_is_told),
		TEST(who_is_no_mail_server_may_not_send),
		TEST(a_prefix_of_mail_servers_tells_its_most_specific_line),
		TEST(with_smart_hosts_mail_servers_send_to_them_only),
		TEST(an_allow_entry_covers_its_source_destination_and_port),
		TEST(of_several_allow_entries_the_most_specific_is_told),
		TEST(an_entry_ends_at_its_until_and_not_before),
		TEST(an_expired_entry_hides_no_other),
		TEST(of_two_ends_the_later_counts),
		TEST(also_watched_ports_are_judged_by_nobody),
		TEST(a_first_port_replaces_25),
		TEST(ports_are_bounded_and_of_one_kind),
		TEST(the_same_entry_twice_is_told),
		TEST(rules_say_in_words_what_they_hold),
		TEST(everything_is_permitted_where_no_destination_is_left_out),
		TEST(everything_means_every_watched_port_and_beyond_the_smart_hosts),
		TEST(the_lines_that_let_a_host_send_are_listed),
		TEST(what_the_rules_hold_can_be_read_back),
		TEST(ten_thousand_entries_of_one_source_are_told_apart),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
