#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/schema.h"
#include "query/offender.h"

#define T0  INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */
#define ALL ((struct window){INT64_MIN, INT64_MAX})

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

static struct record *open_record(struct scratch *s)
{
	char error[RECORD_ERROR];
	struct record *r = NULL;

	if (record_open(s->path, &r, error) < 0)
		fail_msg("%s", error);
	return r;
}

/* Loads, ranks and prints as JSON. */
static char *ask(struct scratch *s, struct window w, const struct policy *policy,
		 uint64_t *ret_outside)
{
	struct record *r = open_record(s);
	struct offenders o = {0};
	char *text;

	assert_int_equal(offenders_load(r, &w, 0, policy, T0, &o, ret_outside), 0);
	offenders_rank(&o);
	text = scratch_print(REPORT_JSON, 100, offender_fields, o.items, o.count, sizeof(*o.items));
	offenders_done(&o);
	record_close(r);
	return text;
}

static void expect(struct scratch *s, struct window w, const struct policy *policy,
		   const char *expression)
{
	uint64_t outside;
	char *text = ask(s, w, policy, &outside);

	assert_json(text, expression);
	free(text);
}

static void add_run(struct scratch *s, int64_t newest)
{
	scratch_sql(s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
		    " VALUES ('watch', 'fw1', 1, %lld, %lld, %lld)",
		    T0, T0, newest);
}

static void add_host(struct scratch *s, int id, const char *address)
{
	scratch_sql(s, "INSERT INTO host(id, address) VALUES (%d, %Q)", id, address);
}

static void add_server(struct scratch *s, int id, const char *address)
{
	scratch_sql(s, "INSERT INTO server(id, address) VALUES (%d, %Q)", id, address);
}

/* An attempt that many microseconds from T0. */
static void add_raw(struct scratch *s, int host, int server, int64_t at, bool connected,
		    const char *outcome)
{
	scratch_sql(s, "INSERT INTO raw VALUES (%d, %d, 25, %lld, %lld, %d, %Q, 10)", host, server,
		    T0 + at, T0 + at + 5, connected, outcome);
}

static void an_offender_is_told_by_every_field_of_the_interface(void **state)
{
	struct scratch *s = *state;
	uint64_t outside = 9;
	char *text;

	add_run(s, T0 + 60000000);
	add_host(s, 1, "10.0.3.77");
	add_server(s, 1, "198.51.100.4");
	add_server(s, 2, "2001:db8::25");
	add_raw(s, 1, 1, 0, true, "connected");
	add_raw(s, 1, 1, 1000000, false, "refused");
	add_raw(s, 1, 2, 2000000, false, "unanswered");
	scratch_sum(s);
	scratch_sql(s,
		    "INSERT INTO identity VALUES"
		    "(1, '52:54:00:00:00:01', '100.20', 64, %lld, %lld, NULL, 'frame'),"
		    "(1, '52:54:00:00:00:02', '7', 63, %lld, %lld, NULL, 'frame')",
		    T0, T0, T0, T0 + 9);
	text = ask(s, ALL, NULL, &outside);
	assert_int_equal(outside, 0);
	assert_json(text,
		    "(length == 1) and (.[0] == {address: \"10.0.3.77\", name: null,"
		    " mac: \"52:54:00:00:00:01\", vendor: null, vlans: [7, 20], sensor: \"fw1\","
		    " first_seen: \"2023-11-14T22:13:20.000000Z\","
		    " last_seen: \"2023-11-14T22:13:22.000005Z\", attempts: 3, connected: 1,"
		    " messages: 0, recipients: 0, destinations: 2, destinations_exact: true,"
		    " bytes_sent: 30, resets: 0, killed: null, helo: [], outcomes: {sent: 0,"
		    " encrypted: 0, rejected: 0, connected: 1, refused: 1, unreachable: 0,"
		    " unanswered: 1}, verdict: null, score: null, reasons: [],"
		    " now_permitted: false})");
	assert_json(text, "(.[0] | keys_unsorted) == [\"address\", \"name\", \"mac\", \"vendor\","
			  " \"vlans\", \"sensor\", \"first_seen\", \"last_seen\", \"attempts\","
			  " \"connected\", \"messages\", \"recipients\", \"destinations\","
			  " \"destinations_exact\", \"bytes_sent\", \"resets\", \"killed\","
			  " \"helo\", \"outcomes\", \"verdict\", \"score\", \"reasons\","
			  " \"now_permitted\"]");
	free(text);
}

