/* The report of an incident: its sentences, its text, its JSON, and its timeline. */
#include "incident_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "query/delisting.h"

/* As JSON, by a jq expression. */
static void expect(struct scratch *s, const char *expression)
{
	struct incident_report i;
	char *text;

	incident_load_report(s, &i);
	text = scratch_print_object(REPORT_JSON, 100, incident_report_fields, &i);
	assert_json(text, expression);
	free(text);
	incident_report_done(&i);
}

static void it_says_in_sentences_what_happened(void **state)
{
	struct scratch *s = *state;

	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 3);
	incident_attempts(s, 2, T0 + 2 * MOMENT_MINUTE, 1);
	incident_listing(s, T0 + MOMENT_MINUTE, T0 + 2 * MOMENT_MINUTE, "zen.spamhaus.org", "554");
	scratch_sql(s,
		    "INSERT INTO identity(host, mac, vlan, hops, first_seen, last_seen, name)"
		    " VALUES (1, '02:00:00:00:00:01', '20', 0, 0, 1800000000000000, 'pc-1');"
		    "INSERT INTO verdict VALUES (1, 'bot', 0.9, 2.2, 1, '[]', '[]', '[]', x'00')");
	expect(s,
	       ".summary == [\"Between 2023-11-14 22:14:00 UTC and 2023-11-14 22:25:00 UTC 2"
	       " machines inside the network sent mail, or tried to, to the Internet past the mail"
	       " server: 4 attempts, of which 4 reached a server there and 0 messages were seen to"
	       " be accepted.\", \"The most conspicuous is pc-1 (10.0.0.1) with the MAC address"
	       " 02:00:00:00:00:01 in VLAN 20: it made 3 attempts to 1 server between 2023-11-14"
	       " 22:15:00 UTC and 2023-11-14 22:15:00 UTC. It behaves like a program that sends"
	       " spam.\", \"Mail servers on the Internet refused mail in these hours because the"
	       " public address 203.0.113.9 is on a blacklist: zen.spamhaus.org, first heard of at"
	       " 2023-11-14 22:15:00 UTC.\"]");
}

static void a_quiet_incident_says_that_nobody_was_seen(void **state)
{
	expect(*state,
	       "(.summary | length) == 1 and (.summary[0] | test(\"no machine inside\")) and"
	       " [.findings[].finding] == [\"nobody\"] and .timeline == [] and"
	       " .listings == [] and .offenders == [] and"
	       " (.remains == [\"Nothing is known to be left: no machine tried in the last"
	       " minutes, and the monitor saw well.\"])");
}

static void it_says_what_was_done_with_the_share_that_was_killed(void **state)
{
	struct scratch *s = *state;

	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 10);
	scratch_sum(s);
	scratch_sql(s, "UPDATE host_sum SET resets = 20, killable = 10, killed = 8 WHERE host = 1;"
		       "DELETE FROM raw");
	expect(s,
	       ".resets == 20 and .done[0] == \"Connections of these machines were reset: 20 reset"
	       " segments sent; of 10 established connections 8 were cut before the server took"
	       " anything more, which is too few: see egress25 status.\" and"
	       " (.done[1] | test(\"^The mail server was frozen from 2023-11-14 22:14:00 UTC to"
	       " 2023-11-14 22:24:00 UTC\"))");
}

static void what_comes_after_its_end_remains(void **state)
{
	struct scratch *s = *state;

	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 3);
	incident_attempts(s, 1, T0 + 11 * MOMENT_MINUTE, 2); /* the first minute behind it */
	incident_attempts(s, 2, T0 + 3 * MOMENT_DAY, 5);
	scratch_sql(s,
		    "INSERT INTO conn(host, client_port, server, server_port, started, last,"
		    " standing, reason, outcome, connected, vlan, bytes_sent, bytes_received)"
		    " VALUES (1, 4000, 1, 25, %lld, 0, 0, 'why', 'connected', 1, '', 1, 2)",
		    T0 + MOMENT_MINUTE);
	expect(s,
	       ".remains == [\"1 machine tried within its last 10 minutes.\", \"After its end 2"
	       " machines made 7 further attempts past the mail server.\", \"1 of the connections"
	       " are still open.\"]");
}

