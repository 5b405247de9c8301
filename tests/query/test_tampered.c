/*
 * A record that somebody tampered with: every number in it, one column after another, becomes what
 * no writer writes.  Every query is asked in every format; the sanitizers watch, and what is a
 * count or a time stays one.
 */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "query/host.h"
#include "query/offender.h"
#include "query/status.h"

#define T0 INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */

static const struct window windows[] = {
	{INT64_MIN, INT64_MAX},
	{T0 - MOMENT_DAY, INT64_MAX},
	{INT64_MIN, T0},
	{T0 - 90 * MOMENT_MINUTE, T0 - MOMENT_MINUTE},
};
#define WINDOWS (sizeof(windows) / sizeof(*windows))

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	scratch_sql(&s, "PRAGMA synchronous = OFF");
	scratch_sql(&s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
		    " VALUES ('watch', 'fw1', 1, %lld, %lld, %lld),"
		    " ('watch', 'fw1', 1, %lld, %lld, %lld)",
		    T0 - MOMENT_HOUR, T0, T0, T0 - MOMENT_HOUR, T0, T0);
	scratch_sql(&s, "INSERT INTO host VALUES (1, '10.0.0.1'), (2, '10.0.0.2');"
			"INSERT INTO server(id, address) VALUES (1, '198.51.100.4'),"
			" (2, '2001:db8::25')");
	for (int host = 1; host <= 2; host++)
		for (int i = 0; i < 4; i++)
			scratch_sql(&s,
				    "INSERT INTO raw VALUES (%d, %d, 25, %lld, %lld, 1, 'sent', 9)",
				    host, 1 + i % 2, T0 - i * MOMENT_HOUR,
				    T0 - i * MOMENT_HOUR + 5);
	scratch_sum(&s);
	scratch_sql(&s,
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts)"
		    " VALUES (0, 0, 1, 1, %lld, %lld, 7), (0, 0, 2, 1, %lld, %lld, 5)",
		    T0, T0, T0, T0);
	scratch_sql(
		&s,
		"INSERT INTO conn SELECT NULL, host, 4000, server, port, started, last, last, 0,"
		" 'why', outcome, 1, '7', NULL, 1, 2, 3, 4, 5, 6, NULL, NULL, NULL, NULL, NULL "
		"FROM raw");
	scratch_sql(&s, "INSERT INTO identity VALUES (1, 'aa', '7', 64, 1, 2, NULL, 'frame'),"
			" (1, 'bb', '', 64, 1, 2, NULL, 'frame');"
			"INSERT INTO interface VALUES (2, 'eth1', 9, 1, 1, 500, 400, 7, 0),"
			" (2, 'eth2', 9, 1, 1, 500, 400, 7, 0);"
			"INSERT INTO lost VALUES (2, 'truncated frame', 4);"
			"INSERT INTO unclassified VALUES (2, '203.0.113.5', '198.51.100.4', 25);"
			"INSERT INTO router VALUES ('aa', 1)");
	scratch_sql(&s, "INSERT INTO pruned VALUES ('minutes', 1, %lld)", T0);
	scratch_sql(&s, "INSERT INTO helo VALUES (1, 'pc7', %lld, %lld)", T0, T0);
	scratch_sql(&s,
		    "INSERT INTO verdict VALUES (1, 'bot', 0.9, 2.2, %lld, '[\"r\"]',"
		    " '[{\"reason\":\"a\",\"weight\":1.5,\"text\":\"b\"}]', '[\"m\"]', x'00')",
		    T0);
	scratch_sql(&s,
		    "INSERT INTO listing VALUES (1, '203.0.113.9', 'zen', 0, 1, %lld, %lld, 2, 2,"
		    " '10.0.0.1', '198.51.100.4', '554', 0, '198.51.100.4', '[\"10.0.0.1\"]'),"
		    " (2, '203.0.113.9', 'zen', 0, 1, %lld, %lld, 2, 2, '10.0.0.1',"
		    " '198.51.100.4', '554', 1, '198.51.100.4', '[\"10.0.0.1\"]')",
		    T0, T0, T0, T0);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

static void print(const struct field *fields, const void *item, size_t size)
{
	for (enum report_format f = REPORT_TABLE; f < REPORT_FORMAT_COUNT; f++) {
		free(scratch_print_object(f, 80, fields, item));
		free(scratch_print(f, 80, fields, item, 1, size));
	}
}

static void expect_count(int64_t n)
{
	assert_true(n >= 0 && n <= COUNT_MOST);
}

static void expect_time(int64_t t)
{
	assert_true(t == TIME_UNKNOWN || (t >= 0 && t <= MOMENT_LAST));
}

static void ask_offenders(struct record *r, const struct window *w)
{
	struct offenders found = {0};
	uint64_t outside = 0;

	assert_int_equal(offenders_load(r, w, 0, NULL, T0, &found, &outside), 0);
	offenders_rank(&found);
	for (size_t i = 0; i < found.count; i++) {
		const struct offender *o = &found.items[i];

		expect_count(o->attempts);
		expect_count(o->connected);
		expect_count(o->destinations);
		expect_count(o->bytes_sent);
		expect_count(o->resets);
		expect_count(o->messages.value);
		expect_count(o->recipients.value);
		expect_time(o->first_seen);
		expect_time(o->last_seen);
		for (int k = 0; k < OUTCOME_COUNT; k++)
			expect_count(o->outcomes[k]);
		print(offender_fields, o, sizeof(*o));
	}
	offenders_done(&found);
}

