/* What an incident proves: the workstation, the mail server itself, or nobody. */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "query/findings.h"

#define T0 INT64_C(1700000040000000) /* 2023-11-14T22:14:00Z: opened, and frozen */

#define FROZEN "mail server, while frozen by an incident"

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	scratch_sql(&s,
		    "INSERT INTO host VALUES (1, '10.0.0.1'), (2, '10.0.0.2'), (25, '10.0.0.25');"
		    "INSERT INTO server(id, address) VALUES (1, '198.51.100.4'),"
		    " (2, '198.51.100.5')");
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

/* A monitor that saw both directions; ended 0: it runs. */
static void add_run(struct scratch *s, int64_t started, int64_t beat, int64_t ended)
{
	scratch_sql(s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, ended, newest, packets)"
		    " VALUES ('watch', 'fw1', 1, %lld, %lld, nullif(%lld, 0), %lld, 1000);"
		    "INSERT INTO interface VALUES (last_insert_rowid(), 'eth1', 1000, 0, 0, 500,"
		    " 500, %lld, 0)",
		    started, beat, ended, beat, beat);
}

static void add_incident(struct scratch *s, int freeze, int64_t closed)
{
	scratch_sql(s,
		    "INSERT INTO incident(opened, opened_by, since, until, closed, closed_by,"
		    " reason, reset, freeze, policy) VALUES (%lld, 'joe', %lld, %lld, %lld, 'user',"
		    " 'listed', 0, %d, 'mail_servers 10.0.0.25')",
		    T0, T0, T0 + MOMENT_HOUR, closed, freeze);
}

static void add_attempt(struct scratch *s, int host, int64_t when)
{
	scratch_sql(s, "INSERT INTO raw VALUES (%d, 1, 25, %lld, %lld, 1, 'sent', 10)", host, when,
		    when);
}

/* What the mail server did, as the monitor judged it; senders a JSON array or NULL. */
static void add_judged(struct scratch *s, int64_t when, const char *reason, int messages,
		       const char *senders)
{
	add_attempt(s, 25, when);
	scratch_sql(s,
		    "INSERT INTO conn(host, client_port, server, server_port, started, last,"
		    " standing, reason, outcome, connected, vlan, bytes_sent, bytes_received,"
		    " messages, recipients, senders) VALUES (25, 40000, 1, 25, %lld, %lld, 0, %Q,"
		    " %Q, 1, '', 10, 10, %d, %d, %Q)",
		    when, when, reason, messages ? "sent" : "connected", messages, messages,
		    senders);
}

/* The findings of incident 1, as JSON, with 10.0.0.25 for a mail server, which is to send to
 * 198.51.100.5. */
static void expect(struct scratch *s, int64_t now, const char *expression)
{
	struct policy *policy = policy_new();
	char error[RECORD_ERROR], *text;
	struct record *r = NULL;
	struct findings f;
	struct incident i;
	struct allow allowed = {.any_destination = true};
	struct prefix mail, smart;

	scratch_sum(s);
	if (record_open(s->path, &r, error) < 0)
		fail_msg("%s", error);
	assert_int_equal(prefix_parse("10.0.0.25", &mail), 0);
	policy_add_mail_server(policy, &mail, "test");
	assert_int_equal(prefix_parse("198.51.100.5", &smart), 0);
	policy_add_smart_host(policy, &smart, "test");
	assert_int_equal(prefix_parse("10.0.0.2", &allowed.source), 0);
	policy_add_allow(policy, &allowed, "test");
	assert_int_equal(incident_load(r, 1, policy, now, &i), 1);
	assert_int_equal(findings_load(r, &i, policy, now, &f), 0);
	text = scratch_print_object(REPORT_JSON, 100, findings_fields, &f);
	assert_json(text, expression);
	free(text);
	findings_done(&f);
	incident_done(&i);
	record_close(r);
	policy_free(policy);
}