static void what_the_monitor_did_not_see_remains(void **state)
{
	struct scratch *s = *state;

	scratch_sql(s, "UPDATE run SET ended = %lld", T0 + 5 * MOMENT_MINUTE);
	expect(s, ".blind == [\"no monitor ran from 2023-11-14T22:19:00Z to 2023-11-14T22:24:00Z"
		  " (300 s): what was sent then was not seen\"] and"
		  " .remains == [\"Not all was seen: \" + .blind[0] + \".\"]");
}

static void listings_heard_within_the_window_alone_are_told(void **state)
{
	struct scratch *s = *state;

	incident_listing(s, T0 - MOMENT_HOUR, T0 - MOMENT_MINUTE, "before.example", "554");
	incident_listing(s, T0 - MOMENT_HOUR, T0 + MOMENT_MINUTE, "bl.spamcop.net", "554");
	incident_listing(s, T0 + MOMENT_HOUR, T0 + MOMENT_HOUR, "behind.example", "554");
	incident_listing(s, T0 + MOMENT_MINUTE, T0 + MOMENT_MINUTE, "lists.example", "554");
	expect(s, "[.listings[].list] == [\"bl.spamcop.net\", \"lists.example\"] and"
		  " (.next | any(test(\"have 203.0.113.9 taken off bl.spamcop.net at"
		  " https://www.spamcop.net/bl.shtml\"))) and"
		  " (.next | any(test(\"ask the operator of lists.example to take off"
		  " 203.0.113.9\")))");
}

static void a_list_is_known_by_its_zone_and_by_no_other_that_ends_alike(void **state)
{
	(void)state;
	assert_string_equal(delisting_find("zen.spamhaus.org")->list, "spamhaus.org");
	assert_string_equal(delisting_find("SPAMHAUS.ORG")->list, "spamhaus.org");
	assert_null(delisting_find("notspamhaus.org"));
	assert_null(delisting_find("spamhaus.org.example"));
	assert_null(delisting_find(""));
}

static void the_text_is_a_letter_of_78_columns(void **state)
{
	struct scratch *s = *state;
	char *text;

	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 3);
	incident_listing(s, T0, T0 + MOMENT_MINUTE, "zen.spamhaus.org",
			 "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using "
			 "zen.spamhaus.org; https://check.spamhaus.org/query/ip/203.0.113.9");
	text = incident_text_of(s);
	assert_true(strstr(text, "Incident 1: listed by zen\n") == text);
	assert_true(widest_line(text) <= 78);
	for (const char *const *heading =
		     (const char *const[]){"What happened", "Findings", "Which hosts",
					   "What the blacklists say", "What was done",
					   "What remains", "What to do next", NULL};
	     *heading; heading++)
		assert_non_null(strstr(text, *heading));
	assert_non_null(strstr(text, "\nTimeline: attempts by 1 min, UTC\n"));
	assert_non_null(strstr(text, "  2023-11-14 22:15        3 "
				     "########################################\n"));
	free(text);
}

/* Against the attempts themselves. */
static void expect_point(struct scratch *s, const struct incident_report *i, size_t point)
{
	int64_t from = i->timeline.since + (int64_t)point * i->timeline.step, sum = 0;
	int64_t since = i->incident.row.since / MOMENT_MINUTE * MOMENT_MINUTE;

	for (size_t at = 0; at < i->timeline.series_count; at++)
		sum += i->timeline.series[at].at[point];
	assert_int_equal(sum, scratch_number(s,
					     "SELECT count(*) FROM raw WHERE started >= %lld AND"
					     " started < %lld",
					     from > since ? from : since, from + i->timeline.step));
}