static void the_table_says_how_many_of_how_many_were_killed(void **state)
{
	struct scratch *s = *state;
	struct offenders o = {0};
	struct record *r;
	uint64_t outside;
	char *text;

	add_raw(s, 1, 1, 0, true, "connected");
	scratch_sum(s);
	scratch_sql(s, "UPDATE host_sum SET killable = 2, killed = 1");
	r = open_record(s);
	assert_int_equal(offenders_load(r, &ALL, 0, NULL, T0, &o, &outside), 0);
	text = scratch_print(REPORT_TABLE, 200, offender_fields, o.items, o.count,
			     sizeof(*o.items));
	assert_non_null(strstr(text, "1 of 2"));
	free(text);
	offenders_done(&o);
	record_close(r);
}

static void a_host_that_is_only_permitted_is_no_offender(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0);
	add_host(s, 1, "10.0.0.25");
	scratch_sql(s,
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts)"
		    " VALUES (0, 0, 1, 1, %lld, %lld, 5), (0, 0, 2, 1, %lld, %lld, 5)",
		    T0, T0, T0, T0);
	expect(s, ALL, NULL, "length == 0");
}

static void the_order_is_connected_then_attempts_then_address(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0);
	add_server(s, 1, "198.51.100.4");
	add_host(s, 1, "10.0.0.10");
	add_host(s, 2, "10.0.0.9");
	add_host(s, 3, "10.0.0.11");
	add_host(s, 4, "10.0.0.12");
	add_raw(s, 1, 1, 0, false, "unanswered");
	add_raw(s, 2, 1, 0, false, "unanswered");
	add_raw(s, 3, 1, 0, false, "unanswered");
	add_raw(s, 3, 1, 1, false, "unanswered");
	add_raw(s, 4, 1, 0, true, "connected");
	scratch_sum(s);
	expect(s, ALL, NULL,
	       "map(.address) == [\"10.0.0.12\", \"10.0.0.11\", \"10.0.0.9\","
	       " \"10.0.0.10\"]");
}

static void a_router_s_mac_address_is_nobody_s(void **state)
{
	struct scratch *s = *state;
	struct window w = ALL;
	struct offenders o = {0};
	struct record *r;
	uint64_t outside;

	add_run(s, T0);
	add_server(s, 1, "198.51.100.4");
	add_host(s, 1, "10.0.0.1");
	add_raw(s, 1, 1, 0, false, "unanswered");
	scratch_sum(s);
	scratch_sql(s,
		    "INSERT INTO router VALUES ('52:54:00:00:00:09', 1);"
		    "INSERT INTO identity VALUES (1, '52:54:00:00:00:09', '', 63, 1, 2, NULL, '')");
	r = open_record(s);
	assert_int_equal(offenders_load(r, &w, 0, NULL, T0, &o, &outside), 0);
	assert_string_equal(o.items[0].mac, "");
	assert_non_null(strstr(o.items[0].mac_note, "router"));
	offenders_done(&o);
	record_close(r);
}

/* An address that changed hands: who had it within the window? */
static void the_identity_is_that_of_the_window(void **state)
{
	struct scratch *s = *state;
	struct window w = {T0 - 20000000, T0 + 40000000};

	add_run(s, T0 + MOMENT_DAY);
	add_server(s, 1, "198.51.100.4");
	add_host(s, 1, "10.0.0.1");
	add_raw(s, 1, 1, 0, false, "unanswered");
	scratch_sum(s);
	scratch_sql(s,
		    "INSERT INTO identity VALUES"
		    "(1, '52:54:00:00:00:01', '5', 64, %lld, %lld, NULL, ''),"
		    "(1, '52:54:00:00:00:02', '6', 128, %lld, %lld, NULL, '')",
		    T0, T0 + 10, T0 + MOMENT_HOUR, T0 + MOMENT_DAY);
	expect(s, w, NULL, ".[0].mac == \"52:54:00:00:00:01\" and .[0].vlans == [5]");
	expect(s, ALL, NULL, ".[0].mac == \"52:54:00:00:00:02\" and .[0].vlans == [5, 6]");
}

