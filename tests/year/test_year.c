/*
 * A month of a small campus under retention, in batches of six hours.  Each day: 288 connections
 * of the two mail servers, and bursts of 24 attempts by 4 of 20 offenders; on the days 5, 15 and 25
 * also 120 forged sources with one attempt each.  In 30 days 8,640 + 2,880 + 360 attempts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../edge/store_fixture.h"
#include "base/moment.h"
#include "campus.h"

static const struct campus_plan plan = {.start = DAY_START,
					.permitted = 1,
					.offenders = 20,
					.every = 5,
					.burst = 2,
					.forged = 5,
					.flood_every = 10,
					.servers = 500};

struct month {
	struct store *store;
	struct batch *batch;
	int64_t now, most_file;
};

/* What the file will have with the next checkpoint. */
static int64_t file_bytes(struct store *s)
{
	return fixture_ask(store_database(s), "PRAGMA page_count") *
	       fixture_ask(store_database(s), "PRAGMA page_size");
}

static void prune(struct month *m)
{
	char error[STORE_ERROR];
	int r = 1;

	for (int calls = 0; r > 0; calls++) {
		assert_true(calls < 5000);
		r = store_prune(m->store, m->now, error);
	}
	assert_int_equal(r, 0);
	if (file_bytes(m->store) > m->most_file)
		m->most_file = file_bytes(m->store);
}

static struct batch *write_batch(void *context)
{
	struct month *m = context;

	if (!batch_is_full(m->batch) && m->now % (6 * MOMENT_HOUR) != 0)
		return m->batch;
	fixture_write(m->store, m->batch);
	prune(m);
	return m->batch;
}

static struct month live(const char *name, int64_t age, int64_t bytes)
{
	struct month m = {.batch = fixture_batch()};
	struct store_options options = fixture_options(fixture_path(name));
	struct campus *campus = campus_new(&plan, 1);

	options.retention_age = age;
	options.retention_bytes = bytes;
	m.store = fixture_open(&options);
	assert_non_null(campus);
	for (uint32_t day = 0; day < 30; day++)
		for (uint32_t step = 0; step < CAMPUS_STEPS; step++) {
			m.now = campus_time(&plan, day, step + 1);
			campus_step(campus, m.batch, day, step, write_batch, &m);
		}
	assert_int_equal(campus->attempts, 11880);
	campus_free(campus);
	return m;
}

static void done(struct month *m)
{
	batch_free(m->batch);
	store_close(m->store);
}

static void ten_days_of_a_month_are_kept_and_totals_of_all_of_it(void **state)
{
	struct month m = live("age.db", 10 * MOMENT_DAY, 0);
	struct sqlite3 *db = store_database(m.store);

	(void)state;
	/* The days 20 to 29: 2,880 permitted, 960 offences, one flood. */
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 3960);
	assert_int_equal(fixture_ask(db, "SELECT rows FROM pruned WHERE what = 'connections'"),
			 11880 - 3960);
	for (int span = 60; span <= 86400; span = span == 60 ? 3600 : span * 24)
		assert_int_equal(fixture_ask(db,
					     "SELECT sum(attempts) FROM host_sum WHERE span = %d",
					     span),
				 3960);
	assert_int_equal(fixture_ask(db, "SELECT sum(attempts) FROM contact_sum WHERE span = 60"),
			 1080);
	/* Two floods of hosts have gone; of those that stay nothing was forgotten. */
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host"), 2 + 20 + 120);
	assert_int_equal(fixture_ask(db, "SELECT rows FROM pruned WHERE what = 'hosts'"), 240);
	assert_int_equal(fixture_ask(db, "SELECT sum(attempts) FROM host_sum WHERE span = 0 AND"
					 " standing = 1"),
			 8640);
	assert_int_equal(fixture_ask(db, "SELECT sum(attempts) FROM offender"), 2880 + 120);
	/* Six bursts each. */
	assert_int_equal(fixture_ask(db,
				     "SELECT attempts FROM offender WHERE address = '10.0.1.7'"),
			 144);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM server WHERE id > 0 AND id NOT IN"
					 " (SELECT server FROM contact_sum UNION SELECT server FROM"
					 " conn)"),
			 0);
	assert_string_equal(fixture_ask_text(db, "PRAGMA integrity_check"), "ok");
	done(&m);
}

static void a_month_stays_below_the_size_that_is_set_and_totals_stay(void **state)
{
	const int64_t most = 3000000;
	struct month m = live("size.db", 0, most);
	struct sqlite3 *db = store_database(m.store);

	(void)state;
	/* It would have been more. */
	assert_true(fixture_ask(db, "SELECT rows FROM pruned WHERE what = 'connections'") > 1000);
	assert_in_range(m.most_file, most * 3 / 4, most);
	assert_int_equal(fixture_ask(db, "SELECT (SELECT count(*) FROM conn) + (SELECT rows FROM"
					 " pruned WHERE what = 'connections')"),
			 11880);
	assert_int_equal(fixture_ask(db, "SELECT sum(attempts) FROM offender"
					 " WHERE address LIKE '10.0.1.%%'"),
			 2880);
	assert_string_equal(fixture_ask_text(db, "PRAGMA integrity_check"), "ok");
	done(&m);
}

static void a_lower_limit_takes_hold_with_the_next_step(void **state)
{
	struct month m = live("lower.db", 0, 0);
	struct store_limits limits = {.retention_age = 10 * MOMENT_DAY};
	int64_t before = file_bytes(m.store), most = before / 3;

	(void)state;
	assert_int_equal(fixture_ask(store_database(m.store), "SELECT count(*) FROM host"),
			 2 + 20 + 3 * 120);
	store_set_limits(m.store, &limits);
	prune(&m);
	assert_int_equal(fixture_ask(store_database(m.store), "SELECT count(*) FROM host"),
			 2 + 20 + 120);
	limits = (struct store_limits){.retention_bytes = most};
	store_set_limits(m.store, &limits);
	prune(&m);
	assert_in_range(file_bytes(m.store), most / 2, most);
	assert_string_equal(fixture_ask_text(store_database(m.store), "PRAGMA integrity_check"),
			    "ok");
	done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_days_of_a_month_are_kept_and_totals_of_all_of_it),
		cmocka_unit_test(a_month_stays_below_the_size_that_is_set_and_totals_stay),
		cmocka_unit_test(a_lower_limit_takes_hold_with_the_next_step),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
