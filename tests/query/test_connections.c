#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "query/connections.h"
#include "query/host.h"

#define T0 INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */

static const struct window all = {INT64_MIN, INT64_MAX};

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	scratch_sql(&s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
		    " VALUES ('watch', 'fw1', 1, 1, 1, %lld)",
		    T0);
	scratch_sql(&s, "INSERT INTO host VALUES (1, '10.0.0.1'), (2, '10.0.0.2')");
	scratch_sql(&s, "INSERT INTO server(id, address) VALUES (1, '198.51.100.4'),"
			" (2, '2001:db8::25')");
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

static void add(struct scratch *s, int host, int64_t started, int standing)
{
	scratch_sql(s,
		    "INSERT INTO conn(host, client_port, server, server_port, started, last,"
		    " standing, reason, outcome, connected, vlan, bytes_sent, bytes_received)"
		    " VALUES (%d, 4000, 1, 25, %lld, 0, %d, 'why', 'refused', 0, '', 1, 2)",
		    host, started, standing);
}

static struct record *open_record(struct scratch *s)
{
	char error[RECORD_ERROR];
	struct record *r = NULL;

	if (record_open(s->path, &r, error) < 0)
		fail_msg("%s", error);
	return r;
}

/* All rows as JSON. */
static char *ask(struct record *const *records, size_t count, struct window w, const char *client)
{
	struct report_options options = {.format = REPORT_JSON};
	const struct connection_row *row;
	const struct record *failed;
	struct connections *c;
	struct report *report;
	char *text = NULL;
	size_t length;
	int rc;

	options.out = open_memstream(&text, &length);
	report = report_begin(&options, connection_fields);
	assert_int_equal(connections_open(records, count, &w, client, &c), 0);
	while ((rc = connections_next(c, &row, &failed)) > 0)
		assert_int_equal(report_row(report, row), 0);
	assert_int_equal(rc, 0);
	connections_close(c);
	assert_int_equal(report_end(report), 0);
	fclose(options.out);
	return text;
}

static void expect(struct scratch *s, struct window w, const char *client, const char *expression)
{
	struct record *r = open_record(s);
	char *text = ask(&r, 1, w, client);

	assert_json(text, expression);
	free(text);
	record_close(r);
}

static void a_connection_is_told_by_every_field_of_the_interface(void **state)
{
	struct scratch *s = *state;

	scratch_sql(
		s,
		"INSERT INTO conn VALUES (77, 1, 4000, 2, 25, %lld, %lld, %lld, 0,"
		" 'not a mail server', 'connected', 1, '100.20', '52:54:00:00:00:01', 10, 20,"
		" NULL, NULL, 0, NULL, 'pc', '[\"a@example.com\", \"\"]', '220 hi', NULL, NULL)",
		T0, T0 + 9, T0 + 9);
	expect(s, all, NULL,
	       ". == [{id: 77, client: \"10.0.0.1\", client_port: 4000, server: \"2001:db8::25\","
	       " server_port: 25, server_name: null, vlan: 20, mac: \"52:54:00:00:00:01\","
	       " started: \"2023-11-14T22:13:20.000000Z\", ended: \"2023-11-14T22:13:20.000009Z\","
	       " outcome: \"connected\", resets: 0, killed: null, helo: \"pc\","
	       " senders: [\"a@example.com\", \"\"], recipients: null, messages: null,"
	       " bytes_sent: 10, bytes_received: 20, banner: \"220 hi\", reply: null,"
	       " permitted: false, offence: \"not a mail server\", vlan_tags: \"100.20\","
	       " sensor: \"fw1\", standing: \"offence\"}]");
}

static void a_permitted_one_has_no_offence_and_an_open_one_no_end(void **state)
{
	struct scratch *s = *state;

	add(s, 1, T0, 1);
	expect(s, all, NULL,
	       ".[0].permitted and .[0].offence == null and .[0].ended == null and"
	       " .[0].vlan == null and .[0].mac == null and .[0].senders == []");
}