/* 64 on the LAN is nearer than 127, which a router has passed on; of two as near, the newer one. */
static void the_nearest_identity_names_the_machine(void **state)
{
	struct scratch *s = *state;

	add_run(s, T0);
	add_server(s, 1, "198.51.100.4");
	add_host(s, 1, "10.0.0.1");
	add_raw(s, 1, 1, 0, false, "unanswered");
	scratch_sum(s);
	scratch_sql(s,
		    "INSERT INTO identity VALUES"
		    "(1, '52:54:00:00:00:01', '', 127, %lld, %lld, NULL, ''),"
		    "(1, '52:54:00:00:00:02', '', 128, %lld, %lld, NULL, ''),"
		    "(1, '52:54:00:00:00:03', '', 64, %lld, %lld, NULL, '')",
		    T0, T0 + 30, T0, T0 + 10, T0, T0 + 20);
	expect(s, ALL, NULL, ".[0].mac == \"52:54:00:00:00:03\"");
	assert_int_equal(scratch_number(s, "SELECT mac = '52:54:00:00:00:03' FROM offender"), 1);
}

static void a_window_behind_retention_claims_no_exact_servers(void **state)
{
	struct scratch *s = *state;
	struct window w = {T0 - MOMENT_HOUR, INT64_MAX};

	add_run(s, T0);
	add_server(s, 1, "198.51.100.4");
	add_host(s, 1, "10.0.0.1");
	add_raw(s, 1, 1, 0, false, "unanswered");
	scratch_sum(s);
	scratch_sql(s, "INSERT INTO pruned VALUES ('connections', 1, %lld)", T0);
	expect(s, w, NULL, ".[0].destinations_exact");
	scratch_sql(s, "INSERT INTO pruned VALUES ('contact minutes', 1, %lld)",
		    T0 - MOMENT_MINUTE);
	expect(s, w, NULL, ".[0].destinations_exact | not");
	expect(s, ALL, NULL, ".[0].destinations_exact");
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static void now_permitted_needs_every_server_to_be_permitted(void **state)
{
	struct scratch *s = *state;
	struct policy *p = policy_new();
	struct allow allow = {.source = prefix_of("10.0.0.1"),
			      .destination = prefix_of("198.51.100.4")};
	struct prefix server = prefix_of("10.0.0.3");

	add_run(s, T0);
	add_server(s, 1, "198.51.100.4");
	add_server(s, 2, "198.51.100.5");
	add_host(s, 1, "10.0.0.1");
	add_host(s, 2, "10.0.0.2");
	add_host(s, 3, "10.0.0.3");
	add_raw(s, 1, 1, 0, true, "connected");
	add_raw(s, 2, 1, 0, false, "unanswered");
	add_raw(s, 3, 2, 0, true, "connected");
	add_raw(s, 3, 2, 5, true, "connected");
	scratch_sum(s);
	expect(s, ALL, p, "map(.now_permitted) == [false, false, false]");
	assert_int_equal(policy_add_allow(p, &allow, "test"), 0);
	assert_int_equal(policy_add_mail_server(p, &server, "test"), 0);
	expect(s, ALL, p,
	       "map([.address, .now_permitted]) == [[\"10.0.0.2\", false],"
	       " [\"10.0.0.3\", true], [\"10.0.0.1\", true]]");
	/* Another server of the first one's, which no line covers. */
	scratch_sql(s, "INSERT INTO contact_sum VALUES (0, 0, 0, 1, 2, 25, 1, 0, 1)");
	expect(s, ALL, p, "map(select(.now_permitted) | .address) == [\"10.0.0.3\"]");
	policy_free(p);
}

static void folded_servers_are_permitted_to_nobody_but_a_mail_server(void **state)
{
	struct scratch *s = *state;
	struct policy *p = policy_new();
	struct allow allow = {.source = prefix_of("10.0.0.1"),
			      .destination = prefix_of("198.51.100.4")};
	struct prefix server = prefix_of("10.0.0.1");

	add_run(s, T0);
	add_server(s, 1, "198.51.100.4");
	add_host(s, 1, "10.0.0.1");
	add_raw(s, 1, 1, 0, false, "unanswered");
	scratch_sum(s);
	scratch_sql(s, "UPDATE host_sum SET folded = 1");
	assert_int_equal(policy_add_allow(p, &allow, "test"), 0);
	expect(s, ALL, p, ".[0].now_permitted == false and .[0].destinations_exact == false");
	assert_int_equal(policy_add_mail_server(p, &server, "test"), 0);
	expect(s, ALL, p, ".[0].now_permitted");
	policy_free(p);
}

static void what_the_window_leaves_out_is_counted(void **state)
{
	struct scratch *s = *state;
	struct window w = {T0 - 20000000, INT64_MAX}; /* 22:13:00 */
	uint64_t outside;
	char *text;

	add_run(s, T0);
	add_server(s, 1, "198.51.100.4");
	add_host(s, 1, "10.0.0.1");
	add_host(s, 2, "10.0.0.2");
	add_host(s, 3, "10.0.0.3");
	add_raw(s, 1, 1, -20000000, false, "unanswered"); /* on the edge: within */
	add_raw(s, 2, 1, -20000001, false, "unanswered"); /* before it */
	add_raw(s, 3, 1, -MOMENT_DAY, false, "unanswered");
	scratch_sum(s);
	text = ask(s, w, NULL, &outside);
	assert_int_equal(outside, 2);
	assert_json(text, "map(.address) == [\"10.0.0.1\"]");
	free(text);
}

/* The numbers of one host in a window, asked from the attempts themselves. */
static void compare_with_raw(struct scratch *s, struct window w, const struct offender *o)
{
	static const char where[] =
		"FROM raw WHERE host = %lld AND started >= %lld AND started < %lld";
	char sql[256];

#define RAW(what)                                                                                  \
	(snprintf(sql, sizeof(sql), "SELECT %s %s", what, where),                                  \
	 scratch_number(s, sql, o->host, w.since, w.until))
	assert_int_equal(o->attempts, RAW("count(*)"));
	assert_int_equal(o->connected, RAW("sum(connected)"));
	assert_int_equal(o->bytes_sent, RAW("sum(bytes)"));
	assert_int_equal(o->first_seen, RAW("min(started)"));
	assert_int_equal(o->last_seen, RAW("max(last)"));
	assert_int_equal(o->destinations, RAW("count(DISTINCT server)"));
	assert_int_equal(o->outcomes[OUTCOME_REFUSED], RAW("sum(outcome = 'refused')"));
#undef RAW
}

static void check_window(struct scratch *s, struct record *r, struct window w)
{
	struct offenders o = {0};
	uint64_t outside;

	assert_int_equal(offenders_load(r, &w, 0, NULL, T0, &o, &outside), 0);
	assert_int_equal(o.count, scratch_number(s,
						 "SELECT count(DISTINCT host) FROM raw WHERE"
						 " started >= %lld AND started < %lld",
						 w.since, w.until));
	for (size_t i = 0; i < o.count; i++)
		compare_with_raw(s, w, &o.items[i]);
	offenders_done(&o);
}

static void any_window_s_numbers_are_those_of_its_attempts(void **state)
{
	struct scratch *s = *state;
	int64_t base = moment_floor(T0, MOMENT_DAY) - MOMENT_DAY;
	struct record *r;

	srand(25);
	scratch_sql(s, "BEGIN");
	for (int i = 1; i <= 20; i++) {
		char address[32];

		snprintf(address, sizeof(address), "10.0.0.%d", i);
		add_host(s, i, address);
		snprintf(address, sizeof(address), "198.51.100.%d", i);
		add_server(s, i, address);
	}
	for (int i = 0; i < 3000; i++) {
		int64_t at = base - T0 + (rand() % 4320) * MOMENT_MINUTE;

		/* Edges of minutes are where mistakes live. */
		at += i % 3 == 0 ? 0 : i % 3 == 1 ? MOMENT_MINUTE - 1 : rand() % MOMENT_MINUTE;
		add_raw(s, 1 + rand() % 20, 1 + rand() % 20, at, rand() % 2,
			rand() % 2 ? "refused" : "unanswered");
	}
	scratch_sql(s, "COMMIT");
	scratch_sum(s);
	add_run(s, scratch_number(s, "SELECT max(last) FROM raw"));
	r = open_record(s);
	check_window(s, r, (struct window){INT64_MIN, INT64_MAX});
	for (int i = 0; i < 60; i++) {
		int64_t since = base + (rand() % 4320) * MOMENT_MINUTE;
		int64_t until = since + (1 + rand() % (i % 2 ? 100 : 4000)) * MOMENT_MINUTE;

		check_window(s, r, (struct window){since, until});
		check_window(s, r, (struct window){since, INT64_MAX});
		check_window(s, r, (struct window){INT64_MIN, until});
	}
	/* Just before the newest frame, where the newest attempts to many servers begin. */
	for (int64_t back = 0; back <= 60; back++) {
		int64_t until = moment_floor(r->newest, MOMENT_MINUTE) - (back - 1) * MOMENT_MINUTE;

		check_window(s, r, (struct window){base + MOMENT_MINUTE, until});
	}
	record_close(r);
}

static void several_records_are_merged_and_name_their_sensors(void **state)
{
	struct scratch *s = *state, other;
	struct window w = ALL;
	struct offenders o = {0};
	struct record *r[2];
	uint64_t outside;
	char *text;

	scratch_open(&other);
	add_run(s, T0);
	scratch_sql(&other, "INSERT INTO run(mode, sensor, pid, started, beat)"
			    " VALUES ('watch', 'fw2', 1, 1, 1)");
	for (int i = 0; i < 2; i++) {
		struct scratch *at = i ? &other : s;

		add_server(at, 1, "198.51.100.4");
		add_host(at, 1, "10.0.0.1");
		add_raw(at, 1, 1, 0, i, i ? "connected" : "unanswered");
		scratch_sum(at);
		r[i] = open_record(at);
		assert_int_equal(offenders_load(r[i], &w, 0, NULL, T0, &o, &outside), 0);
	}
	offenders_rank(&o);
	text = scratch_print(REPORT_JSON, 100, offender_fields, o.items, o.count, sizeof(*o.items));
	assert_json(text, "map([.address, .sensor, .connected]) =="
			  " [[\"10.0.0.1\", \"fw2\", 1], [\"10.0.0.1\", \"fw1\", 0]]");
	free(text);
	offenders_done(&o);
	record_close(r[0]);
	record_close(r[1]);
	scratch_close(&other);
}

static void the_innermost_tag_is_the_host_s_vlan(void **state)
{
	(void)state;
	assert_int_equal(vlan_innermost("100.20"), 20);
	assert_int_equal(vlan_innermost("7"), 7);
	assert_int_equal(vlan_innermost(""), -1);
	assert_int_equal(vlan_innermost("x"), -1);
	assert_int_equal(vlan_innermost("1.99999999999"), -1);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(an_offender_is_told_by_every_field_of_the_interface),
		WITH_RECORD(the_table_says_how_many_of_how_many_were_killed),
		WITH_RECORD(a_host_that_is_only_permitted_is_no_offender),
		WITH_RECORD(the_order_is_connected_then_attempts_then_address),
		WITH_RECORD(a_router_s_mac_address_is_nobody_s),
		WITH_RECORD(the_identity_is_that_of_the_window),
		WITH_RECORD(the_nearest_identity_names_the_machine),
		WITH_RECORD(a_window_behind_retention_claims_no_exact_servers),
		WITH_RECORD(now_permitted_needs_every_server_to_be_permitted),
		WITH_RECORD(folded_servers_are_permitted_to_nobody_but_a_mail_server),
		WITH_RECORD(what_the_window_leaves_out_is_counted),
		WITH_RECORD(any_window_s_numbers_are_those_of_its_attempts),
		WITH_RECORD(several_records_are_merged_and_name_their_sensors),
		cmocka_unit_test(the_innermost_tag_is_the_host_s_vlan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
