/* Retention: by age, by size, and that what stays goes on adding up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/moment.h"
#include "store_fixture.h"

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Until nothing waits; returns the longest call. */
static double prune(struct store *s, int64_t now)
{
	char error[STORE_ERROR];
	double longest = 0;
	int r = 1;

	for (int calls = 0; r > 0; calls++) {
		double begun = seconds();

		assert_true(calls < 20000);
		r = store_prune(s, now, error);
		if (seconds() - begun > longest)
			longest = seconds() - begun;
	}
	assert_int_equal(r, 0);
	return longest;
}

/* count attempts of one host from `from` on, `step` apart, each at a server of its own. */
static void attempts(struct store *s, struct batch *b, const char *host, uint64_t id,
		     uint32_t count, int64_t from, int64_t step)
{
	for (uint32_t i = 0; i < count; i++) {
		struct connection c = fixture_attempt(id + i, host, "198.18.0.0", from + i * step);

		c.server = fixture_nth("198.18.0.0", (uint32_t)id + i);
		c.outcome = i % 10 == 0 ? OUTCOME_ENCRYPTED : OUTCOME_UNANSWERED;
		fixture_add(b, &c);
		if (batch_is_full(b))
			fixture_write(s, b);
	}
	fixture_write(s, b);
}

static void by_age_details_go_and_totals_stay_exact(void **state)
{
	struct store_options options = fixture_options(NULL);
	struct batch *b = fixture_batch();
	struct store *s;
	struct sqlite3 *db;
	int64_t now = DAY_START + 10 * MOMENT_DAY, cutoff = now - 3 * MOMENT_DAY;

	(void)state;
	options.retention_age = 3 * MOMENT_DAY;
	s = fixture_open(&options);
	db = store_database(s);
	/* One host from day 0 to day 9, one that was last seen on day 2. */
	attempts(s, b, "10.0.0.1", 1, 1000, DAY_START, 10 * MOMENT_DAY / 1000);
	attempts(s, b, "10.0.0.2", 1001, 1000, DAY_START, 2 * MOMENT_DAY / 1000);
	prune(s, now);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn WHERE started < %lld",
				     (long long)cutoff),
			 0);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 300);
	for (int span = 60; span <= 86400; span = span == 60 ? 3600 : span * 24)
		assert_int_equal(fixture_ask(db,
					     "SELECT count(*) FROM host_sum WHERE span = %d AND"
					     " start + span * 1000000 <= %lld",
					     span, (long long)cutoff),
				 0);
	assert_int_equal(fixture_ask(db,
				     "SELECT count(*) FROM contact_sum WHERE span > 0 AND"
				     " start + span * 1000000 <= %lld",
				     (long long)cutoff),
			 0);
	assert_int_equal(fixture_ask(db, "SELECT sum(attempts) FROM host_sum WHERE span = 86400"),
			 300);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM offender"), 1000);
	assert_int_equal(fixture_ask(db, "SELECT destinations FROM offender"), 1000);
	/* The second host has gone whole. */
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM contact_sum WHERE span = 0"), 1000);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM identity"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM server"), 1001);
	assert_int_equal(fixture_ask(db, "SELECT rows FROM pruned WHERE what = 'connections'"),
			 1700);
	assert_int_equal(fixture_ask(db, "SELECT rows FROM pruned WHERE what = 'hosts'"), 1);
	assert_in_range(fixture_ask(db, "SELECT before FROM pruned WHERE what = 'connections'"),
			cutoff - MOMENT_DAY / 2, cutoff);
	batch_free(b);
	store_close(s);
}

/* The steps of SQLite's machine that a statement has taken since it was prepared. */
static int statement_steps(struct sqlite3 *db, const char *part)
{
	int steps = 0;

	for (sqlite3_stmt *st = NULL; (st = sqlite3_next_stmt(db, st));)
		if (strstr(sqlite3_sql(st), part))
			steps += sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 0);
	return steps;
}