/* What was attempted stands in the timeline once, whatever its step. */
static void expect_sum(struct scratch *s, int64_t length, int64_t step)
{
	int64_t sum = 0, first = INT64_MAX, within;
	const struct timeline_row *rows;
	struct incident_report i;

	scratch_sql(s, "UPDATE incident SET since = %lld", T0 + 10 * MOMENT_MINUTE - length);
	scratch_sql(s, "DELETE FROM host_sum; DELETE FROM contact_sum");
	incident_load_report(s, &i);
	rows = i.timeline.rows.items;
	for (size_t at = 0; at < i.timeline.rows.count; at++) {
		sum += rows[at].attempts;
		first = rows[at].at < first ? rows[at].at : first;
	}
	within = scratch_number(s,
				"SELECT count(*) FROM raw WHERE started >= %lld AND started < %lld",
				i.incident.row.since / MOMENT_MINUTE * MOMENT_MINUTE,
				T0 + 11 * MOMENT_MINUTE);
	assert_int_equal(sum, within);
	assert_int_equal(i.attempts, within);
	assert_int_equal(i.timeline.step, step);
	assert_true(i.timeline.points <= TIMELINE_POINTS);
	assert_int_equal(first % step, 0);
	for (size_t at = 0; at < i.timeline.points; at++)
		expect_point(s, &i, at);
	incident_report_done(&i);
}

static void the_timeline_holds_every_attempt_once_whatever_its_step(void **state)
{
	struct scratch *s = *state;

	/* Every 47 minutes and a second, over 40 days, by ten hosts in turn. */
	scratch_sql(
		s,
		"WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 1225)"
		" INSERT INTO raw SELECT 1 + i %% 10, 1, 25, %lld - i * 2821000000, 0, 1, 'sent', 1"
		" FROM n",
		T0 + 10 * MOMENT_MINUTE);
	expect_sum(s, 10 * MOMENT_MINUTE, MOMENT_MINUTE);
	expect_sum(s, 3 * MOMENT_HOUR, 2 * MOMENT_MINUTE);
	expect_sum(s, 30 * MOMENT_HOUR, 30 * MOMENT_MINUTE);
	expect_sum(s, 5 * MOMENT_DAY, 2 * MOMENT_HOUR);
	expect_sum(s, 31 * MOMENT_DAY, 8 * MOMENT_HOUR);
	expect_sum(s, 400 * MOMENT_DAY, 4 * MOMENT_DAY);
}

static void the_busiest_six_stand_for_themselves_and_the_others_together(void **state)
{
	struct scratch *s = *state;

	for (int host = 1; host <= 9; host++)
		incident_attempts(s, host, T0 + MOMENT_MINUTE, host);
	expect(s, "[.timeline[] | [.address, .attempts]] == [[\"10.0.0.9\", 9], [\"10.0.0.8\", 8],"
		  " [\"10.0.0.7\", 7], [\"10.0.0.6\", 6], [\"10.0.0.5\", 5], [\"10.0.0.4\", 4],"
		  " [null, 6]] and (.timeline | map(.at) | unique) =="
		  " [\"2023-11-14T22:15:00.000000Z\"]");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, incident_setup, incident_teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_says_in_sentences_what_happened),
		TEST(a_quiet_incident_says_that_nobody_was_seen),
		TEST(it_says_what_was_done_with_the_share_that_was_killed),
		TEST(what_comes_after_its_end_remains),
		TEST(what_the_monitor_did_not_see_remains),
		TEST(listings_heard_within_the_window_alone_are_told),
		TEST(a_list_is_known_by_its_zone_and_by_no_other_that_ends_alike),
		TEST(the_text_is_a_letter_of_78_columns),
		TEST(the_timeline_holds_every_attempt_once_whatever_its_step),
		TEST(the_busiest_six_stand_for_themselves_and_the_others_together),
	};

	return cmocka_run_group_tests_name("incident_report", tests, NULL, NULL);
}
