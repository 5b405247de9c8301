/* What a batch becomes in the record.  `destinations` is judged by brute force over all attempts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/moment.h"
#include "judge/schema.h"
#include "store_fixture.h"

#define NOON (DAY_START + 12 * MOMENT_HOUR)

static void sums_stand_by_minute_hour_day_and_in_all(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);
	const int64_t starts[] = {NOON, NOON + 1, NOON + MOMENT_MINUTE, NOON + MOMENT_HOUR,
				  NOON + MOMENT_DAY};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct connection c = fixture_attempt(i + 1, "10.0.0.1", "192.0.2.1", starts[i]);

		c.bytes_sent = 10;
		fixture_add(b, &c);
	}
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host_sum WHERE span = 60"), 4);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host_sum WHERE span = 3600"), 3);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host_sum WHERE span = 86400"), 2);
	assert_int_equal(
		fixture_ask(db, "SELECT attempts FROM host_sum WHERE span = 60 AND start = %lld",
			    (long long)NOON),
		2);
	assert_int_equal(
		fixture_ask(db, "SELECT attempts FROM host_sum WHERE span = 3600 AND start = %lld",
			    (long long)NOON),
		3);
	assert_int_equal(
		fixture_ask(db, "SELECT attempts FROM host_sum WHERE span = 86400 AND start = %lld",
			    (long long)DAY_START),
		4);
	assert_int_equal(
		fixture_ask(db, "SELECT bytes_sent FROM host_sum WHERE span = 0 AND start = 0"),
		50);
	assert_int_equal(fixture_ask(db, "SELECT first FROM host_sum WHERE span = 0"), NOON);
	assert_int_equal(fixture_ask(db, "SELECT last FROM host_sum WHERE span = 0"),
			 NOON + MOMENT_DAY);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM contact_sum WHERE span = 0"), 5);
	fixture_check_sums(db);
	batch_free(b);
	store_close(s);
}

static void later_tellings_keep_outcomes_and_attempts_equal(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);
	struct connection c = fixture_attempt(1, "10.0.0.1", "192.0.2.1", NOON);

	(void)state;
	c.open = true;
	fixture_add(b, &c);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT ended FROM conn"), -1);
	c.outcome = OUTCOME_ENCRYPTED;
	c.open = false;
	c.last = NOON + 77;
	c.bytes_received = 5;
	fixture_update(b, &c, OUTCOME_UNANSWERED);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT outcome_encrypted FROM host_sum WHERE span = 0"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT outcome_unanswered FROM host_sum WHERE span = 60"),
			 0);
	assert_int_equal(fixture_ask(db, "SELECT ended FROM conn"), NOON + 77);
	assert_string_equal(fixture_ask_text(db, "SELECT outcome FROM conn"), "encrypted");
	assert_int_equal(fixture_ask(db, "SELECT bytes_received FROM conn"), 5);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 1);
	fixture_check_sums(db);
	batch_free(b);
	store_close(s);
}

static void a_server_on_two_ports_is_one_destination(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);
	struct connection c = fixture_attempt(1, "10.0.0.1", "192.0.2.1", NOON);

	(void)state;
	fixture_add(b, &c);
	c.id = 2;
	c.server_port = 2525;
	fixture_add(b, &c);
	fixture_write(s, b);
	c.id = 3;
	c.server_port = 26;
	c.started = c.last = NOON + MOMENT_MINUTE;
	fixture_add(b, &c);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT destinations FROM host_sum WHERE span = 0"), 1);
	assert_int_equal(fixture_ask(db, "SELECT destinations FROM host_sum WHERE span = 3600"), 1);
	assert_int_equal(fixture_ask(db, "SELECT destinations FROM host_sum WHERE span = 60"
					 " ORDER BY start"),
			 0);
	assert_int_equal(fixture_ask(db, "SELECT sum(destinations) FROM host_sum WHERE span = 60"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM contact_sum WHERE span = 0"), 3);
	batch_free(b);
	store_close(s);
}

static void permitted_contacts_stand_in_all_alone_and_are_no_offender(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);
	struct connection c = fixture_attempt(1, "10.0.0.25", "192.0.2.1", NOON);

	(void)state;
	c.standing = STANDING_PERMITTED;
	c.reason = REASON_MAIL_SERVER;
	fixture_add(b, &c);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM contact_sum"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM contact_sum WHERE span = 0"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host_sum WHERE standing = 1"), 4);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM offender"), 0);
	assert_int_equal(fixture_ask(db, "SELECT permitted FROM connection"), 1);
	batch_free(b);
	store_close(s);
}

#define HOSTS	3
#define SERVERS 25
#define TRIES	4000

struct trial {
	int host, server;
	int64_t minute;
};

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static int64_t by_brute_force(const struct trial *trials, size_t count, int host, int64_t since)
{
	bool seen[SERVERS] = {false};
	int64_t distinct = 0;

	for (size_t i = 0; i < count; i++)
		if (trials[i].host == host && trials[i].minute >= since &&
		    !seen[trials[i].server]) {
			seen[trials[i].server] = true;
			distinct++;
		}
	return distinct;
}

/* The window from since to the end, out of minutes, hours and days. */
static int64_t by_sums(struct sqlite3 *db, int host, int64_t since)
{
	int64_t hour = moment_floor(since + MOMENT_HOUR - 1, MOMENT_HOUR);
	int64_t day = moment_floor(hour + MOMENT_DAY - 1, MOMENT_DAY);

	return fixture_ask(
		db,
		"SELECT coalesce(sum(destinations), 0) FROM host_sum s JOIN host h ON h.id = s.host"
		" WHERE standing = 0 AND address = '10.0.0.%d' AND"
		" (span = 60 AND start >= %lld AND start < %lld OR"
		" span = 3600 AND start >= %lld AND start < %lld OR"
		" span = 86400 AND start >= %lld)",
		host, (long long)since, (long long)hour, (long long)hour, (long long)day,
		(long long)day);
}