static void rows_that_stay_are_not_looked_at_again_by_each_step(void **state)
{
	struct store_options options = fixture_options(NULL);
	struct batch *b = fixture_batch();
	struct store *s;
	struct sqlite3 *db;
	char error[STORE_ERROR];
	int64_t left = 1;

	(void)state;
	options.retention_bytes = 1;
	s = fixture_open(&options);
	db = store_database(s);
	attempts(s, b, "10.0.0.1", 1, 1, DAY_START, 1);
	/* 45,000 that stay, 5,000 that go in ten steps. */
	assert_int_equal(
		sqlite3_exec(db,
			     "INSERT INTO conn(id, host, client_port, server, server_port, started,"
			     " last, standing, reason, outcome, connected, vlan, bytes_sent,"
			     " bytes_received) WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT"
			     " i + 1 FROM n WHERE i < 50001) SELECT i, 1, 1, 1, 25,"
			     " (SELECT started FROM conn WHERE id = 1) + i, 0, 0, '',"
			     " iif(i % 10, 'sent', 'refused'), 1, '', 0, 0 FROM n",
			     NULL, NULL, NULL),
		SQLITE_OK);
	while (left > 0) {
		assert_true(store_prune(s, DAY_START, error) >= 0);
		left = fixture_ask(db, "SELECT count(*) FROM conn WHERE outcome = 'refused'");
	}
	/* 6 or so for a row passed over, 60 for one taken. */
	assert_in_range(statement_steps(db, "outcome NOT IN"), 1, 45000 * 8 + 5000 * 80);
	batch_free(b);
	store_close(s);
}

static void a_host_that_was_taken_may_come_again(void **state)
{
	char error[STORE_ERROR];
	struct store_options options = fixture_options(NULL);
	struct batch *b = fixture_batch();
	struct store *s;
	struct sqlite3 *db;
	int64_t now = DAY_START + 10 * MOMENT_DAY;

	(void)state;
	options.retention_age = MOMENT_DAY;
	s = fixture_open(&options);
	db = store_database(s);
	attempts(s, b, "10.0.0.2", 1, 5000, DAY_START, 1000);
	/* In the midst of its removal. */
	for (int i = 0;
	     i < 100 && fixture_ask(db, "SELECT count(*) FROM host WHERE address = '10.0.0.2'");
	     i++)
		store_prune(s, now, error);
	attempts(s, b, "10.0.0.2", 5001, 3, now, 1000);
	prune(s, now);
	attempts(s, b, "10.0.0.2", 5004, 3, now, 1000);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM offender"), 6);
	assert_int_equal(fixture_ask(db, "SELECT destinations FROM offender"), 6);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM server"), 7);
	fixture_check_sums(db);
	batch_free(b);
	store_close(s);
}

static int64_t used_bytes(struct sqlite3 *db)
{
	return (fixture_ask(db, "PRAGMA page_count") - fixture_ask(db, "PRAGMA freelist_count")) *
	       fixture_ask(db, "PRAGMA page_size");
}

static struct store *reopen(struct store *s, struct store_options *options, int64_t bytes)
{
	store_close(s);
	options->retention_bytes = bytes;
	return fixture_open(options);
}

static void by_size_the_least_precious_and_oldest_go_first(void **state)
{
	struct store_options options = fixture_options(fixture_path("size.db"));
	struct batch *b = fixture_batch();
	struct store *s = fixture_open(&options);
	struct sqlite3 *db;
	int64_t full, now = DAY_START + 3 * MOMENT_DAY, rest;

	(void)state;
	attempts(s, b, "10.0.0.1", 1, 20000, DAY_START, 1000000);
	full = used_bytes(store_database(s));

	s = reopen(s, &options, full * 9 / 10);
	db = store_database(s);
	assert_true(prune(s, now) < 0.5);
	assert_true(used_bytes(db) <= full * 9 / 10);
	rest = fixture_ask(db, "SELECT count(*) FROM conn WHERE outcome = 'unanswered'");
	assert_in_range(rest, 1, 17999);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn WHERE outcome = 'encrypted'"),
			 2000);
	/* The newest ones are those that stay. */
	assert_int_equal(
		fixture_ask(db,
			    "SELECT count(*) FROM conn WHERE outcome = 'unanswered' AND"
			    " started >= (SELECT before FROM pruned WHERE what = 'connections')"),
		rest);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM contact_sum WHERE span = 60"),
			 20000);

	/* More plain rows, after which the limit is lower than all of them. */
	attempts(s, b, "10.0.0.1", 20001, 100, DAY_START, 1000);
	s = reopen(s, &options, full / 2);
	db = store_database(s);
	prune(s, now);
	assert_true(used_bytes(db) <= full / 2);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn WHERE outcome = 'unanswered'"),
			 0);
	assert_in_range(fixture_ask(db, "SELECT count(*) FROM contact_sum WHERE span = 60"), 0,
			19999);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM contact_sum WHERE span = 3600") > 0,
			 1);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM offender"), 20100);
	assert_int_equal(fixture_ask(db, "SELECT destinations FROM offender"), 20100);
	assert_string_equal(fixture_ask_text(db, "PRAGMA integrity_check"), "ok");
	/* Space was given back to the file system, too. */
	assert_true(fixture_ask(db, "PRAGMA page_count") * 4096 < full * 3 / 4);
	store_close(s);
	batch_free(b);
}