/* The rows of a host as a table. */
static char *ask_table(struct scratch *s, int columns)
{
	const struct connection_row *row;
	struct record *r = open_record(s);
	const struct record *failed;
	struct connections *c;
	char *text;

	assert_int_equal(connections_open(&r, 1, &all, NULL, &c), 0);
	assert_int_equal(connections_next(c, &row, &failed), 1);
	text = scratch_print(REPORT_TABLE, columns, connection_fields, row, 1, sizeof(*row));
	connections_close(c);
	record_close(r);
	return text;
}

static void one_on_an_also_watched_port_is_told_as_such(void **state)
{
	const struct connection_row watched = {.standing = standing_name(STANDING_ALSO_WATCHED)};
	const struct connection_row offence = {.standing = standing_name(STANDING_OFFENCE)};
	struct scratch *s = *state;
	char *text;

	add(s, 1, T0, STANDING_ALSO_WATCHED);
	expect(s, all, NULL,
	       ".[0].standing == \"also watched\" and .[0].permitted and .[0].offence == null");
	text = ask_table(s, 200);
	assert_non_null(strstr(text, "also watched"));
	free(text);
	assert_string_equal(connection_style(&watched), "2");
	assert_null(connection_style(&offence));
}

static void a_narrow_table_keeps_time_and_outcome_before_the_server_s_port(void **state)
{
	struct scratch *s = *state;
	char *text;

	add(s, 1, T0, 0);
	text = ask_table(s, 40);
	assert_in_range(widest_line(text), 1, 40);
	assert_non_null(strstr(text, "22:13:20"));
	assert_non_null(strstr(text, "10.0.0.1"));
	assert_non_null(strstr(text, "198.51."));
	assert_non_null(strstr(text, "refused"));
	free(text);
	/* and where there is room for them, nothing of the two is cut */
	text = ask_table(s, 80);
	assert_non_null(strstr(text, "2023-11-14 22:13:20"));
	assert_non_null(strstr(text, "198.51.100.4:25"));
	free(text);
}

static void senders_that_are_no_list_are_none(void **state)
{
	struct scratch *s = *state;

	add(s, 1, T0, 0);
	scratch_sql(s, "UPDATE conn SET senders = 'a@b, [\"'");
	expect(s, all, NULL, ".[0].senders == []");
}

static void they_come_newest_first_across_pages_each_once(void **state)
{
	struct scratch *s = *state;

	scratch_sql(s, "BEGIN");
	for (int i = 0; i < 1000; i++) /* many of one stamp, at the seams of pages too */
		add(s, 1 + i % 2, T0 + (i * 7919 % 1000) / 100, 0);
	scratch_sql(s, "COMMIT");
	expect(s, all, NULL,
	       "(map(.id) | unique | length == 1000) and"
	       " ([map([.started, .id]) | .[:-1], .[1:]] | transpose |"
	       " all(.[0] > .[1]))");
	expect(s, all, "10.0.0.2", "length == 500 and all(.client == \"10.0.0.2\")");
	expect(s, all, "10.0.0.3", "length == 0");
}

static void a_window_holds_its_beginning_and_not_its_end(void **state)
{
	struct scratch *s = *state;

	add(s, 1, T0 - 1, 0);
	add(s, 1, T0, 0);
	add(s, 1, T0 + MOMENT_MINUTE - 1, 0);
	add(s, 1, T0 + MOMENT_MINUTE, 0);
	expect(s, (struct window){T0, T0 + MOMENT_MINUTE}, NULL, "map(.id) == [3, 2]");
}