static void compare(struct sqlite3 *db, const struct trial *trials, size_t count, uint32_t *seed)
{
	for (int host = 0; host < HOSTS; host++) {
		assert_int_equal(
			fixture_ask(
				db,
				"SELECT coalesce(sum(destinations), 0) FROM host_sum s JOIN host h"
				" ON h.id = s.host WHERE span = 0 AND standing = 0 AND address = "
				"'10.0.0.%d'",
				host),
			by_brute_force(trials, count, host, INT64_MIN));
		for (int i = 0; i < 12; i++) {
			int64_t since = DAY_START + next_random(seed) % 4400 * MOMENT_MINUTE;

			if (i < 3)
				since = moment_floor(since, MOMENT_HOUR << (i == 1));
			assert_int_equal(by_sums(db, host, since),
					 by_brute_force(trials, count, host, since));
		}
	}
}

static void destinations_of_any_window_up_to_the_end_are_exact(void **state)
{
	struct trial *trials = calloc(TRIES, sizeof(*trials));
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	uint32_t seed = 4711;

	(void)state;
	for (uint32_t i = 0; i < TRIES; i++) {
		/* Mostly forward, over three days, with back jumps and many repeats. */
		int64_t base = i % 7 ? (int64_t)i * 4320 / TRIES : next_random(&seed) % 4320;
		struct trial *t = &trials[i];
		struct connection c;

		t->host = (int)(next_random(&seed) % HOSTS);
		t->server = (int)(next_random(&seed) % SERVERS);
		t->minute = DAY_START + (base + next_random(&seed) % 3) * MOMENT_MINUTE;
		c = fixture_attempt(i + 1, "10.0.0.0", "192.0.2.0",
				    t->minute + next_random(&seed) % (int)MOMENT_MINUTE);
		c.client.b[15] = (uint8_t)t->host;
		c.server.b[15] = (uint8_t)t->server;
		c.server_port = next_random(&seed) % 3 ? 25 : 2525;
		fixture_add(b, &c);
		if (next_random(&seed) % 60 == 0 || i == TRIES - 1) {
			fixture_write(s, b);
			compare(store_database(s), trials, i + 1, &seed);
		}
	}
	fixture_check_sums(store_database(s));
	free(trials);
	batch_free(b);
	store_close(s);
}

static void rows_are_thinned_but_for_those_sent_or_encrypted(void **state)
{
	struct store_options options = fixture_options(NULL);
	struct batch *b = fixture_batch();
	struct store *s;
	struct sqlite3 *db;
	struct connection c;

	(void)state;
	options.rows_per_host_hour = 10;
	s = fixture_open(&options);
	db = store_database(s);
	for (uint64_t i = 1; i <= 30; i++) {
		c = fixture_attempt(i, "10.0.0.1", "192.0.2.1", NOON + (int64_t)i);
		c.outcome = i == 25 ? OUTCOME_SENT : OUTCOME_UNANSWERED;
		fixture_add(b, &c);
		if (i % 7 == 0)
			fixture_write(s, b);
	}
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 11);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn WHERE id = 25"), 1);
	/* A thinned one is dropped when told again, and kept once it is encrypted. */
	c = fixture_attempt(20, "10.0.0.1", "192.0.2.1", NOON + 20);
	c.outcome = OUTCOME_CONNECTED;
	fixture_update(b, &c, OUTCOME_UNANSWERED);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 11);
	c.outcome = OUTCOME_ENCRYPTED;
	fixture_update(b, &c, OUTCOME_CONNECTED);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn WHERE id = 20"), 1);
	/* The next hour, and another host, have room of their own. */
	c = fixture_attempt(31, "10.0.0.1", "192.0.2.1", NOON + MOMENT_HOUR);
	fixture_add(b, &c);
	c = fixture_attempt(32, "10.0.0.2", "192.0.2.1", NOON);
	fixture_add(b, &c);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 14);
	assert_int_equal(fixture_ask(db, "SELECT rows FROM host_sum WHERE span = 0 AND host = 1"),
			 13);
	assert_int_equal(fixture_ask(db, "SELECT rows FROM host_sum WHERE span = 3600 AND host = 1"
					 " ORDER BY start"),
			 12);
	assert_int_equal(fixture_ask(db,
				     "SELECT attempts FROM host_sum WHERE span = 0 AND host = 1"),
			 31);
	fixture_check_sums(db);
	batch_free(b);
	store_close(s);
}