static void a_workstation_that_tried_is_named_with_how_one_knows(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	add_attempt(s, 1, T0 + MOMENT_SECOND); /* its first minute counts, too */
	add_attempt(s, 1, T0 + 2 * MOMENT_MINUTE);
	scratch_sql(
		s,
		"INSERT INTO identity(host, mac, vlan, hops, first_seen, last_seen, name) VALUES"
		" (1, '02:00:00:00:00:01', '20', 0, %lld, %lld, 'pc-1');"
		"INSERT INTO verdict VALUES (1, 'bot', 0.9, 2.2, 1, '[\"says HELO ylmf-pc\"]',"
		" '[]', '[]', x'00')",
		T0, T0 + MOMENT_HOUR);
	expect(s, T0 + MOMENT_HOUR,
	       "(.rows | length) == 1 and .blind == [] and .more == 0 and (.rows[0] |"
	       " .finding == \"workstation\" and .address == \"10.0.0.1\" and .attempts == 2 and"
	       " .name == \"pc-1\" and .verdict == \"bot\" and"
	       " .last_seen == \"2023-11-14T22:16:00.000000Z\" and (.next | test(\"clean\")) and"
	       " .text == \"10.0.0.1 (pc-1, MAC address 02:00:00:00:00:01, VLAN 20) tried 2 times"
	       " to send past the mail server to 1 destination: 2 connected; it looks like: bot"
	       " (says HELO ylmf-pc)\")");
}

static void a_frozen_mail_server_that_sent_has_a_bot(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	add_attempt(s, 1, T0 + 2 * MOMENT_MINUTE);
	add_judged(s, T0 + 2 * MOMENT_MINUTE, FROZEN, 3, "[\"x@example.org\"]");
	add_judged(s, T0 + 3 * MOMENT_MINUTE, FROZEN, 0, "[\"<>\"]");
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"server bot\", \"workstation\"] and (.rows[0] |"
	       " .address == \"10.0.0.25\" and .attempts == 2 and .messages == 3 and"
	       " (.text | test(\"sent 3 messages in 2 connections while it was frozen\")))");
}

static void a_sender_of_its_own_accuses_it_though_nothing_was_accepted(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	add_judged(s, T0 + 2 * MOMENT_MINUTE, FROZEN, 0, "[\"<>\",\"x@example.org\"]");
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"server bot\"] and .rows[0].messages == 0");
}

static void one_that_only_verifies_recipients_is_a_callout_or_a_bot(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	add_judged(s, T0 + 2 * MOMENT_MINUTE, FROZEN, 0, "[\"<>\"]");
	add_judged(s, T0 + 3 * MOMENT_MINUTE, FROZEN, 0, NULL);
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"callout or bot\"] and .rows[0].attempts == 2 and"
	       " (.rows[0].text | test(\"callout\"))");
}

static void what_a_mail_server_did_in_the_first_minute_accuses_nobody(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	add_judged(s, T0 + MOMENT_MINUTE - 1, "mail server, but the destination is no smart host",
		   1, "[\"x@example.org\"]");
	expect(s, T0 + MOMENT_HOUR, "[.rows[].finding] == [\"nobody\"] and .blind == []");
}

static void a_microsecond_later_it_does(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	add_judged(s, T0 + MOMENT_MINUTE, "mail server, but the destination is no smart host", 1,
		   "[\"x@example.org\"]");
	expect(s, T0 + MOMENT_HOUR, "[.rows[].finding] == [\"server bot\"]");
}

static void when_it_is_thawed_its_queue_is_no_bot(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	scratch_sql(s, "UPDATE incident SET frozen = opened, frozen_until = %lld",
		    T0 + 5 * MOMENT_MINUTE);
	add_judged(s, T0 + 5 * MOMENT_MINUTE, "mail server, but the destination is no smart host",
		   1, "[\"x@example.org\"]");
	expect(s, T0 + MOMENT_HOUR, "[.rows[].finding] == [\"nobody\"]");
}

static void without_a_freeze_it_passed_its_smart_hosts_by(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 0, T0 + 10 * MOMENT_MINUTE);
	add_attempt(s, 25, T0 + MOMENT_MINUTE);
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"server past smart host\"] and"
	       " (.rows[0].next | test(\"egress25 freeze\"))");
}

static void a_printer_is_told_of_but_explains_no_listing(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 0, T0 + 10 * MOMENT_MINUTE);
	add_attempt(s, 1, T0 + MOMENT_MINUTE);
	scratch_sql(s, "INSERT INTO verdict VALUES (1, 'device', 0.1, -2.2, 1, '[]', '[]', '[]',"
		       " x'00')");
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"device\", \"nobody\"] and"
	       " (.rows[1].text | test(\"look harmless\")) and (.rows[1].next | test(\"relay "
	       "abuse\"))");
}

static void one_that_todays_policy_permits_is_no_finding(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 0, T0 + 10 * MOMENT_MINUTE);
	add_attempt(s, 2, T0 + MOMENT_MINUTE);
	expect(s, T0 + MOMENT_HOUR, "[.rows[].finding] == [\"nobody\"]");
}