static void several_records_are_merged_by_time(void **state)
{
	struct scratch *s = *state, other;
	struct record *r[2];
	char *text;

	scratch_open(&other);
	scratch_sql(&other, "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
			    " VALUES ('watch', 'fw2', 1, 1, 1, 1)");
	scratch_sql(&other, "INSERT INTO host VALUES (5, '10.0.0.1')");
	scratch_sql(&other, "INSERT INTO server(id, address) VALUES (1, '198.51.100.9')");
	for (int i = 0; i < 600; i++)
		add(i % 2 ? &other : s, i % 2 ? 5 : 1, T0 + i, 0);
	r[0] = open_record(s);
	r[1] = open_record(&other);
	text = ask(r, 2, all, "10.0.0.1");
	assert_json(text, "length == 600 and (map(.started) | . == (sort | reverse)) and"
			  " .[0].sensor == \"fw2\" and .[1].sensor == \"fw1\"");
	free(text);
	record_close(r[0]);
	record_close(r[1]);
	scratch_close(&other);
}

static void counting_stops_at_its_bound(void **state)
{
	struct scratch *s = *state;
	struct record *r = open_record(s);
	const struct record *failed;
	struct connections *c;
	int64_t n;

	for (int i = 0; i < 9; i++)
		add(s, 1, T0 + i, 0);
	assert_int_equal(connections_open(&r, 1, &all, "10.0.0.1", &c), 0);
	assert_int_equal(connections_count(c, 100, &n, &failed), 0);
	assert_int_equal(n, 9);
	assert_int_equal(connections_count(c, 4, &n, &failed), 0);
	assert_int_equal(n, 4);
	connections_close(c);
	record_close(r);
}

static char *ask_host(struct scratch *s, const char *address, struct window w)
{
	struct record *r = open_record(s);
	struct host h;
	char *text;

	assert_int_equal(host_load(r, address, &w, NULL, T0, &h), 1);
	text = scratch_print_object(REPORT_JSON, 100, host_fields, &h);
	free(scratch_print_object(REPORT_TABLE, 80, host_fields, &h));
	host_done(&h);
	record_close(r);
	return text;
}

static void a_host_is_told_with_its_identities_servers_and_connections(void **state)
{
	struct scratch *s = *state;
	char *text;

	scratch_sql(s,
		    "INSERT INTO raw VALUES (1, 1, 25, %lld, %lld, 0, 'refused', 1),"
		    " (1, 2, 25, %lld, %lld, 1, 'connected', 1),"
		    " (1, 2, 25, %lld, %lld, 0, 'refused', 1)",
		    T0, T0, T0 + 1, T0 + 1, T0 + 90000000, T0 + 90000000);
	scratch_sum(s);
	scratch_sql(s, "INSERT INTO identity VALUES"
		       "(1, '52:54:00:00:00:01', '7', 64, 1, 2, NULL, 'frame'),"
		       "(1, '52:54:00:00:00:02', '', 63, 3, 4, NULL, 'frame')");
	for (int i = 0; i < 25; i++)
		add(s, 1, T0 + i, 0);
	text = ask_host(s, "10.0.0.1", all);
	assert_json(text, ".address == \"10.0.0.1\" and .attempts == 3 and .destinations == 2 and"
			  " (.identities | map([.mac, .vlan, .source, .last_seen])) =="
			  " [[\"52:54:00:00:00:02\", null, \"frame\","
			  " \"1970-01-01T00:00:00.000004Z\"], [\"52:54:00:00:00:01\", 7, \"frame\","
			  " \"1970-01-01T00:00:00.000002Z\"]]");
	assert_json(text,
		    ".server_count == 2 and (.servers | map([.address, .name, .attempts,"
		    " .connected, .standing])) == [[\"2001:db8::25\", null, 2, 1, \"offence\"],"
		    " [\"198.51.100.4\", null, 1, 0, \"offence\"]]");
	assert_json(text, "(.recent | length == 20) and .recent[0].id == 25 and"
			  " .permitted.attempts == 0 and .mac_note == null");
	free(text);
	/* Up to 22:14, which the newest frame lies behind. */
	scratch_sql(s, "UPDATE run SET newest = %lld", T0 + 90000000);
	text = ask_host(s, "10.0.0.1", (struct window){INT64_MIN, T0 + 40000000});
	assert_json(text, ".attempts == 2 and .destinations == 2 and (.servers | map(.attempts)) =="
			  " [1, 1]");
	free(text);
	/* From 22:14 on: the last of the three. */
	text = ask_host(s, "10.0.0.1", (struct window){T0 + 40000000, INT64_MAX});
	assert_json(text, ".attempts == 1 and .destinations == 1 and"
			  " (.servers | map([.address, .attempts])) == [[\"2001:db8::25\", 1]]");
	free(text);
}