static void expect_notices(const struct list *list)
{
	const struct notice_row *rows = list->items;
	char text[NOTICES_TEXT];

	for (size_t i = 0; i < list->count; i++) {
		expect_count(rows[i].heard);
		expect_count(rows[i].servers);
		expect_time(rows[i].first_seen);
		expect_time(rows[i].last_seen);
		assert_true(strlen(notices_describe(&rows[i], text)) < NOTICES_TEXT);
	}
}

static void ask_host(struct record *r, const struct window *w)
{
	struct host h;
	int rc = host_load(r, "10.0.0.1", w, NULL, T0, &h);

	assert_true(rc >= 0);
	if (rc == 0)
		return;
	expect_count(h.offender.attempts);
	expect_count(h.permitted.attempts);
	for (size_t i = 0; i < h.servers.count; i++)
		expect_count(((const struct host_server *)h.servers.items)[i].attempts);
	expect_notices(&h.notices);
	print(host_fields, &h, sizeof(h));
	host_done(&h);
}

static void ask_connections(struct record *r, const struct window *w)
{
	const struct connection_row *row;
	const struct record *failed;
	struct connections *c;
	int rows = 0, rc;

	assert_int_equal(connections_open(&r, 1, w, NULL, &c), 0);
	while ((rc = connections_next(c, &row, &failed)) > 0) {
		assert_true(++rows <= 8);
		expect_time(row->started);
		expect_time(row->ended);
		expect_count(row->bytes_sent);
		expect_count(row->server_port);
		print(connection_fields, row, sizeof(*row));
	}
	assert_int_equal(rc, 0);
	connections_close(c);
}

static void ask_status(struct record *r)
{
	struct status s;

	assert_int_equal(status_load(r, 10 * MOMENT_MINUTE, T0, &s), 0);
	expect_time(s.started);
	expect_time(s.beat);
	expect_count(s.packets);
	expect_notices(&s.listings);
	print(status_fields, &s, sizeof(s));
	status_done(&s);
}

static void ask_all(struct scratch *s)
{
	char error[RECORD_ERROR];
	struct record *r;

	if (record_open(s->path, &r, error) < 0)
		fail_msg("%s", error);
	expect_time(r->newest);
	for (size_t i = 0; i < WINDOWS; i++) {
		ask_offenders(r, &windows[i]);
		ask_host(r, &windows[i]);
		ask_connections(r, &windows[i]);
	}
	ask_status(r);
	record_close(r);
}

/* Sets the column, asks, and puts everything back. */
static void tamper(struct scratch *s, const char *table, const char *column, const char *value)
{
	scratch_sql(s, "CREATE TEMP TABLE kept AS SELECT * FROM main.\"%w\"", table);
	scratch_sql(s, "UPDATE OR IGNORE \"%w\" SET \"%w\" = %s", table, column, value);
	ask_all(s);
	scratch_sql(s, "DELETE FROM \"%w\"", table);
	scratch_sql(s, "INSERT INTO \"%w\" SELECT * FROM kept", table);
	scratch_sql(s, "DROP TABLE kept");
}

#define COLUMNS                                                                                    \
	" FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"            \
	" AND m.name NOT LIKE 'sqlite_%%' AND m.name <> 'raw' AND c.type = 'INTEGER'"

/* "TABLE COLUMN" of the nth; NULL behind the last. */
static char *column_name(struct scratch *s, int n)
{
	sqlite3_stmt *q;
	char *name = NULL, *sql = sqlite3_mprintf("SELECT m.name || ' ' || c.name" COLUMNS
						  " ORDER BY 1 LIMIT 1 OFFSET %d",
						  n);

	assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &q, NULL), SQLITE_OK);
	if (sqlite3_step(q) == SQLITE_ROW)
		name = strdup((const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	sqlite3_free(sql);
	return name;
}

static void any_number_in_any_column_is_survived(void **state)
{
	static const char *const values[] = {"-9223372036854775807 - 1", "9223372036854775807",
					     "-1"};
	struct scratch *s = *state;
	char *table, *column;
	int n = 0;

	ask_all(s);
	for (; (table = column_name(s, n)) != NULL; n++) {
		column = strchr(table, ' ');
		*column++ = '\0';
		for (size_t i = 0; i < 3; i++)
			tamper(s, table, column, values[i]);
		free(table);
	}
	assert_in_range(n, 60, 200);
}

/* As it was found: the window then begins and ends at the newest frame there can be. */
static void a_newest_frame_of_the_end_of_time_is_survived(void **state)
{
	struct scratch *s = *state;
	struct window w = {INT64_MAX - 5, INT64_MAX};
	struct record *r;
	char error[RECORD_ERROR];

	scratch_sql(s, "UPDATE run SET newest = 9223372036854775807");
	assert_int_equal(record_open(s->path, &r, error), 0);
	assert_int_equal(r->newest, MOMENT_LAST);
	r->newest = INT64_MAX;
	ask_offenders(r, &w);
	record_close(r);
}

/* To offenders_load() a host of number 0 is all of them. */
static void a_host_of_number_0_is_not_known(void **state)
{
	struct scratch *s = *state;
	struct record *r;
	char error[RECORD_ERROR];
	struct host h;

	scratch_sql(s, "UPDATE host SET id = 0 WHERE id = 1; DELETE FROM host_sum");
	assert_int_equal(record_open(s->path, &r, error), 0);
	assert_int_equal(host_load(r, "10.0.0.1", &windows[0], NULL, T0, &h), 0);
	record_close(r);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(any_number_in_any_column_is_survived),
		WITH_RECORD(a_newest_frame_of_the_end_of_time_is_survived),
		WITH_RECORD(a_host_of_number_0_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