static void by_size_whole_hosts_go_at_last_permitted_ones_first(void **state)
{
	struct store_options options = fixture_options(fixture_path("hosts.db"));
	struct batch *b = fixture_batch();
	struct store *s = fixture_open(&options);
	struct sqlite3 *db;
	int64_t now = DAY_START + 3 * MOMENT_DAY, servers;

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		struct connection c = fixture_attempt(i + 1, "10.0.0.0", "198.18.0.0",
						      DAY_START + (int64_t)i * MOMENT_SECOND);

		c.client = fixture_nth("10.0.0.0", i);
		c.server = fixture_nth("198.18.0.0", i);
		c.standing = i % 2 ? STANDING_PERMITTED : STANDING_OFFENCE;
		fixture_add(b, &c);
	}
	fixture_write(s, b);
	servers = fixture_ask(store_database(s), "SELECT count(*) FROM server");
	s = reopen(s, &options, 600000);
	db = store_database(s);
	prune(s, now);
	assert_true(used_bytes(db) <= 600000);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host_sum WHERE span = 60"), 0);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host WHERE address LIKE 'gone%%'"),
			 0);
	assert_true(fixture_ask(db, "SELECT count(*) FROM host") > 0);
	assert_true(fixture_ask(db, "SELECT count(*) FROM host") < 3000);
	if (fixture_ask(db, "SELECT count(*) FROM host_sum WHERE span = 0 AND standing = 1") > 0)
		assert_int_equal(fixture_ask(db, "SELECT count(*) FROM offender"), 1500);
	assert_int_equal(fixture_ask(db, "SELECT max(address = '10.0.11.182') FROM offender"), 1);
	assert_int_equal(
		fixture_ask(
			db,
			"SELECT count(*) FROM host_sum WHERE host NOT IN (SELECT id FROM host)"),
		0);
	assert_int_equal(
		fixture_ask(
			db,
			"SELECT count(*) FROM contact_sum WHERE host NOT IN (SELECT id FROM host)"),
		0);
	assert_int_equal(
		fixture_ask(
			db,
			"SELECT count(*) FROM identity WHERE host NOT IN (SELECT id FROM host)"),
		0);
	/* Servers that nobody names any more went along, in time. */
	assert_true(fixture_ask(db, "SELECT count(*) FROM server") < servers);
	prune(s, now + 2 * MOMENT_DAY);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM server WHERE id > 0 AND id NOT IN"
					 " (SELECT server FROM contact_sum)"),
			 0);
	/* And what comes then is counted as ever. */
	attempts(s, b, "10.99.0.1", 5001, 50, DAY_START, 1000);
	assert_int_equal(
		fixture_ask(db, "SELECT destinations FROM offender WHERE address = '10.99.0.1'"),
		50);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM contact_sum WHERE server NOT IN"
					 " (SELECT id FROM server)"),
			 0);
	store_close(s);
	batch_free(b);
}

static void nothing_is_taken_without_a_limit(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();

	(void)state;
	attempts(s, b, "10.0.0.1", 1, 1000, DAY_START, 1000);
	prune(s, DAY_START + 10000 * MOMENT_DAY);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM conn"), 1000);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM pruned"), 0);
	store_close(s);
	batch_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_age_details_go_and_totals_stay_exact),
		cmocka_unit_test(rows_that_stay_are_not_looked_at_again_by_each_step),
		cmocka_unit_test(a_host_that_was_taken_may_come_again),
		cmocka_unit_test(by_size_the_least_precious_and_oldest_go_first),
		cmocka_unit_test(by_size_whole_hosts_go_at_last_permitted_ones_first),
		cmocka_unit_test(nothing_is_taken_without_a_limit),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
