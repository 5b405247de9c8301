/* Incidents: their windows, what they found, and when they are over. */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "query/incident.h"

#define T0 INT64_C(1700000040000000) /* 2023-11-14T22:14:00Z */

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	scratch_sql(&s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
		    " VALUES ('watch', 'fw1', 1, 1, 1, %lld);"
		    "INSERT INTO host VALUES (1, '10.0.0.1'), (2, '10.0.0.2'), (25, '10.0.0.25');"
		    "INSERT INTO server(id, address) VALUES (1, '198.51.100.4')",
		    T0 + MOMENT_HOUR);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

static void add_attempt(struct scratch *s, int host, int64_t when)
{
	scratch_sql(s, "INSERT INTO raw VALUES (%d, 1, 25, %lld, %lld, 1, 'sent', 10)", host, when,
		    when);
}

/* since is ten minutes before opened; closed 0: it is open. */
static void add_incident(struct scratch *s, int64_t opened, int64_t until, int64_t closed)
{
	scratch_sql(s,
		    "INSERT INTO incident(opened, opened_by, since, until, closed, closed_by,"
		    " reason, reset, freeze, policy) VALUES (%lld, 'joe', %lld, %lld,"
		    " nullif(%lld, 0), iif(%lld = 0, NULL, 'user'), 'listed'||x'1b'||'[31m', 1, 0,"
		    " 'mail_servers 10.0.0.25')",
		    opened, opened - 10 * MOMENT_MINUTE, until, closed, closed);
}

static struct record *open_record(struct scratch *s)
{
	char error[RECORD_ERROR];
	struct record *r = NULL;

	if (record_open(s->path, &r, error) < 0)
		fail_msg("%s", error);
	return r;
}

static void expect(struct scratch *s, int64_t id, int64_t now, const char *expression)
{
	struct record *r = open_record(s);
	struct incident i;
	char *text;

	assert_int_equal(incident_load(r, id, NULL, now, &i), 1);
	text = scratch_print_object(REPORT_JSON, 100, incident_fields, &i);
	assert_json(text, expression);
	free(text);
	incident_done(&i);
	record_close(r);
}

static void it_counts_what_began_within_its_window_alone(void **state)
{
	struct scratch *s = *state;

	add_attempt(s, 1, T0 - 11 * MOMENT_MINUTE); /* before */
	add_attempt(s, 1, T0 - 10 * MOMENT_MINUTE);
	add_attempt(s, 1, T0 + MOMENT_MINUTE);
	add_attempt(s, 2, T0 + 20 * MOMENT_MINUTE); /* behind its end */
	scratch_sum(s);
	scratch_sql(s, "UPDATE host_sum SET resets = 2, killable = 1, killed = 1 WHERE host = 1");
	add_incident(s, T0, T0 + MOMENT_HOUR, T0 + 5 * MOMENT_MINUTE);
	expect(s, 1, T0 + MOMENT_HOUR,
	       "[.offenders[] | [.address, .attempts]] == [[\"10.0.0.1\", 2]] and .id == 1 and"
	       " .opened_by == \"joe\" and .reset and (.freeze | not) and .resets == 4 and"
	       " .killed == 2 and .policy == \"mail_servers 10.0.0.25\" and .address == null and"
	       " .closed == \"2023-11-14T22:19:00.000000Z\" and .closed_by == \"user\" and"
	       " .since == \"2023-11-14T22:04:00.000000Z\" and .reason == \"listed\\\\x1b[31m\"");
}

static void one_past_its_limit_is_closed_though_nobody_wrote_that_down(void **state)
{
	struct scratch *s = *state;
	struct incident_row row;
	struct record *r;

	add_incident(s, T0, T0 + MOMENT_HOUR, 0);
	r = open_record(s);
	assert_int_equal(incident_find(r, 0, T0 + MOMENT_HOUR - 1, &row), 1);
	assert_int_equal(row.closed, TIME_UNKNOWN);
	assert_int_equal(incident_find(r, 0, T0 + MOMENT_HOUR, &row), 0);
	assert_int_equal(incident_find(r, 1, T0 + MOMENT_HOUR, &row), 1);
	assert_int_equal(row.closed, T0 + MOMENT_HOUR);
	assert_string_equal(row.closed_by, "limit");
	assert_int_equal(incident_find(r, 2, T0, &row), 0);
	record_close(r);
}