static void nobody_is_not_claimed_of_what_no_monitor_watched(void **state)
{
	struct scratch *s = *state;

	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"unseen\"] and (.blind | length) == 1 and"
	       " (.blind[0] | test(\"^no monitor ran: \"))");
}

static void a_gap_of_the_monitor_is_told_with_its_times(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + 2 * MOMENT_MINUTE, 0); /* was killed */
	add_run(s, T0 + 4 * MOMENT_MINUTE, T0 + 9 * MOMENT_MINUTE, T0 + 9 * MOMENT_MINUTE);
	add_incident(s, 1, T0 + 9 * MOMENT_MINUTE + 5 * MOMENT_SECOND);
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"unseen\"] and .blind == [\"no monitor ran from"
	       " 2023-11-14T22:16:00Z to 2023-11-14T22:18:00Z (120 s): what was sent then was not"
	       " seen\"]");
}

static void a_freeze_of_a_minute_clears_no_mail_server(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + MOMENT_MINUTE);
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"unseen\"] and (.blind[0] | test(\"less than the 60 s\"))");
}

static void drops_one_sidedness_and_strangers_keep_it_from_clearing_anybody(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	scratch_sql(s, "UPDATE interface SET dropped = 5, inward = 0;"
		       "UPDATE run SET unclassified = 7");
	expect(s, T0 + MOMENT_HOUR,
	       "[.rows[].finding] == [\"unseen\"] and (.blind | length) == 3 and"
	       " (.blind[0] | test(\"one-sided\")) and (.blind[1] | test(\"dropped 5 frames\")) and"
	       " (.blind[2] | test(\"^7 connections\"))");
}

static void of_many_hosts_the_first_are_told_and_the_rest_counted(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, 0);
	add_incident(s, 0, T0 + 10 * MOMENT_MINUTE);
	for (int i = 0; i < 40; i++) {
		scratch_sql(s, "INSERT INTO host VALUES (%d, '10.0.1.%d')", 100 + i, i);
		add_attempt(s, 100 + i, T0 + MOMENT_MINUTE);
	}
	expect(s, T0 + MOMENT_HOUR,
	       "(.rows | length) == 32 and .more == 8 and"
	       " ([.rows[].finding] | unique) == [\"workstation\"]");
}

static void it_prints_plain_lines_with_what_to_do(void **state)
{
	struct scratch *s = *state;
	char error[RECORD_ERROR], *text = NULL;
	struct report_options options = {.columns = 72};
	struct record *r = NULL;
	struct findings f;
	struct incident i;
	size_t length;

	add_incident(s, 1, T0 + 10 * MOMENT_MINUTE);
	if (record_open(s->path, &r, error) < 0)
		fail_msg("%s", error);
	assert_int_equal(incident_load(r, 1, NULL, T0 + MOMENT_HOUR, &i), 1);
	assert_int_equal(findings_load(r, &i, NULL, T0 + MOMENT_HOUR, &f), 0);
	options.out = open_memstream(&text, &length);
	assert_int_equal(findings_print(&f, &options), 0);
	fclose(options.out);
	assert_string_equal(
		text, "- nobody who would explain a listing was seen, but not all of it was\n"
		      "  watched, so nobody is cleared\n"
		      "  > mend what kept the monitor from seeing, and repeat this\n"
		      "! no monitor ran: nothing that was sent was seen; start egress25 watch\n");
	free(text);
	findings_done(&f);
	incident_done(&i);
	record_close(r);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_workstation_that_tried_is_named_with_how_one_knows),
		TEST(a_frozen_mail_server_that_sent_has_a_bot),
		TEST(a_sender_of_its_own_accuses_it_though_nothing_was_accepted),
		TEST(one_that_only_verifies_recipients_is_a_callout_or_a_bot),
		TEST(what_a_mail_server_did_in_the_first_minute_accuses_nobody),
		TEST(a_microsecond_later_it_does),
		TEST(when_it_is_thawed_its_queue_is_no_bot),
		TEST(without_a_freeze_it_passed_its_smart_hosts_by),
		TEST(a_printer_is_told_of_but_explains_no_listing),
		TEST(one_that_todays_policy_permits_is_no_finding),
		TEST(nobody_is_not_claimed_of_what_no_monitor_watched),
		TEST(a_gap_of_the_monitor_is_told_with_its_times),
		TEST(a_freeze_of_a_minute_clears_no_mail_server),
		TEST(drops_one_sidedness_and_strangers_keep_it_from_clearing_anybody),
		TEST(of_many_hosts_the_first_are_told_and_the_rest_counted),
		TEST(it_prints_plain_lines_with_what_to_do),
	};

	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