static void a_host_fits_the_terminal_without_trailing_blanks(void **state)
{
	static const int widths[] = {30, 40, 80};
	struct scratch *s = *state;
	struct record *r;
	struct host h;

	scratch_sql(s,
		    "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 59)"
		    " INSERT INTO server(id, address) SELECT i, '198.51.100.' || i FROM n");
	scratch_sql(s, "INSERT INTO raw SELECT 1, id, 25, %lld, %lld, 0, 'refused', 1 FROM server",
		    T0, T0);
	scratch_sum(s);
	scratch_sql(s, "INSERT INTO identity VALUES"
		       "(1, '52:54:00:00:00:01', '7', 64, 1, 2, NULL, 'frame')");
	add(s, 1, T0, 0);
	r = open_record(s);
	assert_int_equal(host_load(r, "10.0.0.1", &all, NULL, T0, &h), 1);
	for (int i = 0; i < 3; i++) {
		char *text = scratch_print_object(REPORT_TABLE, widths[i], host_fields, &h);

		assert_in_range(widest_line(text), 1, widths[i]);
		assert_non_null(strstr(text, "more:"));
		assert_null(strstr(text, "identities \n"));
		assert_non_null(strstr(text, "\nidentities\n"));
		assert_non_null(strstr(text, "\nrecent\n"));
		free(text);
	}
	host_done(&h);
	record_close(r);
}

static void a_permitted_host_is_told_too(void **state)
{
	struct scratch *s = *state;
	char *text;

	scratch_sql(s,
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts,"
		    " connected) VALUES (0, 0, 1, 2, %lld, %lld, 5, 4)",
		    T0, T0);
	scratch_sql(s, "INSERT INTO contact_sum VALUES (0, 0, 1, 2, 1, 25, 5, 4, %lld)", T0);
	text = ask_host(s, "10.0.0.2", all);
	assert_json(text, ".attempts == 0 and .first_seen == null and .permitted.attempts == 5 and"
			  " .permitted.connected == 4 and .servers[0].standing == \"permitted\" and"
			  " .mac == null and (.mac_note | length > 0) and .now_permitted == false");
	free(text);
}

/* Writes once, when host_load() comes to its servers. */
static int write_meanwhile(unsigned int event, void *context, void *statement, void *text)
{
	struct scratch *s = context;

	(void)event;
	(void)text;
	if (strstr(sqlite3_sql(statement), "FROM contact_sum") && s->db &&
	    scratch_number(s, "SELECT max(attempts) FROM contact_sum") == 1) {
		scratch_sql(s, "UPDATE host_sum SET attempts = 9");
		scratch_sql(s, "UPDATE contact_sum SET attempts = 9");
		add(s, 1, T0 + 7, 0);
	}
	return 0;
}

