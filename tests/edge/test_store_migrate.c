/* A record of an older version, brought up to date. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "edge/schema.h"
#include "store_fixture.h"

static void run(sqlite3 *db, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %.300s", error, sql);
}

/* A record of version 1 with a row in each of its tables, as that version wrote them. */
static void make_version_1(const char *path, const char *also)
{
	static const char *const rows =
		"INSERT INTO host VALUES (1, '10.0.0.1'), (2, '10.0.0.25');"
		"INSERT INTO server VALUES (1, '198.51.100.4', NULL);"
		"INSERT INTO host_sum(span, start, standing, host, first, last, attempts,"
		" outcome_unanswered, rows, destinations) VALUES (0, 0, 0, 1, 5, 6, 7, 7, 1, 1),"
		" (60, 0, 0, 1, 5, 6, 7, 7, 0, 1), (0, 0, 1, 2, 5, 6, 3, 3, 0, 0);"
		"INSERT INTO contact_sum VALUES (0, 0, 0, 1, 1, 25, 7, 0, 0);"
		"INSERT INTO conn(id, host, client_port, server, server_port, started, last, ended,"
		" standing, reason, outcome, connected, vlan, bytes_sent, bytes_received)"
		" VALUES (9, 1, 4000, 1, 25, 5, 6, NULL, 0, 'why', 'unanswered', 0, '100.20', 8, "
		"9);"
		"INSERT INTO identity VALUES (1, '52:54:00:00:00:01', '20', 64, 5, 6, NULL, "
		"'frame');"
		"INSERT INTO router VALUES ('52:54:00:00:00:09', 5);"
		"INSERT INTO run(mode, sensor, pid, started, beat, next_id, newest)"
		" VALUES ('watch', 'old', 77, 1, 2, 10, 6);"
		"INSERT INTO interface VALUES (1, 'eth1', 9, 1, 1, 5, 4, 6, 0);"
		"INSERT INTO lost VALUES (1, 'truncated frame', 4);"
		"INSERT INTO unclassified VALUES (1, '203.0.113.5', '198.51.100.4', 25);"
		"INSERT INTO source(run, digest, name, bytes, noted) VALUES (1, 'd', 'n', 1, 2);"
		"INSERT INTO pruned VALUES ('minutes', 1, 2)";
	sqlite3 *db = NULL;
	char marks[128];

	snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = 1",
		 SCHEMA_APPLICATION_ID);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	run(db, "PRAGMA synchronous = OFF; PRAGMA auto_vacuum = 2; PRAGMA journal_mode = WAL");
	for (int i = 0; i < SCHEMA_PARTS && schema_step[0][i]; i++)
		run(db, schema_step[0][i]);
	run(db, rows);
	run(db, marks);
	run(db, also);
	sqlite3_close(db);
}

static void a_record_of_version_1_is_brought_up_to_date_and_keeps_every_row(void **state)
{
	static const struct {
		const char *table;
		int rows;
	} kept[] = {
		{"host", 2},	  {"server", 2},   {"host_sum", 3},	{"contact_sum", 1},
		{"conn", 1},	  {"identity", 1}, {"router", 1},	{"run", 2} /* and ours */,
		{"interface", 1}, {"lost", 1},	   {"unclassified", 1}, {"source", 1},
		{"pruned", 1},	  {"helo", 0},	   {"verdict", 0},	{"listing", 0},
		{"incident", 0},
	};
	const char *path = fixture_path("version-1.db");
	struct sqlite3 *db;
	struct store *s;

	(void)state;
	make_version_1(path, "");
	s = fixture_open_path(path);
	db = store_database(s);
	assert_int_equal(fixture_ask(db, "PRAGMA user_version"), 2);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		assert_int_equal(fixture_ask(db, "SELECT count(*) FROM %s", kept[i].table),
				 kept[i].rows);
	assert_string_equal(
		fixture_ask_text(db, "SELECT address || first_seen || last_seen || attempts ||"
				     " messages || recipients || helo || reasons || mac || vlans"
				     " || coalesce(verdict, '-') || coalesce(score, '-')"
				     " FROM offender"),
		"10.0.0.156700[][]52:54:00:00:00:01[20]--");
	assert_string_equal(fixture_ask_text(db,
					     "SELECT id || client || server || vlan || vlan_tags"
					     " || coalesce(ended, '-')"
					     " || outcome || senders || offence || permitted"
					     " FROM connection"),
			    "910.0.0.1198.51.100.420100.20-unanswered[]why0");
	assert_int_equal(store_next_id(s), 10);
	store_close(s);
}

static void a_record_that_was_brought_up_to_date_goes_on_as_any(void **state)
{
	const char *path = fixture_path("version-1b.db");
	struct connection c = fixture_attempt(10, "10.0.0.1", "198.51.100.4", DAY_START);
	struct connection_texts texts = {.server_name = "mx.example.net",
					 .helo = "pc7",
					 .banner = "",
					 .reply = "",
					 .senders = ""};
	struct tally change = {.attempts = 1, .outcomes = {[OUTCOME_UNANSWERED] = 1}};
	struct batch *b = fixture_batch();
	struct sqlite3 *db;
	struct store *s;

	(void)state;
	make_version_1(path, "");
	store_close(fixture_open_path(path));
	s = fixture_open_path(path); /* nothing is migrated a second time */
	batch_add(b, &c, &texts, &change);
	fixture_write(s, b);
	store_close(s);
	db = fixture_reader(path);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM offender WHERE helo = '[\"pc7\"]'"),
			 8);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM connection WHERE server_name ="
					 " 'mx.example.net'"),
			 2);
	sqlite3_close(db);
	batch_free(b);
}

/* A step fails in its middle: another program has made a table of that name. */
static void a_migration_that_fails_leaves_the_record_as_it_was(void **state)
{
	const char *path = fixture_path("version-1c.db");
	struct store_options options = fixture_options(path);
	char error[STORE_ERROR] = "";
	struct store *s = NULL;
	struct sqlite3 *db;

	(void)state;
	make_version_1(path, "CREATE TABLE listing(a)");
	assert_true(store_open(&options, &s, error) < 0);
	assert_null(s);
	assert_string_not_equal(error, "");
	db = fixture_reader(path);
	assert_int_equal(fixture_ask(db, "PRAGMA user_version"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM sqlite_schema WHERE name IN"
					 " ('helo', 'verdict', 'incident')"),
			 0);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM offender"), 7);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_of_version_1_is_brought_up_to_date_and_keeps_every_row),
		cmocka_unit_test(a_record_that_was_brought_up_to_date_goes_on_as_any),
		cmocka_unit_test(a_migration_that_fails_leaves_the_record_as_it_was),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