static void folded_sums_count_at_the_others(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);

	(void)state;
	for (uint32_t i = 0; i < BATCH_SUMS + 500; i++) {
		struct connection c = fixture_attempt(i + 1, "10.0.0.1", "198.18.0.0", NOON);

		c.proven = true; /* the whole batch is theirs */
		c.server = fixture_nth("198.18.0.0", i);
		fixture_add(b, &c);
	}
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM host_sum WHERE span = 0"),
			 BATCH_SUMS + 500);
	assert_int_equal(fixture_ask(db, "SELECT folded FROM host_sum WHERE span = 0"), 500);
	assert_int_equal(fixture_ask(db, "SELECT destinations FROM host_sum WHERE span = 0"),
			 BATCH_SUMS);
	assert_int_equal(
		fixture_ask(db, "SELECT attempts FROM contact_sum WHERE span = 0 AND server = 0"),
		500);
	assert_int_equal(fixture_ask(db, "SELECT destinations_exact FROM offender"), 0);
	fixture_check_sums(db);
	batch_free(b);
	store_close(s);
}

static void a_host_keeps_65536_destinations_and_those_stay_exact(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);
	struct connection c;

	(void)state;
	for (uint32_t i = 0; i < 70000; i++) {
		if (i == SCHEMA_DESTINATIONS) {
			fixture_write(s, b);
			assert_int_equal(fixture_ask(db, "SELECT destinations_exact FROM offender"),
					 1);
		}
		c = fixture_attempt(i + 1, "10.0.0.1", "198.18.0.0", NOON + (int64_t)i);
		c.server = fixture_nth("198.18.0.0", i);
		fixture_add(b, &c);
		if (batch_is_full(b))
			fixture_write(s, b);
	}
	/* One known before, and one of another host, later. */
	c = fixture_attempt(70001, "10.0.0.1", "198.18.0.0", NOON + 2 * MOMENT_HOUR);
	fixture_add(b, &c);
	c = fixture_attempt(70002, "10.0.0.2", "203.0.113.1", NOON);
	fixture_add(b, &c);
	fixture_write(s, b);
	assert_int_equal(
		fixture_ask(db, "SELECT destinations FROM offender WHERE address = '10.0.0.1'"),
		65536);
	assert_int_equal(
		fixture_ask(db,
			    "SELECT destinations_exact FROM offender WHERE address = '10.0.0.1'"),
		0);
	assert_int_equal(fixture_ask(db, "SELECT folded FROM host_sum WHERE span = 0 AND host = 1"),
			 70000 - 65536);
	assert_int_equal(
		fixture_ask(db,
			    "SELECT attempts FROM contact_sum c JOIN server s ON s.id = c.server"
			    " WHERE span = 0 AND host = 1 AND address = '198.18.0.0'"),
		2);
	assert_int_equal(
		fixture_ask(db,
			    "SELECT destinations FROM host_sum WHERE span = 3600 AND host = 1"
			    " AND start = %lld",
			    (long long)(NOON + 2 * MOMENT_HOUR)),
		1);
	assert_int_equal(
		fixture_ask(db,
			    "SELECT destinations_exact FROM offender WHERE address = '10.0.0.2'"),
		1);
	fixture_check_sums(db);
	batch_free(b);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_stand_by_minute_hour_day_and_in_all),
		cmocka_unit_test(later_tellings_keep_outcomes_and_attempts_equal),
		cmocka_unit_test(a_server_on_two_ports_is_one_destination),
		cmocka_unit_test(permitted_contacts_stand_in_all_alone_and_are_no_offender),
		cmocka_unit_test(destinations_of_any_window_up_to_the_end_are_exact),
		cmocka_unit_test(rows_are_thinned_but_for_those_sent_or_encrypted),
		cmocka_unit_test(folded_sums_count_at_the_others),
		cmocka_unit_test(a_host_keeps_65536_destinations_and_those_stay_exact),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