static void all_of_a_host_is_of_one_moment(void **state)
{
	struct scratch *s = *state;
	struct record *r;
	struct host h;

	scratch_sql(s, "INSERT INTO raw VALUES (1, 1, 25, %lld, %lld, 0, 'refused', 1)", T0, T0);
	scratch_sum(s);
	r = open_record(s);
	sqlite3_trace_v2(r->db, SQLITE_TRACE_STMT, write_meanwhile, s);
	assert_int_equal(host_load(r, "10.0.0.1", &all, NULL, T0, &h), 1);
	assert_int_equal(scratch_number(s, "SELECT max(attempts) FROM host_sum"), 9);
	assert_int_equal(h.offender.attempts, 1);
	assert_int_equal(h.servers.count, 1);
	assert_int_equal(((const struct host_server *)h.servers.items)[0].attempts, 1);
	assert_int_equal(h.recent.count, 0);
	host_done(&h);
	/* And the next is of the next. */
	assert_int_equal(host_load(r, "10.0.0.1", &all, NULL, T0, &h), 1);
	assert_int_equal(h.offender.attempts, 9);
	assert_int_equal(h.recent.count, 1);
	host_done(&h);
	record_close(r);
}

static int count_steps(void *context)
{
	++*(int *)context;
	return 0;
}

/* Steps of SQLite's machine, in hundreds. */
static int cost(struct record *r, struct window w)
{
	struct host h;
	int steps = 0;

	sqlite3_progress_handler(r->db, 100, count_steps, &steps);
	assert_int_equal(host_load(r, "10.0.0.1", &w, NULL, T0, &h), 1);
	sqlite3_progress_handler(r->db, 0, NULL, NULL);
	assert_int_equal(h.offender.attempts, 1);
	host_done(&h);
	return steps;
}

static void a_host_costs_what_it_did_and_not_what_others_did(void **state)
{
	struct scratch *s = *state;
	struct window window = {T0 - 2 * MOMENT_DAY, T0 + MOMENT_DAY};
	struct record *r;
	int before_all, before_window;

	scratch_sql(s, "INSERT INTO raw VALUES (1, 1, 25, %lld, %lld, 0, 'refused', 1)", T0, T0);
	scratch_sum(s);
	r = open_record(s);
	before_all = cost(r, all);
	before_window = cost(r, window);
	scratch_sql(s, "DELETE FROM host_sum; DELETE FROM contact_sum");
	scratch_sql(s,
		    "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
		    " INSERT INTO raw SELECT i, 1, 25, %lld, %lld, 0, 'refused', 1 FROM n",
		    T0, T0);
	scratch_sql(s, "INSERT INTO host SELECT host, 'host ' || host FROM raw WHERE host > 2");
	scratch_sum(s);
	assert_in_range(cost(r, all), 0, before_all + 10);
	assert_in_range(cost(r, window), 0, before_window + 10);
	record_close(r);
}

static void an_unknown_host_is_told_from_an_error(void **state)
{
	struct record *r = open_record(*state);
	struct host h;

	assert_int_equal(host_load(r, "10.0.0.9", &all, NULL, T0, &h), 0);
	record_close(r);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(a_connection_is_told_by_every_field_of_the_interface),
		WITH_RECORD(a_permitted_one_has_no_offence_and_an_open_one_no_end),
		WITH_RECORD(one_on_an_also_watched_port_is_told_as_such),
		WITH_RECORD(a_narrow_table_keeps_time_and_outcome_before_the_server_s_port),
		WITH_RECORD(senders_that_are_no_list_are_none),
		WITH_RECORD(they_come_newest_first_across_pages_each_once),
		WITH_RECORD(a_window_holds_its_beginning_and_not_its_end),
		WITH_RECORD(several_records_are_merged_by_time),
		WITH_RECORD(counting_stops_at_its_bound),
		WITH_RECORD(a_host_is_told_with_its_identities_servers_and_connections),
		WITH_RECORD(a_host_fits_the_terminal_without_trailing_blanks),
		WITH_RECORD(a_permitted_host_is_told_too),
		WITH_RECORD(all_of_a_host_is_of_one_moment),
		WITH_RECORD(a_host_costs_what_it_did_and_not_what_others_did),
		WITH_RECORD(an_unknown_host_is_told_from_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