/* Whether the mail server, which offended in the first hour, ranks as permitted by today's policy.
 */
static bool is_permitted(struct scratch *s)
{
	const struct window all = {.since = INT64_MIN, .until = INT64_MAX};
	struct policy *policy = policy_new();
	struct record *r = open_record(s);
	struct offenders o = {0};
	struct prefix mail;
	uint64_t outside;
	bool permitted;

	assert_int_equal(prefix_parse("10.0.0.25", &mail), 0);
	policy_add_mail_server(policy, &mail, "test");
	assert_int_equal(offenders_load(r, &all, 0, policy, T0, &o, &outside), 0);
	assert_int_equal(o.count, 1);
	permitted = o.items[0].now_permitted;
	offenders_done(&o);
	record_close(r);
	policy_free(policy);
	return permitted;
}

static void a_mail_server_that_sent_while_frozen_is_not_excused_by_policy(void **state)
{
	struct scratch *s = *state;

	add_attempt(s, 25, T0 + 2 * MOMENT_MINUTE);
	scratch_sum(s);
	add_incident(s, T0, T0 + MOMENT_HOUR, 0);
	assert_true(is_permitted(s));
	scratch_sql(s, "UPDATE incident SET freeze = 1");
	assert_false(is_permitted(s));
	scratch_sql(s, "UPDATE incident SET closed = %lld", T0 + MOMENT_MINUTE);
	assert_true(is_permitted(s));
}

static void a_freeze_is_told_by_its_own_times(void **state)
{
	struct scratch *s = *state;
	struct incident_row row;
	struct record *r;

	add_incident(s, T0, T0 + MOMENT_HOUR, 0);
	scratch_sql(s,
		    "UPDATE incident SET freeze = 1, frozen = %lld, frozen_until = %lld,"
		    " mta = 'exim'||x'1b', thawed = NULL",
		    T0 + 5, T0 + 9);
	expect(s, 1, T0,
	       ".frozen == \"2023-11-14T22:14:00.000005Z\" and .thawed == null and"
	       " .frozen_until == \"2023-11-14T22:14:00.000009Z\" and .mta == \"exim\\\\x1b\""
	       " and .mta_host == null");
	r = open_record(s);
	assert_int_equal(incident_unthawed(r, T0, &row), 1);
	assert_int_equal(incident_frozen(&row), T0 + 5);
	assert_int_equal(incident_frozen_until(&row), T0 + 9);
	row.frozen_until = T0 + 2 * MOMENT_HOUR;
	assert_int_equal(incident_frozen_until(&row), T0 + MOMENT_HOUR);
	row.frozen = row.frozen_until = TIME_UNKNOWN; /* written by hand */
	assert_int_equal(incident_frozen(&row), T0);
	assert_int_equal(incident_frozen_until(&row), T0 + MOMENT_HOUR);
	row.freeze = false;
	assert_int_equal(incident_frozen(&row), TIME_UNKNOWN);
	record_close(r);
	scratch_sql(s, "UPDATE incident SET thawed = 1");
	r = open_record(s);
	assert_int_equal(incident_unthawed(r, T0, &row), 0);
	record_close(r);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_counts_what_began_within_its_window_alone),
		TEST(one_past_its_limit_is_closed_though_nobody_wrote_that_down),
		TEST(a_freeze_is_told_by_its_own_times),
		TEST(a_mail_server_that_sent_while_frozen_is_not_excused_by_policy),
	};

	return cmocka_run_group_tests_name("incident", tests, NULL, NULL);
}
